"""The resolver runs the queue by itself: by age, by depth, by time, and never without being asked to."""

from collections.abc import Callable, Iterator

import pytest

from node.clock import SystemRandom
from node.keeper.resolver import LOOK_SECONDS, Resolver
from node.services.queue.histories import list_runs
from node.store.session import Store
from node.submitter.submitter import LEASE_SECONDS
from tests.embedded import embedded_network
from tests.node.services.queue.ring import Ring, ring


@pytest.fixture(params=["sqlite", "postgresql"])
def locked(request: pytest.FixtureRequest, stores: Callable[[str], Store]) -> Iterator[Ring]:
    """Three banks that owe each other in a ring."""
    with embedded_network() as network:
        made = ring(network, stores, request.param)
        made.gridlock()
        yield made


def _resolver(banks: Ring, **settings: int) -> Resolver:
    bank = banks.banks[0]
    bank.set(**settings)
    network = bank.network
    # The lease of the submitter that was there before runs out.
    network.clock.sleep(LEASE_SECONDS + 1)
    return Resolver(
        bank.store,
        network.chain,
        network.contracts,
        clock=network.clock,
        random=SystemRandom(),
        settings=bank.settings,
    )


def _triggers(banks: Ring) -> list[str]:
    return [run.trigger for run in list_runs(banks.banks[0].store, limit=10)]


def test_not_unless_it_is_set(locked: Ring) -> None:
    """By default nobody runs it."""
    resolver = _resolver(locked)
    locked.banks[0].network.clock.sleep(10_000)
    assert 0 == resolver.tick()
    assert [] == _triggers(locked)


@pytest.mark.parametrize(
    ("setting", "value", "early", "trigger"),
    [
        ("queue_run_age_seconds", 60, 30, "age"),
        ("queue_run_depth", 3, None, "depth"),
        ("queue_run_seconds", 60, None, "time"),
    ],
)
def test_each_trigger(locked: Ring, setting: str, value: int, early: int | None, trigger: str) -> None:
    """A run is made when it is due, once, and settles what waits."""
    clock = locked.banks[0].network.clock
    resolver = _resolver(locked, **{setting: value})
    if early is not None:
        clock.sleep(early)
        assert 0 == resolver.tick()
        clock.sleep(value)
    assert 1 == resolver.tick()
    clock.sleep(LOOK_SECONDS)
    # What it proposed is on its way: no second one beside it.
    assert 0 == resolver.tick()
    locked.settle_down()
    assert [trigger] == _triggers(locked)
    assert ["settled"] * 3 == locked.states()
    clock.sleep(10_000)
    assert 0 == resolver.tick()


def test_depth_below_is_not_enough(locked: Ring) -> None:
    """What is fewer than asked for waits on."""
    assert 0 == _resolver(locked, queue_run_depth=4).tick()


def test_a_fruitless_run_is_not_kept(locked: Ring) -> None:
    """A run that nobody asked for, and that finds nothing, leaves no row, and is not made at every look."""
    bank = locked.banks[0]
    locked.run()
    locked.pay(0, 1, 10**16, number=9)
    resolver = _resolver(locked, queue_run_seconds=60)
    clock = bank.network.clock
    clock.sleep(61)
    assert 0 == resolver.tick()
    assert ["demand"] == _triggers(locked)
