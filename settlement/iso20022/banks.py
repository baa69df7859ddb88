"""Finding the name of a bank in a tree that was read: BIC, LEI, clearing-system member id."""

from settlement.document import Json
from settlement.identifiers import BankReference, MemberId, validate_member_id
from settlement.iso20022.reader import Tree


def at(tree: Json, *names: str) -> Json:
    """Return what stands under a path of names, or None where the path ends."""
    for name in names:
        if not isinstance(tree, dict):
            return None
        tree = tree.get(name)
    return tree


def tree_at(tree: Json, *names: str) -> Tree:
    """Return the group that stands under a path of names; an empty one where there is none."""
    found = at(tree, *names)
    return found if isinstance(found, dict) else {}


def trees_at(tree: Json, *names: str) -> list[Tree]:
    """Return the repeated group that stands under a path of names; an empty list where there is none."""
    found = at(tree, *names)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def text_at(tree: Json, *names: str) -> str | None:
    """Return the text that stands under a path of names, or None."""
    found = at(tree, *names)
    return found if isinstance(found, str) else None


def agent_reference(agent: Tree) -> BankReference | None:
    """Return how an agent is named, or None when by nothing that can be looked up.

    Raise `InvalidMemberId`. A member id without its clearing system's code is no name: many systems
    number their members alike.
    """
    institution = agent.get("FinInstnId")
    bic, lei = text_at(institution, "BICFI"), text_at(institution, "LEI")
    system = text_at(institution, "ClrSysMmbId", "ClrSysId", "Cd")
    number = text_at(institution, "ClrSysMmbId", "MmbId")
    member: MemberId | None = None
    if system is not None and number is not None:
        member = validate_member_id(system, number)
    if bic is None and lei is None and member is None:
        return None
    return BankReference(bic=bic, lei=lei, member=member)


def organisation_reference(party: Tree) -> BankReference | None:
    """Return how an organisation is named (business application header), or None."""
    bic, lei = text_at(party, "Id", "OrgId", "AnyBIC"), text_at(party, "Id", "OrgId", "LEI")
    return BankReference(bic=bic, lei=lei) if bic or lei else None
