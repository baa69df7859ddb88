"""When an instruction may settle: from its earliest time to its deadline, on its value date."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from node.clock import time_text
from node.errors import DeadlineRefused, ValueDateRefused

DEADLINE_SECONDS_MAX = 31 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """`not_before` and `deadline`: its first and last UTC second, 0 is no first; `value_date`: ISO 8601."""

    not_before: int
    deadline: int
    value_date: str


def times_of(
    *,
    not_before: int | None,
    deadline: int | None,
    value_date: str | None,
    queue: bool | None,
    now: int,
    seconds: int,
) -> Times:
    """Return when a request may settle, from what it says; without a deadline for `seconds`.

    Raise `DeadlineRefused`, `ValueDateRefused`.
    """
    if not_before is None or not_before <= now:
        not_before = 0
    elif queue is False:
        raise DeadlineRefused(
            "what may not settle yet is in the queue until then: leave `queue` out", param="not_before"
        )
    elif not_before - now > DEADLINE_SECONDS_MAX:
        days = DEADLINE_SECONDS_MAX // 86_400
        raise DeadlineRefused(f"its earliest time is more than {days} days ahead", param="not_before")
    begins = max(now, not_before)
    if deadline is not None and now <= deadline < begins:
        raise DeadlineRefused(
            f"the deadline {time_text(deadline)} is before its earliest time {time_text(begins)}",
            param="deadline",
        )
    return Times(
        not_before=not_before,
        deadline=deadline_of(deadline, now=now, seconds=begins - now + seconds),
        value_date=_value_date(value_date, datetime.fromtimestamp(begins, UTC).date().isoformat()),
    )


def deadline_of(given: int | None, *, now: int, seconds: int) -> int:
    """Return a request's deadline (UTC seconds): without one, `seconds` from now. Raise `DeadlineRefused`."""
    if given is None:
        return now + seconds
    if given < now:
        raise DeadlineRefused(
            f"the deadline {time_text(given)} is past; it is {time_text(now)}", param="deadline"
        )
    if given - now > DEADLINE_SECONDS_MAX:
        days = DEADLINE_SECONDS_MAX // 86_400
        raise DeadlineRefused(f"the deadline is more than {days} days ahead", param="deadline")
    return given


def _value_date(text: str | None, expected: str) -> str:
    """Return the date on which it settles, if a request says no other."""
    if text is None or text == expected:
        return expected
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueDateRefused(f"{text!r} is not an ISO 8601 date", param="value_date") from None
    raise ValueDateRefused(
        f"the value date is {text}, it would settle on {expected} (UTC): send it on its date, or say with it "
        "from when it may settle",
        param="value_date",
    )
