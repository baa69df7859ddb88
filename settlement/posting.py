"""Double entry: which postings an event makes (R5). Per asset they sum to zero."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from settlement.instruction import Terms


class Bucket(StrEnum):
    """The part of a participant's holding in an asset that a posting changes."""

    AVAILABLE = "available"
    LOCKED = "locked"
    ISSUED = "issued"  # the issuer's liability: minus what is outstanding


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One side of an entry: `amount` in minor units, negative for a debit of the participant's holding."""

    asset: int
    participant: int
    bucket: Bucket
    counterparty: int
    amount: int


class Side(IntEnum):
    """One of the two participants that an instruction's terms name; the index of it in (payer, payee)."""

    PAYER = 0
    PAYEE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What an event moves its terms' amount from and to: whose bucket is debited, whose credited."""

    debit: tuple[Side, Bucket]
    credit: tuple[Side, Bucket]


# The events that carry `terms` and move value, by name.
ENTRIES: dict[str, Entry] = {
    "Paid": Entry(debit=(Side.PAYER, Bucket.AVAILABLE), credit=(Side.PAYEE, Bucket.AVAILABLE)),
    "Issued": Entry(debit=(Side.PAYER, Bucket.ISSUED), credit=(Side.PAYEE, Bucket.AVAILABLE)),
    "RedemptionRequested": Entry(debit=(Side.PAYER, Bucket.AVAILABLE), credit=(Side.PAYER, Bucket.LOCKED)),
    "Redeemed": Entry(debit=(Side.PAYER, Bucket.LOCKED), credit=(Side.PAYEE, Bucket.ISSUED)),
    "RedemptionRefused": Entry(debit=(Side.PAYER, Bucket.LOCKED), credit=(Side.PAYER, Bucket.AVAILABLE)),
    "RedemptionWithdrawn": Entry(debit=(Side.PAYER, Bucket.LOCKED), credit=(Side.PAYER, Bucket.AVAILABLE)),
}

# The events by which an instruction settles: its sequence is used, for ever.
SETTLING = frozenset({"Paid", "Issued", "RedemptionRequested"})


def postings(name: str, terms: Terms) -> tuple[Posting, ...]:
    """Return the postings of an event, debit first; none for an event that moves nothing."""
    entry = ENTRIES.get(name)
    if entry is None:
        return ()
    sides = (terms.payer, terms.payee)
    debited, credited = sides[entry.debit[0]], sides[entry.credit[0]]
    return (
        Posting(
            asset=terms.asset,
            participant=debited,
            bucket=entry.debit[1],
            counterparty=credited,
            amount=-terms.amount,
        ),
        Posting(
            asset=terms.asset,
            participant=credited,
            bucket=entry.credit[1],
            counterparty=debited,
            amount=terms.amount,
        ),
    )
