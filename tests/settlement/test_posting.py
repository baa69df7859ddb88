"""Double entry: what each event books, and that it always balances (R5)."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import BrokenRule, ImpossibleBalance, InvalidWord, SettlementError, UnpostedEvent
from settlement.events import Event, Value
from settlement.instruction import Leg, Terms
from settlement.money import AMOUNT_MAX
from settlement.posting import ENTRIES, SETTLING, STILL, Bucket, Posting, moves_value, postings
from tests.words import leg_word, position_word

_ids = st.integers(1, 2**32 - 1)
_amounts = st.integers(1, AMOUNT_MAX)
_terms = st.builds(
    Terms, sequence=st.integers(0, 2**64 - 1), asset=_ids, payer=_ids, payee=_ids, amount=_amounts
)
_legs = st.builds(
    Leg, asset=_ids, payer=_ids, payee=_ids, amount=_amounts, payer_for=st.just(0) | _ids, payee_for=_ids
)
_TERMS = Terms(sequence=7, asset=840, payer=2, payee=3, amount=5)


def _said(name: str, terms: Terms) -> Event:
    contract = "Payments" if name == "Paid" else "Ledger"
    return Event(contract=contract, name=name, fields={"terms": terms.word(), "commitment": bytes(32)})


def _settled(*words: int) -> Event:
    fields: dict[str, Value] = {"head": 1, "digest": bytes(32), "legs": words}
    return Event(contract="Settlement", name="Settled", fields=fields)


def _booked(debit: Posting, credit: Posting) -> tuple[int, int, int, int]:
    """Return asset, debited, credited and amount of a pair, which must be one."""
    assert (debit.asset, 0) == (credit.asset, debit.amount + credit.amount)
    assert (credit.participant, debit.participant) == (debit.counterparty, credit.counterparty)
    return debit.asset, debit.participant, credit.participant, credit.amount


@pytest.mark.parametrize("name", ENTRIES)
@given(terms=_terms)
def test_sums_to_zero(name: str, terms: Terms) -> None:
    """The postings of every event sum to zero, in its asset, and name each other as counterparty."""
    debit, credit = postings(_said(name, terms))
    assert (terms.asset, terms.amount) == (_booked(debit, credit)[0], credit.amount)


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
    made = postings(_said(name, _TERMS))
    assert [debit, credit] == [(posting.participant, posting.bucket) for posting in made]


@given(legs=st.lists(_legs, max_size=32))
def test_each_leg_is_a_pair(legs: list[Leg]) -> None:
    """A settled instruction books each leg by itself, in its asset, whatever nets out."""
    made = postings(_settled(*map(leg_word, legs)))

    assert [(leg.asset, leg.payer, leg.payee, leg.amount) for leg in legs] == [
        _booked(debit, credit) for debit, credit in zip(made[::2], made[1::2], strict=True)
    ]
    assert {Bucket.AVAILABLE} >= {posting.bucket for posting in made}
    totals: dict[int, int] = defaultdict(int)
    for posting in made:
        totals[posting.asset] += posting.amount
    assert not any(totals.values())


@pytest.mark.parametrize("word", [0, leg_word(Leg(asset=1, payer=2, payee=3, amount=4)) | 1, 2**159])
def test_leg_that_no_instruction_has(word: int) -> None:
    """A leg without an amount, with one above the largest, or with marks is not booked."""
    with pytest.raises(InvalidWord):
        postings(_settled(word))


def test_court_order_is_a_transfer() -> None:
    """What a court orders moves from holder to holder."""
    fields: dict[str, Value] = {"asset": 840, "from": 2, "to": 3, "amount": 5, "order": bytes(32)}
    debit, credit = postings(Event(contract="Ledger", name="MovedByCourtOrder", fields=fields))

    assert (840, 2, 3, 5) == _booked(debit, credit)
    assert (Bucket.AVAILABLE, Bucket.AVAILABLE) == (debit.bucket, credit.bucket)


def _of_cycle(name: str, **fields: Value) -> tuple[Posting, ...]:
    return postings(
        Event(contract="Netting", name=name, fields={"digest": bytes(32), "asset": 840, **fields})
    )


@given(nets=st.lists(st.integers(-(2**40), 2**40), max_size=19))
def test_cycle_takes_what_it_locked(nets: list[int]) -> None:
    """Affirmed by all and settled, a cycle leaves nothing locked, and each member with its net."""
    nets.append(-sum(nets))
    members = list(enumerate(nets, start=1))
    made = [
        posting
        for member, net in members
        for posting in _of_cycle("CycleAffirmed", participant=member, locked=max(0, -net))
    ]
    made += _of_cycle("CycleSettled", positions=tuple(position_word(*each) for each in members))

    totals: dict[tuple[int, Bucket], int] = defaultdict(int)
    for posting in made:
        totals[posting.participant, posting.bucket] += posting.amount
    assert all(posting.amount for posting in made)
    assert members == [(member, totals[member, Bucket.AVAILABLE]) for member, _ in members]
    assert not any(totals[member, Bucket.LOCKED] for member, _ in members)


def test_cycle_that_ends_gives_back() -> None:
    """What was locked and comes back leaves no trace."""
    there = _of_cycle("CycleAffirmed", participant=2, locked=5)
    back = _of_cycle("LockReturned", participant=2, amount=5)

    assert [(Bucket.AVAILABLE, -5), (Bucket.LOCKED, 5)] == [(each.bucket, each.amount) for each in there]
    assert [(Bucket.LOCKED, -5), (Bucket.AVAILABLE, 5)] == [(each.bucket, each.amount) for each in back]


@pytest.mark.parametrize(
    ("word", "error"),
    [
        (position_word(2, 1) | 1, InvalidWord),
        (position_word(2, -(2**63)), InvalidWord),
        (position_word(2, 1), ImpossibleBalance),
    ],
    ids=["rest", "smallest", "unbalanced"],
)
def test_cycle_that_no_contract_settles(word: int, error: type[SettlementError]) -> None:
    """Positions with bits that mean nothing, or that do not sum to zero, are not booked."""
    with pytest.raises(error):
        _of_cycle("CycleSettled", positions=(word,))


@pytest.mark.parametrize(
    ("contract", "name"),
    [("Payments", "Refused"), ("Ledger", "Voided"), ("Settlement", "Queued"), ("Participants", "KeyAdded")],
)
def test_moves_nothing(contract: str, name: str) -> None:
    """What settles nothing books nothing."""
    assert () == postings(Event(contract=contract, name=name, fields={"terms": _TERMS.word()}))


@pytest.mark.parametrize(
    ("contract", "name"), [("Ledger", "Conjured"), ("Payments", "Settled"), ("Escrow", "Claimed")]
)
def test_what_nobody_knows_is_not_passed_over(contract: str, name: str) -> None:
    """An event of a contract that holds value, of which nobody said whether it moves any, breaks the rule."""
    with pytest.raises(UnpostedEvent) as broken:
        moves_value(contract, name)
    assert isinstance(broken.value, BrokenRule)


@given(terms=_terms, end=st.sampled_from(["Redeemed", "RedemptionRefused", "RedemptionWithdrawn"]))
def test_redemption_leaves_nothing_locked(terms: Terms, end: str) -> None:
    """Ended, a redemption leaves no amount locked; refused or withdrawn, it leaves no trace at all."""
    names = ("RedemptionRequested", end)
    totals: dict[tuple[int, Bucket], int] = {}
    for posting in (each for name in names for each in postings(_said(name, terms))):
        place = posting.participant, posting.bucket
        totals[place] = totals.get(place, 0) + posting.amount
    assert 0 == totals[terms.payer, Bucket.LOCKED]
    if end != "Redeemed":
        assert not any(totals.values())


def test_settling_events_move_value() -> None:
    """Every event by which an instruction settles books something."""
    assert SETTLING <= {*ENTRIES, "Settled"}
    assert moves_value("Settlement", "Settled")
    assert not SETTLING & {name for names in STILL.values() for name in names}
