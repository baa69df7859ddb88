"""Whether an event is about an instruction: what it says must be what the instruction says (R3)."""

from dataclasses import dataclass

from settlement.posting import SETTLING

_WORD_BYTES = 32
QUEUE = "Settlement"

# The events by which the chain says that a sequence is used, and for what: by no other instruction any more.
ACCEPTING = SETTLING | {"Submitted"}

# What the queue says of an instruction that it has accepted and that has not ended.
WAITING = frozenset({"Submitted", "Queued", "Held", "Released"})
# How it says that one ended unsettled.
UNSETTLED = frozenset({"Cancelled", "Expired"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What an event must say to be about an instruction: words of 32 bytes each.

    `terms` and `commitment` to those who take it as it is; `head` and `digest` to the queue, which takes it
    as an instruction of one leg. They are None where it has no such form.
    """

    terms: bytes
    commitment: bytes
    head: bytes | None = None
    digest: bytes | None = None


def is_about(identity: Identity, *, contract: str, name: str, data: bytes) -> bool:
    """Tell whether an event under an instruction's initiator and sequence is about it, by its data.

    `Voided` speaks of a sequence only; a refusal says no commitment, and the queue's no legs either.
    """
    first, second = data[:_WORD_BYTES], data[_WORD_BYTES : 2 * _WORD_BYTES]
    if name == "Voided":
        return True
    if contract != QUEUE:
        return first == identity.terms and (name == "Refused" or second == identity.commitment)
    if identity.head is None or first != identity.head:
        return False
    if name == "Submitted":
        return second == identity.commitment
    return name == "Refused" or second == identity.digest
