"""Double entry: what each event books, and that it always balances (R5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.instruction import Terms
from settlement.money import AMOUNT_MAX
from settlement.posting import ENTRIES, SETTLING, Bucket, postings

_ids = st.integers(1, 2**32 - 1)
_terms = st.builds(
    Terms,
    sequence=st.integers(0, 2**64 - 1),
    asset=_ids,
    payer=_ids,
    payee=_ids,
    amount=st.integers(1, AMOUNT_MAX),
)
_TERMS = Terms(sequence=7, asset=840, payer=2, payee=3, amount=5)


@pytest.mark.parametrize("name", ENTRIES)
@given(terms=_terms)
def test_sums_to_zero(name: str, terms: Terms) -> None:
    """The postings of every event sum to zero, in its asset, and name each other as counterparty."""
    debit, credit = postings(name, terms)
    assert (0, terms.asset, terms.asset) == (debit.amount + credit.amount, debit.asset, credit.asset)
    assert (credit.participant, debit.participant) == (debit.counterparty, credit.counterparty)
    assert -terms.amount == debit.amount


@pytest.mark.parametrize(
    ("name", "debit", "credit"),
    [
        ("Paid", (2, Bucket.AVAILABLE), (3, Bucket.AVAILABLE)),
        ("Issued", (2, Bucket.ISSUED), (3, Bucket.AVAILABLE)),
        ("RedemptionRequested", (2, Bucket.AVAILABLE), (2, Bucket.LOCKED)),
        ("Redeemed", (2, Bucket.LOCKED), (3, Bucket.ISSUED)),
        ("RedemptionRefused", (2, Bucket.LOCKED), (2, Bucket.AVAILABLE)),
        ("RedemptionWithdrawn", (2, Bucket.LOCKED), (2, Bucket.AVAILABLE)),
    ],
)
def test_books(name: str, debit: tuple[int, Bucket], credit: tuple[int, Bucket]) -> None:
    """Each event moves the amount from one bucket of one participant to one of another."""
    made = postings(name, _TERMS)
    assert [debit, credit] == [(posting.participant, posting.bucket) for posting in made]


@pytest.mark.parametrize("name", ["Refused", "Voided", "AccountOpened"])
def test_moves_nothing(name: str) -> None:
    """What settles nothing books nothing."""
    assert () == postings(name, _TERMS)


@given(terms=_terms, end=st.sampled_from(["Redeemed", "RedemptionRefused", "RedemptionWithdrawn"]))
def test_redemption_leaves_nothing_locked(terms: Terms, end: str) -> None:
    """Ended, a redemption leaves no amount locked; refused or withdrawn, it leaves no trace at all."""
    names = ("RedemptionRequested", end)
    totals: dict[tuple[int, Bucket], int] = {}
    for posting in (each for name in names for each in postings(name, terms)):
        place = posting.participant, posting.bucket
        totals[place] = totals.get(place, 0) + posting.amount
    assert 0 == totals[terms.payer, Bucket.LOCKED]
    if end != "Redeemed":
        assert not any(totals.values())


def test_settling_events_move_value() -> None:
    """Every event by which an instruction settles books something."""
    assert SETTLING <= set(ENTRIES)
