"""Intraday liquidity: what an account had at the start of a day, how deep it went, and when it paid.

The measures are those of BCBS 248, "Monitoring tools for intraday liquidity management" (2013), for a
bank that settles directly: A(i) daily maximum use, A(ii) available at the start, A(iii) gross payments,
C(i) throughput. A day is a UTC day; issues and redemptions are funding, not payments.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from settlement.export import Column, Export, Kind
from settlement.money import Currency, decimal_text
from settlement.statement import Entry, Statement
from settlement.statement_table import moment

HOURS = 24
# The three days that the standard asks for.
_EXTREMES = 3
FUNDING = frozenset({"Issued", "RedemptionRequested", "RedemptionRefused", "RedemptionWithdrawn"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidityDay:
    """One account on one UTC day, in minor units.

    `use_max` is how far payments made exceeded payments received at the worst moment, `surplus_max` the
    other way round; both are never negative. `available` at the start is opening and credit line together,
    `sent_by_hour` the value sent until the end of each hour.
    """

    day: date
    opening: int
    credit: int
    available: int
    use_max: int
    surplus_max: int
    sent: int
    sent_count: int
    received: int
    received_count: int
    lowest: int
    closing: int
    sent_by_hour: tuple[int, ...]


def liquidity_days(statement: Statement, credit: Mapping[date, int]) -> tuple[LiquidityDay, ...]:
    """Return each UTC day of a statement; `credit`: the line at the start of a day (none: 0)."""
    by_day: dict[date, list[Entry]] = {}
    for entry in statement.entries:
        by_day.setdefault(_day(entry.booked_at), []).append(entry)
    found, balance = [], statement.opening
    first, last = _day(statement.from_time), _day(statement.to_time)
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        found.append(_liquidity(day, balance, credit.get(day, 0), by_day.get(day, [])))
        balance = found[-1].closing
    return tuple(found)


def liquidity_report(statement: Statement, credit: Mapping[date, int]) -> Export:
    """Return the liquidity report: a day a row, and as totals the measures of the whole period."""
    days, money = liquidity_days(statement, credit), statement.currency
    amounts = ("opening", "credit", "available", "use_max", "surplus_max", "sent", "received", "lowest")
    columns = (
        Column(name="day"),
        *(Column(name=name, kind=Kind.AMOUNT) for name in (*amounts, "closing")),
        *(Column(name=name, kind=Kind.COUNT) for name in ("sent_count", "received_count")),
        *(Column(name=f"sent_until_{hour + 1:02}h_percent", kind=Kind.AMOUNT) for hour in range(HOURS)),
    )
    return Export(
        title="intraday liquidity",
        filters={
            "account": statement.account,
            "currency": money.code,
            "from": moment(statement.from_time),
            "to": moment(statement.to_time),
        },
        height=statement.height,
        verification=statement.verification,
        columns=columns,
        rows=tuple(
            (
                day.day.isoformat(),
                *(decimal_text(getattr(day, name), money) for name in (*amounts, "closing")),
                day.sent_count,
                day.received_count,
                *(_percent(until, day.sent) for until in day.sent_by_hour),
            )
            for day in days
        ),
        totals=_measures(days, money),
    )


def _liquidity(day: date, opening: int, credit: int, entries: Sequence[Entry]) -> LiquidityDay:
    net = lowest_net = highest_net = 0
    sent = [0] * HOURS
    payments = [entry for entry in entries if entry.event not in FUNDING]
    for entry in payments:
        net += entry.amount
        lowest_net, highest_net = min(lowest_net, net), max(highest_net, net)
        if entry.amount < 0:
            sent[datetime.fromtimestamp(entry.booked_at, UTC).hour] -= entry.amount
    outs, ins = ([entry for entry in payments if (entry.amount < 0) is out] for out in (True, False))
    return LiquidityDay(
        day=day,
        opening=opening,
        credit=credit,
        available=opening + credit,
        use_max=-lowest_net,
        surplus_max=highest_net,
        sent=sum(sent),
        sent_count=len(outs),
        received=sum(entry.amount for entry in ins),
        received_count=len(ins),
        lowest=min([opening, *(entry.balance for entry in entries)]),
        closing=entries[-1].balance if entries else opening,
        sent_by_hour=tuple(sum(sent[: hour + 1]) for hour in range(HOURS)),
    )


def _measures(days: Sequence[LiquidityDay], money: Currency) -> dict[str, str]:
    """Return the control totals, then of each measure its extreme days and its average (rounded down)."""
    told = {
        "sent": decimal_text(sum(day.sent for day in days), money),
        "received": decimal_text(sum(day.received for day in days), money),
    }
    for name, label, largest in (
        ("use_max", "A(i) largest use", True),
        ("surplus_max", "A(i) largest surplus", True),
        ("available", "A(ii) smallest available at start", False),
        ("sent", "A(iii) largest sent", True),
        ("received", "A(iii) largest received", True),
    ):
        values = sorted((getattr(day, name) for day in days), reverse=largest)
        for place, value in enumerate(values[:_EXTREMES], 1):
            told[f"{label} {place}"] = decimal_text(value, money)
        average = label.replace("largest", "average").replace("smallest", "average")
        told[average] = decimal_text(sum(values) // len(values), money)
    busy = [day for day in days if day.sent]
    for hour in range(HOURS):
        shares = [1000 * day.sent_by_hour[hour] // day.sent for day in busy]
        told[f"C(i) average sent until {hour + 1:02}h, percent"] = (
            _tenths(sum(shares) // len(shares)) if shares else "0.0"
        )
    return told


def _percent(part: int, whole: int) -> str:
    return _tenths(1000 * part // whole) if whole else "0.0"


def _tenths(value: int) -> str:
    return f"{value // 10}.{value % 10}"


def _day(seconds: int) -> date:
    return datetime.fromtimestamp(seconds, UTC).date()
