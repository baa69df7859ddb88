"""Double entry: which postings an event makes (R5). Per asset they sum to zero."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from settlement.errors import UnbalancedPostings
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


def _entry(terms: Terms, debit: tuple[int, Bucket], credit: tuple[int, Bucket]) -> tuple[Posting, Posting]:
    return (
        Posting(
            asset=terms.asset,
            participant=debit[0],
            bucket=debit[1],
            counterparty=credit[0],
            amount=-terms.amount,
        ),
        Posting(
            asset=terms.asset,
            participant=credit[0],
            bucket=credit[1],
            counterparty=debit[0],
            amount=terms.amount,
        ),
    )


# The name of an event that carries `terms` and moves value, and its entry: (debit, credit).
_ENTRIES: dict[str, Callable[[Terms], tuple[Posting, Posting]]] = {
    "Paid": lambda t: _entry(t, (t.payer, Bucket.AVAILABLE), (t.payee, Bucket.AVAILABLE)),
    "Issued": lambda t: _entry(t, (t.payer, Bucket.ISSUED), (t.payee, Bucket.AVAILABLE)),
    "RedemptionRequested": lambda t: _entry(t, (t.payer, Bucket.AVAILABLE), (t.payer, Bucket.LOCKED)),
    "Redeemed": lambda t: _entry(t, (t.payer, Bucket.LOCKED), (t.payee, Bucket.ISSUED)),
    "RedemptionRefused": lambda t: _entry(t, (t.payer, Bucket.LOCKED), (t.payer, Bucket.AVAILABLE)),
}

# The events by which an instruction settles: its sequence is used, for ever.
SETTLING = frozenset({"Paid", "Issued", "RedemptionRequested"})


def postings(name: str, terms: Terms) -> tuple[Posting, ...]:
    """Return the postings of an event, debit first; none for an event that moves nothing."""
    entry = _ENTRIES.get(name)
    if entry is None:
        return ()
    made = entry(terms)
    if sum(posting.amount for posting in made):
        raise UnbalancedPostings(f"the postings of {name} of {terms} do not sum to zero")
    return made
