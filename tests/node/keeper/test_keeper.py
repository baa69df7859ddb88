"""The keeper on the real contracts: the audit log's head goes on chain, and betrays who cuts the log."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import delete, text, update

from node.clock import Clock
from node.keeper.keeper import LOOK_SECONDS, Keeper
from node.outbox.rows import waiting_count
from node.services.anchors import Anchors, verify_anchors
from node.services.audit import AuditBroken, append_audit, head_of, verify_audit
from node.store.session import Store
from node.store.tables import audit, counters
from tests.clocks import SetClock
from tests.embedded import NOON, embedded_network
from tests.node.bank import Bank, request
from tests.scenario import Network

_DAY = 86_400


@pytest.fixture
def network() -> Iterator[Network]:
    """The network, fresh for each test."""
    with embedded_network() as network:
        yield network


@pytest.fixture
def bank(store: Store, network: Network) -> Bank:
    """The first bank."""
    return Bank(store=store, network=network)


def _keeper(bank: Bank, clock: Clock | None = None) -> Keeper:
    return Keeper(bank.store, bank.network.contracts, clock or bank.network.clock, bank.settings)


def _note(bank: Bank, word: str = "noted") -> None:
    with bank.store.transaction() as connection:
        append_audit(connection, at=1, actor="a", action=word, subject="s", detail={})


def _anchors(bank: Bank) -> Anchors:
    with bank.store.snapshot() as connection:
        return verify_anchors(connection, bank.settings)


def _cut(bank: Bank, position: int) -> None:
    """Cut the log off above a position, counter and all, as somebody with the database's password could."""
    with bank.store.transaction() as connection:
        if bank.store.dialect == "postgresql":
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER ALL"))
        else:
            connection.execute(text("DROP TRIGGER audit_append_only_delete"))
        connection.execute(delete(audit).where(audit.c.position > position))
        connection.execute(update(counters).where(counters.c.name == "audit").values(value=position))


def test_head_goes_on_chain(bank: Bank) -> None:
    """The day's head is signed by the pay key, final on chain, and found again in the log."""
    bank.accept(request(0))
    with bank.store.snapshot() as connection:
        position, head = head_of(connection)

    assert 1 == _keeper(bank).tick()
    bank.run()

    found = _anchors(bank)
    assert (1, position) == (found.count, found.position)
    assert found.height > 0
    with bank.store.snapshot() as connection:
        verify_audit(connection)
    assert head not in (bytes(32), b"")


def test_cut_log_is_found(bank: Bank) -> None:
    """Who cuts off the end, sets the counter back and writes other entries is betrayed by the chain."""
    bank.accept(request(0))
    _keeper(bank).tick()
    bank.run()
    position = _anchors(bank).position

    _cut(bank, position - 1)
    with bank.store.snapshot() as connection:
        verify_audit(connection)
    with pytest.raises(AuditBroken, match="has a head of this log that the log has not"):
        _anchors(bank)

    _note(bank)
    with pytest.raises(AuditBroken):
        _anchors(bank)


def test_once_a_day(bank: Bank) -> None:
    """It is asked for once a UTC day, by the keeper that comes first, and not for a log with nothing new."""
    clock = SetClock(NOON)
    _note(bank)
    assert [1, 0] == [_keeper(bank, clock).tick() for _ in range(2)]
    bank.run()
    anchored = _anchors(bank).count

    _note(bank)
    assert 0 == _keeper(bank, clock).tick()
    clock.timestamp = NOON + _DAY
    assert 1 == _keeper(bank, clock).tick()
    bank.run()
    clock.timestamp = NOON - _DAY
    assert 0 == _keeper(bank, clock).tick()
    assert (1, 2) == (anchored, _anchors(bank).count)


def test_nothing_new(store: Store, network: Network) -> None:
    """An empty log is not anchored."""
    assert 0 == _keeper(Bank(store=store, network=network)).tick()


def test_one_waits_at_most(bank: Bank) -> None:
    """While an anchor has no transaction no other is asked for: days without a writer pile nothing up."""
    clock = SetClock(NOON)
    for day in range(3):
        _note(bank)
        clock.timestamp = NOON + day * _DAY
        _keeper(bank, clock).tick()
    with bank.store.snapshot() as connection:
        assert 1 == waiting_count(connection)


def test_looks_once_a_minute(bank: Bank) -> None:
    """A keeper asks the store once a minute, and at once when the clock was set back."""
    clock = SetClock(NOON)
    keeper = _keeper(bank, clock)
    assert 0 == keeper.tick()

    _note(bank)
    clock.timestamp = NOON + LOOK_SECONDS - 1
    assert 0 == keeper.tick()
    clock.timestamp = NOON - 1
    assert 1 == keeper.tick()


def test_not_admitted(stores: Callable[[str], Store], network: Network) -> None:
    """Before the bank is admitted there is nobody to anchor for."""
    bank = Bank(store=stores("sqlite"), network=network)
    _note(bank)
    bank.settings = bank.settings.model_copy(update={"bic": "NOBODYXXXXX"})

    assert 0 == _keeper(bank).tick()
