"""Double entry over any history the contracts can tell (R5), the same in both stores (R4)."""

from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import select

from node.chain.protocol import Log, Receipt
from node.clock import SystemClock
from node.errors import StoreInconsistent
from node.follower.follower import Follower
from node.follower.rebuild import picture, rebuild
from node.mirror.proof import gaps, unbalanced
from node.store.session import Store
from node.store.tables import balances, postings
from settlement import posting
from settlement.errors import BrokenRule, ImpossibleBalance, MirrorGap, UnpostedEvent
from settlement.instruction import Leg, Terms
from settlement.posting import Bucket
from tests.node.chain_of_events import (
    CONTRACTS,
    START,
    ChainOfEvents,
    log,
    register,
    said,
    settle,
    transaction,
)
from tests.node.histories import Books, histories
from tests.words import head_word, leg_word, position_word

Stores = Callable[[str], Store]
_examples = settings(max_examples=40, deadline=None, suppress_health_check=[*HealthCheck])
_few_examples = settings(max_examples=12, deadline=None, suppress_health_check=[*HealthCheck])


def _mirror(store: Store, chain: ChainOfEvents, blocks_max: int = 256) -> None:
    follower = Follower(store, chain, CONTRACTS, SystemClock(), blocks_max=blocks_max)
    while follower.tick():
        pass


def _check(store: Store, books: Books) -> None:
    with store.snapshot() as connection:
        held = {
            (row.asset, row.participant, Bucket(row.bucket)): row.balance
            for row in connection.execute(select(balances))
        }
        rows = connection.execute(
            select(postings).order_by(postings.c.height, postings.c.log_index, postings.c.line)
        ).all()
        for above in {-1, *(row.height for row in rows)}:
            assert [] == gaps(connection, 10, above=above)
            assert [] == unbalanced(connection, 10, above=above)
    assert dict(books.balances) == held
    by_account = defaultdict(list)
    by_event: dict[tuple[int, int], int] = defaultdict(int)
    for row in rows:
        by_account[row.asset, row.participant, row.bucket].append(row)
        by_event[row.height, row.log_index] += row.amount
    assert {0} >= set(by_event.values())
    for account in by_account.values():
        assert account[0].amount == account[0].balance
        for before, after in pairwise(account):
            assert before.balance + after.amount == after.balance


@_examples
@given(history=histories())
def test_balances_are_what_came_in_less_what_went_out(
    stores: Stores, history: tuple[ChainOfEvents, Books]
) -> None:
    """Entries sum to zero, running balances have no gap, and they end where the plainest books do."""
    chain, books = history
    with closing(stores("sqlite")) as store:
        _mirror(store, chain)

        _check(store, books)


@_few_examples
@given(history=histories())
def test_both_stores_hold_the_same(stores: Stores, history: tuple[ChainOfEvents, Books]) -> None:
    """SQLite and PostgreSQL have equal digests, however the blocks were cut into transactions (R4)."""
    chain, books = history
    with closing(stores("sqlite")) as sqlite, closing(stores("postgresql")) as postgresql:
        _mirror(sqlite, chain, blocks_max=1)
        _mirror(postgresql, chain)

        _check(postgresql, books)
        assert picture(sqlite) == picture(postgresql)


@pytest.mark.parametrize(
    ("of", "into"),
    [("sqlite", "sqlite"), ("sqlite", "postgresql"), ("postgresql", "sqlite"), ("postgresql", "postgresql")],
)
@_few_examples
@given(history=histories())
def test_rebuild_is_the_same(
    stores: Stores, history: tuple[ChainOfEvents, Books], of: str, into: str
) -> None:
    """A rebuild from genesis into either store has equal digests, also when the chain has gone on (R4)."""
    chain, _ = history
    with closing(stores(of)) as used, closing(stores(into)) as fresh:
        _mirror(used, chain)
        expected = picture(used)
        chain.mine(settle(Terms(sequence=10**6, asset=840, payer=2, payee=3, amount=1)))

        steps = rebuild(fresh, chain, CONTRACTS, SystemClock(), height=expected.head.height)

        assert expected.head.height + 1 == sum(steps)
        assert [] == expected.differences(picture(fresh))


def _one(name: str, contract: str = "Ledger", sequence: int = 1) -> ChainOfEvents:
    chain = ChainOfEvents()
    chain.mine(register((1, 2, 3)))
    terms = Terms(sequence=sequence, asset=840, payer=2, payee=1, amount=100)
    chain.mine(transaction(said(contract, name, terms)))
    return chain


@pytest.mark.parametrize("name", ["Redeemed", "RedemptionRefused", "RedemptionWithdrawn"])
def test_nothing_is_unlocked_that_was_not_locked(store: Store, name: str) -> None:
    """An event that would make a lock negative is impossible: nothing of its blocks is kept."""
    with pytest.raises(ImpossibleBalance):
        _mirror(store, _one(name))

    with store.snapshot() as connection:
        assert [] == connection.execute(select(postings)).all()


def test_sequence_settles_once(store: Store) -> None:
    """A second settlement of a sequence is refused by the database itself (R1)."""
    chain = _one("Paid", "Payments", sequence=2**63)
    _mirror(store, chain)
    again = Terms(sequence=2**63, asset=840, payer=2, payee=3, amount=5)
    chain.mine(settle(again))

    with pytest.raises(StoreInconsistent) as caught:
        _mirror(store, chain)

    assert isinstance(caught.value, BrokenRule)


def _settlement(name: str, *more: object, sequence: int = 1) -> Receipt:
    return transaction(log("Settlement", name, head_word(sequence, 2), bytes(32), *more))


_LEG = leg_word(Leg(asset=840, payer=2, payee=3, amount=5))


@pytest.mark.parametrize(
    "again",
    [
        settle(Terms(sequence=1, asset=840, payer=2, payee=3, amount=5)),
        _settlement("Settled", [_LEG]),
        _settlement("Cancelled", 2, b"CUST"),
        _settlement("Expired"),
    ],
    ids=["paid", "settled", "cancelled", "expired"],
)
def test_instruction_ends_once(store: Store, again: Receipt) -> None:
    """What settled in one module neither settles nor ends again, in that module or another (R1)."""
    chain = ChainOfEvents()
    chain.mine(register((1, 2, 3)), _settlement("Queued"), _settlement("Settled", [_LEG, _LEG]))
    _mirror(store, chain)
    chain.mine(again)

    with pytest.raises(StoreInconsistent):
        _mirror(store, chain)


def test_legs_of_an_instruction_are_lines_of_its_event(store: Store) -> None:
    """Each leg has a debit and a credit of its own, numbered through, in the order of the legs."""
    chain = ChainOfEvents()
    back = leg_word(Leg(asset=978, payer=3, payee=2, amount=7, payee_for=9))
    chain.mine(register((1, 2, 3), (840, 978)), _settlement("Settled", [_LEG, back, _LEG]))
    _mirror(store, chain)

    columns = ("line", "asset", "participant", "counterparty", "amount", "balance")
    with store.snapshot() as connection:
        query = select(*(postings.c[name] for name in columns)).order_by(postings.c.line)
        assert [
            (0, 840, 2, 3, -5, -5),
            (1, 840, 3, 2, 5, 5),
            (2, 978, 3, 2, -7, -7),
            (3, 978, 2, 3, 7, 7),
            (4, 840, 2, 3, -5, -10),
            (5, 840, 3, 2, 5, 10),
        ] == [tuple(row) for row in connection.execute(query)]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-1],
        lambda data: data[:-32],
        lambda data: data + bytes(32),
        lambda data: data[:64] + (128).to_bytes(32, "big") + data[96:],
        lambda data: data[:96],
        lambda data: data[:31],
    ],
    ids=["cut", "a leg less", "a leg more", "elsewhere", "none", "half a head"],
)
def test_legs_that_are_not_where_they_must_be(store: Store, change: Callable[[bytes], bytes]) -> None:
    """A settlement whose legs can't be read exactly is not posted, and stops the mirror (R10)."""
    settled = log("Settlement", "Settled", head_word(1, 2), bytes(32), [_LEG])
    chain = ChainOfEvents()
    chain.mine(register((1, 2, 3)), transaction(replace(settled, data=change(settled.data))))

    with pytest.raises(BrokenRule):
        _mirror(store, chain)


@pytest.mark.parametrize(
    "unknown",
    [
        log("Payments", "Refused", 1, 1),
        log("Settlement", "Queued", head_word(1, 2), bytes(32)),
        log("Ledger", "ModuleClosing", bytes(20)),
    ],
    ids=["terms", "head", "other"],
)
def test_event_that_nobody_knows_is_not_posted(
    store: Store, unknown: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is not known whether an event moves value the mirror stops instead of guessing (R10)."""
    monkeypatch.setattr(posting, "STILL", {})
    chain = ChainOfEvents()
    chain.mine(transaction(unknown))

    with pytest.raises(UnpostedEvent):
        _mirror(store, chain)


def test_cycle_that_nobody_proposed(store: Store) -> None:
    """A settlement of a cycle that the mirror never saw is not posted, and stops it (R10)."""
    chain = ChainOfEvents()
    chain.mine(register((1, 2, 3)), transaction(log("Netting", "CycleSettled", b"\1" * 32)))

    with pytest.raises(MirrorGap, match="names a cycle"):
        _mirror(store, chain)


def test_cycle_settles_once(store: Store) -> None:
    """A cycle that settles twice would release what nobody locked any more: nothing of that is kept."""
    cycle = (840, 2, 1, START, bytes(32), [position_word(2, -5, 1, 1), position_word(3, 5, 1, 1)])
    chain = ChainOfEvents()
    chain.mine(
        register((1, 2, 3)),
        transaction(
            log("Netting", "CycleProposed", b"\1" * 32, cycle),
            log("Netting", "CycleAffirmed", b"\1" * 32, 840, 2, 5),
            log("Netting", "CycleSettled", b"\1" * 32),
        ),
    )
    _mirror(store, chain)
    chain.mine(transaction(log("Netting", "CycleSettled", b"\1" * 32)))

    with pytest.raises(ImpossibleBalance):
        _mirror(store, chain)
