"""A payment with an earliest time is in the queue until then, and settles by itself once it has come."""

import pytest

from node.clock import SystemRandom
from node.keeper.resolver import Resolver
from node.services.queue.orders import QueueOrder
from tests.clocks import SetClock
from tests.embedded import FUNDS
from tests.node.services.queue.ring import Ring

_HOUR = 3600


def _resolver(ring: Ring, at: int = 0) -> Resolver:
    bank = ring.banks[at]
    network = bank.network
    return Resolver(
        bank.store, network.chain, network.contracts,
        clock=network.clock, random=SystemRandom(), settings=bank.settings,
    )  # fmt: skip


def _pass(ring: Ring, seconds: int) -> None:
    clock = ring.banks[0].network.clock
    assert isinstance(clock, SetClock)
    clock.timestamp += seconds


def _early(ring: Ring, amount: int = 5) -> int:
    """Have a payment accepted that may settle in an hour; return from when."""
    time = int(ring.banks[0].network.clock.now()) + _HOUR
    ring.pay(0, 1, amount, not_before=time)
    return time


def test_waits_for_its_time(ring: Ring) -> None:
    """Payer and payee see it queued with its time; no run takes it before, its payer's does after."""
    time = _early(ring)
    resolver = _resolver(ring)
    shown = ring.view(1).incoming[0]
    assert (["queued"], "NotYetValid", time) == (ring.states(), shown.reason, shown.valid_from)
    assert 0 == ring.run().settled_value
    assert 0 == resolver.tick()
    _pass(ring, _HOUR)
    assert 0 == _resolver(ring, 1).tick(), "another bank's"
    assert 1 == resolver.tick()
    ring.settle_down()
    assert ["settled"] == ring.states()
    assert 0 == resolver.tick()


def test_time_that_came_while_the_node_was_away(ring: Ring) -> None:
    """A node that was started after the time runs the queue too."""
    _early(ring)
    _pass(ring, 2 * _HOUR)
    assert 1 == _resolver(ring).tick()
    ring.settle_down()
    assert ["settled"] == ring.states()


def test_tried_once_more_and_no_longer(ring: Ring) -> None:
    """What lacks money at its time is looked at twice, and then waits as everything does."""
    _early(ring, 2 * FUNDS)
    resolver = _resolver(ring)
    tried = []
    for seconds in (_HOUR, 3, 10, 10):
        _pass(ring, seconds)
        before = resolver._ran_at  # a run that finds nothing leaves no other trace
        assert 0 == resolver.tick()
        tried.append(resolver._ran_at != before)  # as above
    assert [True, False, True, False] == tried


def test_held_as_others(ring: Ring) -> None:
    """Its bank holds it as anything that queues; then its time settles nothing."""
    _early(ring)
    ring.order(0, ring.banks[0].payments()[0].id, QueueOrder.HOLD)
    _pass(ring, _HOUR)
    assert 0 == _resolver(ring).tick()
    ring.settle_down()
    assert ["held"] == ring.states()


@pytest.mark.parametrize("seconds", [0, -_HOUR])
def test_time_that_has_come_is_none(ring: Ring, seconds: int) -> None:
    """A payment whose earliest time is now or past is paid like any other."""
    ring.pay(0, 1, 5, not_before=int(ring.banks[0].network.clock.now()) + seconds)
    assert ["settled"] == ring.states()
