"""A statement adds up, or it is not drawn up."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import MirrorGap
from settlement.money import currency
from settlement.participant import Participant, ParticipantKind
from settlement.statement import Entry, Statement, Turnover, draw_up

OWNER = Participant(id=7, kind=ParticipantKind.BANK, bic="CHASUS33XXX", lei=None)
OTHER = Participant(id=8, kind=ParticipantKind.BANK, bic="BNPAFRPPXXX", lei=None)
START, END, HEIGHT = 1_000_000, 2_000_000, 100_000


def _entries(opening: int, amounts: list[int]) -> list[Entry]:
    balances = [opening]
    for amount in amounts:
        balances.append(balances[-1] + amount)
    return [
        Entry(
            height=5 + position // 3,
            log_index=position % 3,
            booked_at=START + position,
            amount=amount,
            balance=balances[position + 1],
            event="Paid",
            transaction_hash=bytes(32),
            counterparty=OTHER,
        )
        for position, amount in enumerate(amounts)
    ]


def _draw_up(opening: int, closing: int, entries: list[Entry]) -> Statement:
    return draw_up(
        identification="S1",
        owner=OWNER,
        servicer=OTHER,
        asset=840,
        currency=currency("USD"),
        from_time=START,
        to_time=END,
        height=HEIGHT,
        verification="full",
        opening=opening,
        closing=closing,
        entries=entries,
    )


balances = st.integers(-(2**63), 2**63 - 1)
amounts = st.lists(st.integers(-(2**63) + 1, 2**63 - 1).filter(bool), max_size=12)
some_amounts = st.lists(st.integers(-(2**63) + 1, 2**63 - 1).filter(bool), min_size=1, max_size=12)


@given(opening=balances, amounts=amounts)
def test_a_statement_adds_up(opening: int, amounts: list[int]) -> None:
    """Closing is opening plus the credits less the debits, and every entry is in one of the two."""
    statement = _draw_up(opening, opening + sum(amounts), _entries(opening, amounts))
    assert statement.closing == statement.opening + statement.credits.total - statement.debits.total
    assert len(amounts) == statement.credits.count + statement.debits.count
    assert statement.credits.total >= 0
    assert statement.debits.total >= 0


@given(opening=balances, amounts=some_amounts, data=st.data())
def test_a_missing_entry_is_noticed(opening: int, amounts: list[int], data: st.DataObject) -> None:
    """Without any one of its entries a statement is not drawn up."""
    entries = _entries(opening, amounts)
    del entries[data.draw(st.integers(0, len(entries) - 1))]
    with pytest.raises(MirrorGap):
        _draw_up(opening, opening + sum(amounts), entries)


@given(opening=balances, amounts=some_amounts, off=st.integers(-(2**62), 2**62).filter(bool))
def test_a_wrong_closing_balance_is_noticed(opening: int, amounts: list[int], off: int) -> None:
    """The mirror's balance and the entries must meet."""
    with pytest.raises(MirrorGap, match="the mirror says"):
        _draw_up(opening, opening + sum(amounts) + off, _entries(opening, amounts))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"height": 4}, "does not follow"),
        ({"log_index": 0}, "does not follow"),
        ({"height": HEIGHT + 1}, "is above"),
        ({"booked_at": START - 1}, "outside the period"),
        ({"booked_at": END + 1}, "outside the period"),
        ({"balance": 61}, "the entries before it"),
        ({"amount": 0, "balance": 10}, "the entries before it"),
    ],
)
def test_an_entry_out_of_place_is_noticed(change: dict[str, int], said: str) -> None:
    """Order of keys, height, period and running balance are each checked."""
    first, second = _entries(0, [10, 20])
    with pytest.raises(MirrorGap, match=said):
        _draw_up(0, 30, [first, replace(second, **change)])  # type: ignore[arg-type]  # a column of the table


def test_an_entry_twice_is_noticed() -> None:
    """The same posting can't stand in a statement twice, even where the sums would allow it."""
    (entry,) = _entries(0, [10])
    with pytest.raises(MirrorGap, match="does not follow"):
        _draw_up(0, 20, [entry, replace(entry, balance=20)])


def test_turnover_is_by_direction() -> None:
    """Credits and debits are counted and summed apart, both without sign."""
    statement = _draw_up(0, 5, _entries(0, [10, -7, 2]))
    assert Turnover(count=2, total=12) == statement.credits
    assert Turnover(count=1, total=7) == statement.debits


def test_an_entry_and_an_account_have_names() -> None:
    """A posting is named by block and log, an account by asset and holder; both stay as they are for ever."""
    statement = _draw_up(0, 10, _entries(0, [10]))
    assert ("840-7", "5-0") == (statement.account, statement.entries[0].reference)
    assert statement.entries[0].document_missing
    assert not replace(statement.entries[0], document={}).document_missing
