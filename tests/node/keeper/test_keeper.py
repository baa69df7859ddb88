"""The keeper on the real contracts: the audit log's head goes on chain, and betrays who cuts the log."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import delete, select, text, update

from node.clock import Clock
from node.keeper.keeper import LOOK_SECONDS, RECONCILE_SECONDS, Keeper
from node.outbox.rows import waiting_count
from node.services.anchors import ACTION, Anchors, verify_anchors
from node.services.audit import AuditBroken, append_audit, head_of, verify_audit
from node.services.breaks import list_breaks
from node.store.session import Store
from node.store.tables import audit, balances, counters, outbox, reconciliations
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
    network = bank.network
    return Keeper(bank.store, network.chain, network.contracts, clock or network.clock, bank.settings)


def _asked(bank: Bank, keeper: Keeper) -> int:
    """How many anchors one tick asks for."""

    def entries() -> int:
        with bank.store.snapshot() as connection:
            return len(connection.execute(select(audit).where(audit.c.action == ACTION)).all())

    before = entries()
    keeper.tick()
    return entries() - before


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

    assert 1 == _asked(bank, _keeper(bank))
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
    assert [1, 0] == [_asked(bank, _keeper(bank, clock)) for _ in range(2)]
    bank.run()
    anchored = _anchors(bank).count

    _note(bank)
    assert 0 == _asked(bank, _keeper(bank, clock))
    clock.timestamp = NOON + _DAY
    assert 1 == _asked(bank, _keeper(bank, clock))
    bank.run()
    clock.timestamp = NOON - _DAY
    assert 0 == _asked(bank, _keeper(bank, clock))
    assert (1, 2) == (anchored, _anchors(bank).count)


def test_nothing_new(store: Store, network: Network) -> None:
    """An empty log is not anchored."""
    bank = Bank(store=store, network=network)
    assert 0 == _asked(bank, _keeper(bank))


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
    assert 0 == _asked(bank, keeper)

    _note(bank)
    clock.timestamp = NOON + LOOK_SECONDS - 1
    assert 0 == keeper.tick()
    clock.timestamp = NOON - 1
    assert 1 == _asked(bank, keeper)


def test_not_admitted(stores: Callable[[str], Store], network: Network) -> None:
    """Before the bank is admitted there is nobody to anchor for."""
    bank = Bank(store=stores("sqlite"), network=network)
    _note(bank)
    bank.settings = bank.settings.model_copy(update={"bic": "NOBODYXXXXX"})

    assert 0 == _keeper(bank).tick()


def _runs(bank: Bank) -> list[int]:
    with bank.store.snapshot() as connection:
        return list(connection.scalars(select(reconciliations.c.at).order_by(reconciliations.c.id)))


def test_reconciles_hourly(bank: Bank) -> None:
    """Everything is compared once an hour, whichever keeper comes first; what differs becomes a break."""
    clock = SetClock(NOON)
    for seconds in (0, 60, RECONCILE_SECONDS - 1, RECONCILE_SECONDS, RECONCILE_SECONDS + 60):
        clock.timestamp = NOON + seconds
        _keeper(bank, clock).tick()
    assert [int(NOON), int(NOON) + RECONCILE_SECONDS] == _runs(bank)
    assert [] == list_breaks(bank.store)

    with bank.store.transaction() as connection:
        connection.execute(update(balances).where(balances.c.participant == 2).values(balance=7))
    clock.timestamp = NOON + 2 * RECONCILE_SECONDS
    _keeper(bank, clock).tick()

    assert {"account 840-2", "account 978-2"} <= {each.subject for each in list_breaks(bank.store)}


def test_nothing_mirrored_nothing_reconciled(stores: Callable[[str], Store], network: Network) -> None:
    """Before there is a mirror, or the bank is admitted, the keeper compares nothing and goes on."""
    bank = Bank(store=stores("sqlite"), network=network)
    stranger = bank.settings.model_copy(update={"bic": "NOBODYXXXXX"})
    parts = network.chain, network.contracts, network.clock

    assert 0 == Keeper(stores("sqlite"), *parts, bank.settings).tick()
    assert 0 == Keeper(bank.store, *parts, stranger).tick()
    assert [] == _runs(bank)


def test_what_nobody_approves_ends_at_its_deadline(bank: Bank) -> None:
    """It waits until then and not longer: rejected by name, its sequence burnt on chain, all of it once."""
    bank.set(approval_limits="USD=50.00")
    keeper = _keeper(bank)
    bank.accept(request(0, amount="6000"), request(1, amount="4000"), entered_by="erika")
    bank.run()
    keeper.tick()
    assert {"E0": "awaiting_approval", "E1": "settled"} == bank.states()

    bank.network.clock.sleep(_DAY + LOOK_SECONDS + 1)
    keeper.tick()
    bank.run()

    assert ["rejected", "settled"] == [each.state for each in bank.payments()]
    assert "DeadlinePassed" == bank.payments()[0].reason
    bank.network.clock.sleep(LOOK_SECONDS + 1)
    keeper.tick()
    ended = bank.payments()[0].id
    with bank.store.snapshot() as connection:
        noted = select(audit.c.subject).where(audit.c.action == "deadline_passed")
        assert [f"unapproved {ended}"] == list(connection.scalars(noted))
        rows = select(outbox.c.action).where(outbox.c.instruction_id == ended).order_by(outbox.c.id)
        assert ["pay", "void"] == list(connection.scalars(rows))
