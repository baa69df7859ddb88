"""A debtor holds, releases and makes urgent what queues; the chain keeps to it."""

import pytest

from node.errors import QueueOrderRefused
from node.services.queue.orders import QueueOrder
from tests.embedded import FUNDS
from tests.node.services.queue.ring import Ring


def test_held_until_released(ring: Ring) -> None:
    """What its bank holds settles with no run, and with the next one once it is released."""
    ids = ring.gridlock()
    ring.order(0, ids[0], QueueOrder.HOLD)
    assert "held" == ring.states()[0]
    assert ("Held", True) == (ring.view(1).incoming[0].reason, ring.view(0).outgoing[0].held)
    assert 0 == ring.run().settled_value
    ring.order(0, ids[0], QueueOrder.RELEASE)
    assert 3 * FUNDS + 1503 == ring.run().settled_value


def test_urgent_and_back(ring: Ring) -> None:
    """Urgency is the debtor's to change, and shown to both sides."""
    payment = ring.pay(0, 1, 2 * FUNDS)
    assert not ring.view().outgoing[0].urgent
    ring.order(0, payment, QueueOrder.URGENT)
    assert ring.view(1).incoming[0].urgent
    ring.order(0, payment, QueueOrder.NORMAL)
    assert not ring.view().outgoing[0].urgent


@pytest.mark.parametrize("order", [QueueOrder.RELEASE, QueueOrder.NORMAL])
def test_what_is_so_already(ring: Ring, order: QueueOrder) -> None:
    """An order that changes nothing is refused, and nothing is sent."""
    payment = ring.pay(0, 1, 2 * FUNDS)
    with pytest.raises(QueueOrderRefused):
        ring.order(0, payment, order)


def test_what_does_not_queue(ring: Ring) -> None:
    """What has settled is not held."""
    payment = ring.pay(0, 1, 5)
    with pytest.raises(QueueOrderRefused):
        ring.order(0, payment, QueueOrder.HOLD)


def test_asked_twice_is_one_call(ring: Ring) -> None:
    """The same order again before it is signed is one call."""
    payment = ring.pay(0, 1, 2 * FUNDS)
    bank = ring.banks[0]
    before = bank.counts()
    ring.order(0, payment, QueueOrder.HOLD)
    assert (before[0], before[1] + 1) == bank.counts()
    with pytest.raises(QueueOrderRefused):
        ring.order(0, payment, QueueOrder.HOLD)


def test_view_tells_what_each_waits_for(ring: Ring) -> None:
    """An officer sees in and out, the position in the whole queue, and what is short."""
    ring.gridlock()
    view = ring.view(1)
    assert (3, 1, 1) == (view.waiting, len(view.outgoing), len(view.incoming))
    (out,) = view.outgoing
    assert (2, "InsufficientFunds", ring.banks[1].member.bic, 501) == (
        out.position,
        out.reason,
        out.waits_for,
        out.short,
    )
    assert out.payment_id == ring.banks[1].payments()[0].id
    assert view.incoming[0].payment_id is None
    assert view.account is not None
    assert FUNDS == view.account.balance
