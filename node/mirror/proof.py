"""The ledger held against itself: every entry in balance, every running balance without a gap (R5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select

from node.mirror.ledger import Place
from node.store.tables import balances, postings
from settlement.posting import Bucket

_PLACE = (postings.c.asset, postings.c.participant, postings.c.bucket)
_ORDER = (postings.c.height, postings.c.log_index, postings.c.line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbalanced:
    """The postings of one event in one asset, and what they sum to instead of 0."""

    height: int
    log_index: int
    asset: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A balance that does not follow: what the postings make it, and what is written.

    `height` and `log_index` are None where the balances table is at odds with the last posting.
    """

    place: Place
    height: int | None
    log_index: int | None
    expected: int
    found: int


def unbalanced(connection: Connection, limit: int) -> list[Unbalanced]:
    """Return the entries that do not sum to zero, at most `limit`."""
    total = func.sum(postings.c.amount)
    query = (
        select(postings.c.height, postings.c.log_index, postings.c.asset, total.label("total"))
        .group_by(postings.c.height, postings.c.log_index, postings.c.asset)
        .having(total != 0)
        .order_by(postings.c.height, postings.c.log_index)
        .limit(limit)
    )
    return [
        Unbalanced(height=row.height, log_index=row.log_index, asset=row.asset, total=int(row.total))
        for row in connection.execute(query)
    ]


def gaps(connection: Connection, limit: int) -> list[Gap]:
    """Return the balances that do not follow from the postings before them, at most `limit`."""
    return [*_gaps_between(connection, limit), *_gaps_at_end(connection)][:limit]


def _gaps_between(connection: Connection, limit: int) -> Iterator[Gap]:
    before = func.coalesce(func.lag(postings.c.balance).over(partition_by=_PLACE, order_by=_ORDER), 0)
    each = select(postings, before.label("before")).subquery()
    query = select(each).where(each.c.balance - each.c.amount != each.c.before).limit(limit)
    for row in connection.execute(query.order_by(each.c.height, each.c.log_index, each.c.line)):
        yield Gap(
            place=_place(row.asset, row.participant, row.bucket),
            height=row.height,
            log_index=row.log_index,
            expected=row.before + row.amount,
            found=row.balance,
        )


def _gaps_at_end(connection: Connection) -> Iterator[Gap]:
    following = func.lead(postings.c.height).over(partition_by=_PLACE, order_by=_ORDER)
    each = select(*_PLACE, postings.c.balance, following.label("following")).subquery()
    last = select(each.c.asset, each.c.participant, each.c.bucket, each.c.balance)
    posted = _by_place(connection, last.where(each.c.following.is_(None)))
    written = _by_place(connection, select(balances))
    for place in sorted({*posted, *written}):
        expected, found = posted.get(place, 0), written.get(place, 0)
        if expected != found:
            yield Gap(place=_place(*place), height=None, log_index=None, expected=expected, found=found)


def _by_place(connection: Connection, query: Select[Any]) -> dict[tuple[int, int, str], int]:
    return {(row.asset, row.participant, row.bucket): row.balance for row in connection.execute(query)}


def _place(asset: int, participant: int, bucket: str) -> Place:
    return Place(asset=asset, participant=participant, bucket=Bucket(bucket))
