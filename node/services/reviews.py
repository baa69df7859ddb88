"""What takes a second person, decided at the door: the bank's own limit, and the chain's total of a day.

Counted so that the chain never counts more: what was taken today, and what was taken before and may only
today have come, or yet come, onto the chain.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from sqlalchemy import Connection, func, or_, select

from node.mirror.thresholds import threshold_of
from node.outbox.rows import IS_UNSENT
from node.services.policies.verdicts import Judged
from node.services.timeline import Entry
from node.store.bulk import insert_rows
from node.store.counters import numbers_taken, take_numbers
from node.store.tables import approvals, instructions, outbox, rejections, reviews, transactions
from settlement.approval import Need, SingleKeyDay

DAY_SECONDS = 86_400
_COLUMNS = ("instruction_id", "need", "entered_by", "created_at")


class Debit(Protocol):
    """An amount (minor units) that a single key might consent to."""

    @property
    def asset(self) -> int:
        """Return the asset's number; a currency's is its central-bank money's."""

    @property
    def amount(self) -> int:
        """Return the minor units."""


def needs(
    connection: Connection,
    items: Sequence[Debit],
    *,
    payer: int,
    limits: Mapping[int, int],
    judged: Sequence[Judged],
    at: int,
) -> list[Need | None]:
    """Tell of each item, in order, why it takes a second person, and count those that take none.

    The caller holds the series of sequences, so nobody else counts meanwhile. `limits` by asset; `judged` is
    what the bank's rules say of each, or nothing.
    """
    days, found = _gone_through(connection, items, payer=payer, limits=limits, judged=judged, at=at)
    for asset, (counted, day) in days.items():
        take_numbers(connection, _series(asset, at), day.total - counted)
    return found


def foresee(
    connection: Connection,
    items: Sequence[Debit],
    *,
    payer: int,
    limits: Mapping[int, int],
    judged: Sequence[Judged],
    at: int,
) -> list[Need | None]:
    """Tell the same as of now, and count nothing."""
    return _gone_through(connection, items, payer=payer, limits=limits, judged=judged, at=at)[1]


def _gone_through(
    connection: Connection,
    items: Sequence[Debit],
    *,
    payer: int,
    limits: Mapping[int, int],
    judged: Sequence[Judged],
    at: int,
) -> tuple[dict[int, tuple[int, SingleKeyDay]], list[Need | None]]:
    """Return what was counted of each asset's day with the day after all items; and why each takes two."""
    days = {
        asset: _day(connection, asset, payer=payer, limits=limits, at=at)
        for asset in {item.asset for item in items}
    }
    # What a rule has a second person asked for takes nothing of the day: it comes with two keys.
    asked = [each.verdict.outcome.need for each in judged] or [None] * len(items)
    return days, [
        by_rule or days[item.asset][1].need(item.amount) for item, by_rule in zip(items, asked, strict=True)
    ]


def write_reviews(
    connection: Connection, waiting: Mapping[str, Need], *, entered_by: Mapping[str, str], at: int
) -> None:
    """Write why these instructions wait, and the name of who entered each."""
    rows = [(identifier, need.value, entered_by[identifier], at) for identifier, need in waiting.items()]
    insert_rows(connection, reviews, _COLUMNS, rows)


def answers_of(connection: Connection, payment_id: str) -> list[Entry]:
    """Return why an instruction waited for a second person, and what that person said."""
    entries = []
    for table, event in (
        (reviews, "awaiting_approval"),
        (approvals, "approved"),
        (rejections, "disapproved"),
    ):
        query = select(table).where(table.c.instruction_id == payment_id)
        row = connection.execute(query).mappings().one_or_none()
        if row is not None:
            reason, by = ("need", "entered_by") if table is reviews else ("reason", "approver_name")
            entries.append(Entry(event=event, at=row["created_at"], reason=row[reason], by=row[by]))
    return entries


def _day(
    connection: Connection, asset: int, *, payer: int, limits: Mapping[int, int], at: int
) -> tuple[int, SingleKeyDay]:
    counted = numbers_taken(connection, _series(asset, at))
    return counted, SingleKeyDay(
        limit=limits.get(asset),
        # Central-bank money has its currency's number.
        threshold=threshold_of(connection, payer, asset),
        total=counted or _carried_over(connection, asset, at),
    )


def _series(asset: int, at: int) -> str:
    return f"single key {asset} {at // DAY_SECONDS}"


def _carried_over(connection: Connection, asset: int, at: int) -> int:
    """Return the sum of what one key consented to before today and the chain may count today."""
    day_begins = at - at % DAY_SECONDS
    of_it = select(outbox.c.id).where(outbox.c.instruction_id == instructions.c.id)
    under_way = of_it.outerjoin(transactions, transactions.c.id == outbox.c.transaction_id).where(
        or_(
            IS_UNSENT,
            transactions.c.concluded_at >= day_begins,
            outbox.c.transaction_id.is_not(None) & transactions.c.concluded_at.is_(None),
        )
    )
    reviewed = select(reviews.c.instruction_id).where(reviews.c.instruction_id == instructions.c.id)
    amount: int | None = connection.scalar(
        select(func.sum(instructions.c.amount)).where(
            instructions.c.asset == asset,
            instructions.c.created_at < day_begins,
            instructions.c.deadline >= day_begins,
            under_way.exists(),
            ~reviewed.exists(),
        )
    )
    return int(amount or 0)
