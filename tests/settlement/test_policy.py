"""What a bank's rules add up to."""

from itertools import permutations

import pytest

from settlement.policy import SILENT, Outcome, Verdict, strictest

_ORDER = [Outcome.ALLOW, Outcome.NEEDS_APPROVAL, Outcome.HOLD, Outcome.REFUSE]


def _verdict(outcome: Outcome) -> Verdict:
    return Verdict(outcome=outcome, rule=outcome.value, version=1, why="because")


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_strictest_wins(count: int) -> None:
    """The strictest outcome wins, in whatever order the rules are asked."""
    for some in permutations(_ORDER, count):
        expected = max(some, key=_ORDER.index)
        assert expected == strictest(_verdict(outcome) for outcome in some).outcome


def test_silence_allows() -> None:
    """Where no rule is true of a payment, it goes as it would without rules."""
    assert SILENT == strictest([])
    assert Outcome.ALLOW == SILENT.outcome


def test_needs_ask_a_second_person() -> None:
    """What needs approval or is held waits for a second person; the rest does not."""
    assert [None, "PolicyApproval", "PolicyHold", None] == [outcome.need for outcome in _ORDER]
