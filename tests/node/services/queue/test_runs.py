"""A run proposes what settles; the chain decides, and what it decided is read back."""

import pytest

from node.errors import NotFound, QueueRunRefused
from node.services.queue.histories import get_run, list_runs
from node.services.queue.orders import QueueOrder
from tests.embedded import FUNDS
from tests.node.services.queue.ring import Ring


def test_gridlock_is_unlocked(ring: Ring) -> None:
    """Payments of which none can settle by itself settle together, whole, and nobody is below its floor."""
    ring.gridlock()
    assert ["queued"] * 3 == ring.states()

    run = ring.run()

    assert ["settled"] * 3 == ring.states()
    assert 3 * FUNDS + 1503 == run.settled_value == run.proposed_value == run.bound == run.queued_value
    assert [("settled", None, 3)] == [
        (each.state, each.reason, len(each.instructions))
        for each in run.proposals
        if each.fallback_of is None
    ]
    assert () == run.left
    assert [run] == list_runs(ring.banks[0].store, limit=10)
    assert 0 == ring.view().waiting


def test_what_is_left_is_explained(ring: Ring) -> None:
    """What does not settle is told with whom it waits for and how much is short."""
    ring.gridlock()
    ring.pay(1, 2, 5 * FUNDS, number=7)
    name = ring.view(1).outgoing[-1].name

    run = ring.run()

    assert ["queued", "settled", "settled", "settled"] == sorted(ring.states())
    (left,) = run.left
    # The second bank had FUNDS, got 500 more than that and gave 501 more.
    assert {"instruction": name, "reason": "InsufficientFunds", "short": 4 * FUNDS + 1} == {
        key: left[key] for key in ("instruction", "reason", "short")
    }
    assert ring.banks[1].member.bic == left["waits_for"]


def test_nothing_to_propose(ring: Ring) -> None:
    """A run that finds nothing says so, with the reason for each that waits."""
    ring.pay(0, 1, 5 * FUNDS)
    run = ring.run()
    assert ((), 0, "drop-last") == (run.proposals, run.settled_value, run.method)
    assert 1 == len(run.left)


def test_one_at_a_time(ring: Ring) -> None:
    """While a proposal is on its way another run of the same bank is refused; afterwards it is not."""
    ring.gridlock()
    ring.propose()
    with pytest.raises(QueueRunRefused):
        ring.propose()
    ring.settle_down()
    ring.propose()


def test_two_banks_propose_at_once(ring: Ring) -> None:
    """Two runs of two banks settle everything once: the second is refused by the chain and shown so."""
    ring.gridlock()
    runs = ring.propose(0), ring.propose(1)
    ring.settle_down()
    assert ["settled"] * 3 == ring.states()
    first, second = (get_run(ring.banks[at].store, runs[at]) for at in range(2))
    assert ["settled"] == [each.state for each in first.proposals]
    assert [("refused", "NotWaiting")] == [(each.state, each.reason) for each in second.proposals]
    assert 0 == second.settled_value


def test_stale_proposal_costs_only_its_part(ring: Ring) -> None:
    """What was held after the snapshot is left out with its set; the parts without it settle."""
    held = ring.pay(0, 1, FUNDS + 500, number=0)
    ring.pay(1, 2, FUNDS + 500, number=1)
    ring.pay(2, 0, FUNDS + 500, number=2)
    run_id = ring.propose(1)
    ring.banks[0].follow()
    ring.order(0, held, QueueOrder.HOLD)
    ring.settle_down()
    run = get_run(ring.banks[1].store, run_id)
    assert "held" in ring.states()
    assert {"refused"} <= {each.state for each in run.proposals}


def test_unknown_run(ring: Ring) -> None:
    """A run that there is not is not found."""
    with pytest.raises(NotFound):
        get_run(ring.banks[0].store, "run_0")
