"""Random days: several submitters, crashes, lost answers, lost pools, late clocks; the rules hold."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from node.errors import ChainUnavailable
from node.store.session import Store
from node.submitter.submitter import LEASE_SECONDS
from tests.clocks import SetClock
from tests.node.submitter.faults import Crash, Faults
from tests.node.submitter.world import World, world

_FUNDS = 10_000
_ERRORS = st.sampled_from([Crash, ChainUnavailable])
_PLANS = st.dictionaries(st.integers(0, 120), _ERRORS, max_size=6)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("tick"), st.integers(0, 1)),
        st.tuples(st.just("crash"), st.integers(0, 1)),
        st.tuples(st.just("accept"), st.integers(1, 4)),
        st.tuples(st.sampled_from(["mine", "drop", "break", "mend"]), st.just(0)),
        st.tuples(st.just("sleep"), st.sampled_from([1, 3, LEASE_SECONDS + 1, 90, -90, 10**4])),
    ),
    max_size=30,
)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(steps=_STEPS, plans=st.tuples(_PLANS, _PLANS))
def test_rules_hold_in_any_order(
    stores: Callable[[str], Store],
    steps: list[tuple[str, int]],
    plans: tuple[dict[int, type[Exception]], dict[int, type[Exception]]],
) -> None:
    """Whatever happens in whatever order, each rule holds after each step, and in the end all is decided."""
    made = world(stores("sqlite"), funds=_FUNDS, attempts_max=100, unknown_after_seconds=10**6)
    faults = [Faults(dict(plan)) for plan in plans]
    submitters = [made.submitter(each) for each in faults]
    amounts = iter([5, 20_000, 7, 1] * 100)
    for what, argument in steps:
        if what == "tick":
            try:
                submitters[argument].tick()
            except ChainUnavailable:
                pass
            except Crash:
                submitters[argument] = made.submitter(faults[argument])
        elif what == "crash":
            submitters[argument] = made.submitter(faults[argument])
        elif what == "accept":
            made.accept(*(next(amounts) for _ in range(argument)))
        else:
            _happen(made, what, argument)
        made.check()
    made.chain.broken = False
    made.clock.sleep(LEASE_SECONDS + 1)
    made.run(made.submitter(), rounds=100)
    assert set(Counter(made.states().values())) <= {"settled", "rejected"}
    assert made.accepted == len(made.payments())


def _happen(made: World, what: str, seconds: int) -> None:
    if what == "mine":
        made.mine()
    elif what == "drop":
        made.chain.drop_pool()
    elif what == "sleep":
        made.clock.sleep(seconds)
    else:
        made.chain.broken = what == "break"


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
    made = world(stores("sqlite"), funds=_FUNDS, attempts_max=100, unknown_after_seconds=10**6)
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
