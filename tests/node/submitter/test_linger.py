"""What trickles in goes together; what comes alone, or is enough for a whole transaction, does not wait."""

import pytest
from sqlalchemy import func, select

from node.store.session import Store
from node.store.tables import outbox
from tests.simulation.world import World, world

_SECONDS = 5


@pytest.fixture
def bank(store: Store) -> World:
    """A bank that lets payments gather."""
    return world(store, batch_linger_seconds=_SECONDS, batch_payments_max=3, pipeline_transactions_max=8)


def _carried(bank: World) -> list[int]:
    """How many payments each transaction carries, in their order."""
    query = (
        select(func.count())
        .where(outbox.c.transaction_id.is_not(None))
        .group_by(outbox.c.transaction_id)
        .order_by(outbox.c.transaction_id)
    )
    with bank.store.snapshot() as connection:
        return list(connection.scalars(query))


def test_first_goes_at_once_and_the_rest_together(bank: World) -> None:
    """A payment after a pause goes with the next tick; those that come behind it share a transaction."""
    submitter = bank.submitter()
    for _ in range(3):
        bank.accept(1)
        submitter.tick()
    assert [1] == _carried(bank)
    bank.clock.sleep(_SECONDS)
    submitter.tick()
    assert [1, 2] == _carried(bank)


def test_enough_does_not_wait(bank: World) -> None:
    """What fills a transaction is signed at once, as often as it does; the rest waits."""
    submitter = bank.submitter()
    bank.accept(1)
    submitter.tick()
    bank.accept(*[1] * 7)
    submitter.tick()
    assert [1, 3, 3] == _carried(bank)


def test_clock_that_goes_back_holds_nothing_up(bank: World) -> None:
    """After the clock was set back the next transaction is signed as if nothing had been."""
    submitter = bank.submitter()
    bank.accept(1)
    submitter.tick()
    bank.clock.sleep(-100_000)
    bank.accept(1)
    submitter.tick()
    assert [1, 1] == _carried(bank)


def test_everything_ends(bank: World) -> None:
    """Nothing that waits is forgotten: all of it settles, one writer or the next."""
    submitter = bank.submitter()
    for _ in range(5):
        bank.accept(1, 1)
        submitter.tick()
    bank.run(bank.submitter())
    assert {"settled"} == set(bank.states().values())
