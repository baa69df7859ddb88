"""Dying anywhere: what was accepted is paid once or not at all, and never twice (R1, R2, R6)."""

from collections import Counter
from collections.abc import Callable

import pytest

from node.errors import ChainUnavailable
from node.services.voids import cancel_payment
from node.store.session import Store
from node.submitter.submitter import LEASE_SECONDS
from tests.simulation.faults import Crash, Faults
from tests.simulation.world import World, world

# Two batches, of which one payment is too large: it is refused and voided.
AMOUNTS = (10, 20, 5_000, 30, 40)
FUNDS = 1_000


def _world(store: Store) -> World:
    made = world(store, funds=FUNDS)
    made.accept(*AMOUNTS)
    return made


def _points(store: Store) -> list[str]:
    """Every point a run without faults passes."""
    faults = Faults()
    made = _world(store)
    made.run(made.submitter(faults))
    _assert_all_ended(made)
    return faults.passed


def _assert_all_ended(made: World) -> None:
    assert {"settled": 4, "rejected": 1} == Counter(made.states().values())
    assert 4 == len(made.chain.paid)
    assert FUNDS - 100 == made.chain.funds


@pytest.mark.parametrize("error", [pytest.param(Crash, marks=pytest.mark.slow), ChainUnavailable])
def test_fault_at_every_point(stores: Callable[[str], Store], error: type[Exception]) -> None:
    """Whatever call fails, before or after it did its work, everything ends as if nothing had failed."""
    points = _points(stores("sqlite"))
    assert len(points) > 50
    for place, point in enumerate(points):
        if error is ChainUnavailable and not point.startswith("chain"):
            continue
        made = _world(stores("sqlite"))
        made.run_past_crashes(Faults({place: error}))
        _assert_all_ended(made)


def _queueing(store: Store) -> World:
    made = world(store, funds=FUNDS)
    made.accept(10, 5_000, 20, queue=True)
    return made


@pytest.mark.slow
@pytest.mark.parametrize("error", [Crash, ChainUnavailable])
def test_fault_on_the_way_into_the_queue_and_out(
    stores: Callable[[str], Store], error: type[Exception]
) -> None:
    """Whatever call fails, what lacks money is in the queue once; and once it is cancelled, gone from it."""
    faults = Faults()
    made = _queueing(stores("sqlite"))
    made.run(made.submitter(faults))
    for place, point in enumerate(faults.passed):
        if error is ChainUnavailable and not point.startswith("chain"):
            continue
        made = _queueing(stores("sqlite"))
        made.run_past_crashes(Faults({place: error}))
        assert {"settled": 2, "queued": 1} == Counter(made.states().values())
        assert 1 == len(made.chain.books.queue)
        (queued,) = [payment.id for payment in made.payments() if payment.state == "queued"]
        made.clock.sleep(LEASE_SECONDS + 1)
        cancel_payment(made.store, made.settings, made.clock, queued, actor="tok")
        made.run_past_crashes(Faults({place: error}))
        assert {"settled": 2, "cancelled": 1} == Counter(made.states().values())
        assert not made.chain.books.queue
        assert FUNDS - 30 == made.chain.funds


@pytest.mark.slow
@pytest.mark.parametrize("point", ["store.commit before", "store.commit after", "signer.sign after"])
def test_crash_around_every_commit_on_postgresql(stores: Callable[[str], Store], point: str) -> None:
    """On PostgreSQL too, dying around any commit leaves nothing half done."""
    faults = Faults()
    made = world(stores("postgresql"), funds=100)
    made.accept(10, 500, 20, 30)
    made.run(made.submitter(faults))
    places = [place for place, passed in enumerate(faults.passed) if passed == point]
    assert len(places) > 1
    for place in places:
        made = world(stores("postgresql"), funds=100)
        made.accept(10, 500, 20, 30)
        made.run_past_crashes(Faults({place: Crash}))
        assert {"settled": 3, "rejected": 1} == Counter(made.states().values())
        assert 100 - 60 == made.chain.funds
