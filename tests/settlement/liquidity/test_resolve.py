"""The portfolio: valid, optimal where it can be known, never worse than the baseline, with a bound that
holds.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.services.highs import Highs
from settlement.errors import InvalidQueue
from settlement.liquidity.heuristics import drop_last
from settlement.liquidity.limits import WorkLimits
from settlement.liquidity.program import program_of
from settlement.liquidity.queue import Account, Payment, Queue
from settlement.liquidity.queue_file import read_queue
from settlement.liquidity.resolve import Resolution, resolve
from settlement.liquidity.rule import Positions
from tests.settlement.liquidity.queues import queues, valid_sets

# All that larger queues go through, for queues that all sets of can be tried.
_TRANCHES = WorkLimits(exact_payments_max=0, tranche=3)
_DIVES = WorkLimits(exact_payments_max=0, searched_payments_max=0)


def _positions(queue: Queue, found: Resolution) -> Positions:
    places = {payment.id: place for place, payment in enumerate(queue.payments)}
    return Positions(queue, (places[each] for each in found.settled))


@settings(deadline=None)
@given(queue=queues())
def test_small_queues_are_resolved_exactly(queue: Queue) -> None:
    """Of a small queue the best set by urgent value, value and count is found, and proven."""
    best = max(valid_sets(queue), key=Positions.measure)

    found = resolve(queue, Highs())

    positions = _positions(queue, found)
    assert {} == positions.breaches()
    assert best.measure() == positions.measure()
    assert (best.measure()[1], found.balances) == (found.value, positions.balances())
    assert found.value == found.bound


@settings(deadline=None)
@given(queue=queues(), limits=st.sampled_from([_TRANCHES, _DIVES]))
def test_larger_queues_get_valid_sets_and_true_bounds(queue: Queue, limits: WorkLimits) -> None:
    """Relax and fix, and dives, give a valid set, none worse than drop-last; no set with as much urgent
    value is above the bound.
    """
    found = resolve(queue, Highs(), limits)

    positions = _positions(queue, found)
    urgent = positions.measure()[0]
    assert {} == positions.breaches()
    assert positions.measure() >= drop_last(queue).measure()
    values = [each.measure()[1] for each in valid_sets(queue) if each.measure()[0] >= urgent]
    assert found.value <= max(values) <= found.bound


@given(queue=queues(), data=st.data())
def test_any_multipliers_bound_every_set(queue: Queue, data: st.DataObject) -> None:
    """Whatever multipliers the rows get, no valid set is worth more than what follows of them."""
    positions = Positions(queue)
    program = program_of(positions, positions.amounts)
    one = st.floats(min_value=0, max_value=3)
    bound = program.bound([data.draw(one) for _ in program.rows])

    assert max(each.measure()[1] for each in valid_sets(queue)) <= bound


def test_without_an_optimiser_heuristics_remain() -> None:
    """Without an optimiser a gridlock is resolved by what needs none, and the bound is the queued value."""
    accounts = tuple(Account(participant=name, balance=0) for name in "ABC")
    cycle = tuple(
        Payment(id=f"{payer}{payee}", payer=payer, payee=payee, amount=100)
        for payer, payee in ("AB", "BC", "CA")
    )
    found = resolve(Queue(asset="USD", accounts=accounts, payments=cycle))

    assert (("AB", "BC", "CA"), 300, 300, "drop-last") == (
        found.settled,
        found.value,
        found.bound,
        found.method,
    )


@pytest.mark.parametrize("limits", [WorkLimits(), _DIVES])
def test_same_input_same_answer(limits: WorkLimits) -> None:
    """A run is repeated to the same set, bound and work, also after another one in the same process."""
    from scripts.benches.liquidity import synthetic

    queue = synthetic(12, 400, 5, 1)
    first = resolve(queue, Highs(), limits)
    resolve(synthetic(8, 40, 5, 2), Highs(), limits)

    assert first == resolve(queue, Highs(), limits)
    assert first.value > resolve(queue).value


def _cases(shared_data: Path) -> list[dict[str, Any]]:
    found = shared_data / "ubin_cases.json"
    if not found.exists():
        pytest.skip(f"{found.name} is not on this machine")
    cases: list[dict[str, Any]] = json.loads(found.read_text())["cases"]
    return cases


def test_published_cases_are_resolved_to_the_optimum(shared_data: Path) -> None:
    """Of Project Ubin's cases the optimum settles, proven, and never less than the best of its three
    prototypes.
    """
    for case in _cases(shared_data):
        queue = read_queue(json.dumps(case).encode())

        found = resolve(queue, Highs())

        assert case["optimal_value"] == found.value == found.bound
        assert found.value >= max(case["published_value"].values())
        assert {} == _positions(queue, found).breaches()


@pytest.mark.parametrize(
    ("payment", "param"),
    [
        (Payment(id="T", payer="A", payee="A", amount=1), "payee"),
        (Payment(id="T", payer="A", payee="C", amount=1), "payee"),
        (Payment(id="T", payer="A", payee="B", amount=0), "amount"),
        (Payment(id="T", payer="A", payee="B", amount=2**63), "amount"),
    ],
)
def test_impossible_queues_are_refused(payment: Payment, param: str) -> None:
    """What no ledger has is refused by name."""
    accounts = tuple(Account(participant=name, balance=0) for name in "AB")
    with pytest.raises(InvalidQueue) as refused:
        resolve(Queue(asset="USD", accounts=accounts, payments=(payment,)))

    assert param == refused.value.param
