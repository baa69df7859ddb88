"""When a second person is needed, and what that person's key signs."""

from hypothesis import given
from hypothesis import strategies as st

from settlement.approval import LONGEST_SECONDS, Need, SingleKeyDay, approval_deadline

_amounts = st.integers(1, 2**63 - 1)


@given(
    limit=st.none() | st.integers(0, 2**63 - 1),
    threshold=st.integers(0, 2**63 - 1),
    amounts=st.lists(_amounts | st.integers(1, 100)),
)
def test_single_keys_stay_within_the_threshold(limit: int | None, threshold: int, amounts: list[int]) -> None:
    """However a sum is split, what one person may do alone on a day never goes above the threshold."""
    day = SingleKeyDay(limit=limit, threshold=threshold, total=0)
    alone = [amount for amount in amounts if day.need(amount) is None]
    assert sum(alone) == day.total <= threshold
    assert all(limit is None or amount <= limit for amount in alone)


@given(limit=_amounts, amount=_amounts)
def test_above_the_limit_always_takes_two(limit: int, amount: int) -> None:
    """An amount above the bank's own limit waits whatever the chain's threshold is, and counts nothing."""
    day = SingleKeyDay(limit=limit, threshold=2**63 - 1, total=0)
    assert (day.need(amount) is Need.ABOVE_LIMIT) == (amount > limit)
    assert day.total == (0 if amount > limit else amount)


@given(now=st.integers(0, 2**40), ahead=st.integers(0, 31 * 86_400))
def test_approval_ends_with_its_instruction(now: int, ahead: int) -> None:
    """An approval counts no longer than its instruction, and less than the week that the chain allows."""
    deadline = approval_deadline(now=now, deadline=now + ahead)
    assert deadline <= now + ahead
    assert deadline - now <= LONGEST_SECONDS < 7 * 86_400
