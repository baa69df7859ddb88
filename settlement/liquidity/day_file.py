"""A day as JSON, like a queue file: read strictly, and what a scenario made of it written.

`{"asset": "USD", "opens_at": 0, "closes_at": 86400, "accounts": [{"participant": "A", "balance": "300"}],
"payments": [{"id": "T1", "from": "A", "to": "B", "amount": "500", "priority": "NORM", "at": 36000}]}`;
amounts as text of minor units, times in seconds.
"""

from typing import Any

from settlement.errors import InvalidQueue
from settlement.evidence.files import minor_units, read_json, require_fields, whole
from settlement.liquidity.day import ACCOUNTS_MAX, EVENTS_MAX, Day, DayEvent, LineSet, Sent
from settlement.liquidity.need import Need
from settlement.liquidity.queue_file import (
    QUEUE_BYTES_MAX,
    read_account,
    read_each,
    read_name,
    read_payment,
)
from settlement.liquidity.stress import Standing, Stress

_FIELDS = ("asset", "opens_at", "closes_at", "accounts", "payments")


def read_day(content: bytes) -> Day:
    """Return the day of a file; raise `InvalidQueue`.

    `lines`, each `{"at", "participant", "reserve", "credit"}`, may be left out. Of one time a line counts
    before a payment, payments in the order of the file.
    """
    found = {"lines": [], **read_json(content, bytes_max=QUEUE_BYTES_MAX, refused=InvalidQueue)}
    require_fields(found, (*_FIELDS, "lines"), refused=InvalidQueue)
    events: list[DayEvent] = [
        *read_each(found, "lines", _line, count_max=EVENTS_MAX),
        *read_each(found, "payments", _sent, count_max=EVENTS_MAX),
    ]
    day = Day(
        asset=read_name(found, "asset"),
        opens_at=whole(found, "opens_at", refused=InvalidQueue),
        closes_at=whole(found, "closes_at", refused=InvalidQueue),
        accounts=read_each(found, "accounts", read_account, count_max=ACCOUNTS_MAX),
        events=tuple(sorted(events, key=lambda event: event.at)),
    )
    day.validate()
    return day


def stress_fields(found: Stress) -> dict[str, Any]:
    """Return what was found as JSON has it: amounts as text of minor units, times in seconds."""
    settled_at = {each: step.at for step in found.replay.steps for each in step.settled}
    return {
        "asset": found.day.asset,
        "participants": [_standing_fields(each) for each in found.standings],
        "need": _need_fields(found.need),
        "quantiles": None if found.quantiles is None else _need_fields(found.quantiles),
        "settled": [
            {"id": each.payment.id, "sent_at": each.at, "settled_at": settled_at[each.payment.id]}
            for each in found.day.sent
            if each.payment.id in settled_at
        ],
        "left": [payment.id for payment in found.replay.left],
        "cancelled": list(found.replay.cancelled),
        "unsent": list(found.unsent),
    }


def _standing_fields(standing: Standing) -> dict[str, Any]:
    amounts = ("opening", "credit", "sent", "settled", "received", "closing", "lowest", "left", "short")
    return {
        "participant": standing.participant,
        **{name: str(getattr(standing, name)) for name in amounts},
        "left_count": standing.left_count,
        "need": _need_fields(standing.need),
        "quantiles": None if standing.quantiles is None else _need_fields(standing.quantiles),
    }


def _need_fields(need: Need) -> dict[str, str]:
    return {"at_once": str(need.at_once), "least": str(need.least)}


def _sent(entry: dict[str, Any]) -> Sent:
    if "at" not in entry:
        raise InvalidQueue("a payment has no 'at', the time at which it came", param="at")
    payment = read_payment({name: value for name, value in entry.items() if name != "at"})
    return Sent(at=whole(entry, "at", refused=InvalidQueue), payment=payment)


def _line(entry: dict[str, Any]) -> LineSet:
    require_fields(entry, ("at", "participant", "reserve", "credit"), refused=InvalidQueue)
    return LineSet(
        at=whole(entry, "at", refused=InvalidQueue),
        participant=read_name(entry, "participant"),
        reserve=minor_units(entry, "reserve", refused=InvalidQueue),
        credit=minor_units(entry, "credit", refused=InvalidQueue),
    )
