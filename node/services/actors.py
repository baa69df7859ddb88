"""Who is asking, whichever way they came in, and what they may do."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from settlement.errors import InvalidValue


class InvalidRole(InvalidValue):
    """No role has this name."""


class Role(StrEnum):
    """What somebody at this node's bank does all day; each route names the roles it is open to."""

    OFFICER = "officer"  # enters payments, and takes them back
    APPROVER = "approver"  # consents to what others entered
    AUDITOR = "auditor"  # reads everything, changes nothing
    OPERATOR = "operator"  # keys, settings, health; no documents
    ISSUER = "issuer"  # issues money, confirms redemptions; no documents
    INTEGRATION = "integration"  # the bank's own systems: enter payments, read what became of them


# A document holds people's data; these roles work with it.
_READS_DOCUMENTS = frozenset({Role.OFFICER, Role.APPROVER, Role.AUDITOR, Role.INTEGRATION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who is asking: the account's id, its name for people, and all the roles it has."""

    id: str
    name: str
    roles: frozenset[Role]

    @property
    def reads_documents(self) -> bool:
        """Tell whether it sees what people wrote, beside amounts and states."""
        return not self.roles.isdisjoint(_READS_DOCUMENTS)


def roles_of(names: Iterable[str]) -> frozenset[Role]:
    """Return the roles of these names; raise `InvalidRole` for one that there is not, or for none at all."""
    found = frozenset(names)
    if not found or not found <= set(Role):
        wrong = " and ".join(sorted(found - set(Role))) or "nothing"
        raise InvalidRole(f"{wrong} is no role; the roles are {', '.join(Role)}")
    return frozenset(Role(name) for name in found)


def roles_text(roles: Iterable[Role]) -> str:
    """Return roles as they are stored and shown: in the order of their names, between spaces."""
    return " ".join(sorted(role.value for role in roles))
