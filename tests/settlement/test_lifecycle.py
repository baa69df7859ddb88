"""The life of an instruction: every pair of state and fact, and what no order of facts may do."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import ImpossibleTransition
from settlement.lifecycle import TABLE, Fact, State, apply, state_of

_ENDS = {
    Fact.SETTLED: {State.SETTLED},
    Fact.VOIDED: {State.REJECTED, State.CANCELLED},
    Fact.CANCELLED: {State.CANCELLED},
    Fact.EXPIRED: {State.EXPIRED},
}
_ATTEMPTS = (Fact.SIGNED, Fact.REVERTED, Fact.STALLED, Fact.REFUSED)
_facts = st.lists(st.sampled_from(Fact), max_size=12)


@pytest.mark.parametrize(("state", "fact"), list(product(State, Fact)))
def test_every_pair(state: State, fact: Fact) -> None:
    """Each pair leads to the state in the table, or is impossible and says so."""
    expected = TABLE.get((state, fact))
    if expected is None:
        with pytest.raises(ImpossibleTransition, match=f"{state} can't be {fact}"):
            apply(state, fact)
    else:
        assert expected == apply(state, fact)


@pytest.mark.parametrize("state", [state for state in State if state.final])
@pytest.mark.parametrize("fact", _ATTEMPTS)
def test_end_is_for_ever(state: State, fact: Fact) -> None:
    """An attempt that comes to something after the end changes nothing."""
    assert state == apply(state, fact)


@pytest.mark.parametrize("state", [state for state in State if state.final])
@pytest.mark.parametrize("fact", list(_ENDS))
def test_ends_once(state: State, fact: Fact) -> None:
    """A second end is a broken rule, even the same one again."""
    with pytest.raises(ImpossibleTransition):
        apply(state, fact)


@pytest.mark.parametrize("state", [state for state in State if not state.final])
def test_whatever_is_not_final_can_be_ended(state: State) -> None:
    """Every state without an end can be brought to one: its sequence burnt, or it is cancelled (R2)."""
    end = Fact.CANCELLED if state.waits else Fact.VOIDED
    assert apply(state, end) in _ENDS[end]


@pytest.mark.parametrize("state", [state for state in State if state.waits])
def test_what_waits_on_chain_is_not_voided(state: State) -> None:
    """Its sequence is used, so a void of it contradicts the chain: nobody claims either."""
    with pytest.raises(ImpossibleTransition):
        apply(state, Fact.VOIDED)


@pytest.mark.parametrize("state", [state for state in State if state.waits])
@pytest.mark.parametrize("fact", _ATTEMPTS)
def test_what_waits_on_chain_is_known(state: State, fact: Fact) -> None:
    """No age, and no attempt that fails, makes it unknown or anything else: the chain has it."""
    assert state == apply(state, fact)


@pytest.mark.parametrize("state", [state for state in State if state.final])
@pytest.mark.parametrize("fact", [Fact.PROPOSED, Fact.QUEUED, Fact.HELD, Fact.RELEASED])
def test_nothing_waits_after_its_end(state: State, fact: Fact) -> None:
    """What has ended does not come back."""
    with pytest.raises(ImpossibleTransition):
        apply(state, fact)


@pytest.mark.parametrize("state", [state for state in State if not state.final])
def test_chain_has_the_last_word(state: State) -> None:
    """What the queue says of it is so, whatever was known before."""
    assert State.QUEUED == apply(state, Fact.QUEUED) == apply(state, Fact.RELEASED)
    assert State.HELD == apply(state, Fact.HELD)
    assert State.PROPOSED == apply(state, Fact.PROPOSED)


@given(_facts)
def test_only_an_end_ends(facts: list[Fact]) -> None:
    """A final state has its fact among the facts, and no other fact leads to one (R3)."""
    try:
        state = state_of(facts)
    except ImpossibleTransition:
        return
    ends = [fact for fact in facts if fact in _ENDS]
    assert state.final == bool(ends)
    if ends:
        assert [state in _ENDS[fact] for fact in ends] == [True]


@given(_facts)
def test_rejected_needs_a_refusal(facts: list[Fact]) -> None:
    """Rejected says that the chain refused it first; without that a voided one is cancelled."""
    try:
        state = state_of([*facts, Fact.VOIDED])
    except ImpossibleTransition:
        return
    if state is State.REJECTED:
        assert Fact.REFUSED in facts


def test_shown_words() -> None:
    """A refused one is shown as submitted until its sequence is burnt, a proposed one by its word."""
    other = {State.REFUSED: "submitted", State.PROPOSED: "awaiting_approval"}
    assert {state: state.shown for state in State} == {
        state: other.get(state, state.value) for state in State
    }
