"""Two processes of one store whose clocks differ: the fence decides, not the time."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from node.store.session import Store
from node.submitter.submitter import LEASE_SECONDS
from tests.clocks import SetClock
from tests.simulation.world import world

_FUNDS = 10_000


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(
    ahead=st.sampled_from([-(10**5), -LEASE_SECONDS, -1, 1, LEASE_SECONDS, 10**5]),
    steps=st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from([0, 1, 4, 90, -90, 10**4, -(10**4)])), max_size=25
    ),
)
def test_rules_hold_with_two_clocks(
    stores: Callable[[str], Store], ahead: int, steps: list[tuple[int, int]]
) -> None:
    """Two processes whose clocks differ and jump: each may believe itself the writer, nothing is doubled."""
    # Nothing reaches its deadline by either clock: that would rightly end it.
    patient = {"attempts_max": 100, "unknown_after_seconds": 10**6, "deadline_seconds": 10**7}
    made = world(stores("sqlite"), funds=_FUNDS, **patient)
    # By one clock a lease may run that is over by the other.
    made.rules.has_one_clock = False
    other = replace(made, clock=SetClock(made.clock.now() + ahead), sent=made.sent)
    worlds = [made, other]
    submitters = [each.submitter() for each in worlds]
    for number, (who, jump) in enumerate(steps):
        if number % 3 == 0:
            made.accept(1, 2)
        worlds[who].clock.sleep(jump)
        submitters[who].tick()
        made.check()
        if number % 4 == 3:
            made.mine()
    made.clock.timestamp = other.clock.timestamp = (
        max(made.clock.now(), other.clock.now()) + LEASE_SECONDS + 1
    )
    made.run(made.submitter(), rounds=60)
    assert {"settled"} >= set(made.states().values())
    assert made.accepted == len(made.chain.paid)
