"""Who may answer for what somebody else entered, with which keys (R8): of payments and trades alike."""

from sqlalchemy import Connection

from node.errors import SelfApproval
from node.mirror.registry import keys_of
from node.services.actors import Actor
from settlement.errors import InvalidValue
from settlement.participant import KeyRole

REASON_CHARACTERS_MAX = 500
# What is entered at the node's own terminal is entered by nobody in particular.
_NOBODY = "terminal"


class InvalidReason(InvalidValue):
    """A reason that is missing, too long, or holds what can't be written down."""


def require_second_person(identifier: str, actor: Actor, *, created_by: str, entered_by: str) -> None:
    """Raise `SelfApproval` unless this actor is another person than the one who entered it."""
    if actor.id == created_by or actor.name == entered_by:
        raise SelfApproval(f"you entered {identifier}; a second person answers for it")
    if created_by == _NOBODY:
        raise SelfApproval(
            f"{identifier} was entered at the terminal, where nobody says who they are: reject it, and enter "
            "it through the API"
        )


def approve_keys(connection: Connection, participant: int, *, at: int) -> set[bytes]:
    """Return the addresses of the keys that may approve for a participant at a time (UTC seconds)."""
    return {
        key.address
        for key in keys_of(connection, participant)
        if key.role is KeyRole.APPROVE and key.valid_at(at)
    }


def validate_reason(text: str) -> str:
    """Return a person's reason; raise `InvalidReason`."""
    if not 1 <= len(text) <= REASON_CHARACTERS_MAX or not text.isprintable():
        raise InvalidReason(f"a reason has 1 to {REASON_CHARACTERS_MAX} printable characters", param="reason")
    return text
