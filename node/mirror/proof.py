"""The ledger held against itself: every entry in balance, every running balance without a gap (R5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, FromClause, ScalarSelect, and_, func, select, union

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


def unbalanced(connection: Connection, limit: int, *, above: int) -> list[Unbalanced]:
    """Return the entries above a height (-1: all) that do not sum to zero, at most `limit`."""
    total = func.sum(postings.c.amount)
    query = (
        select(postings.c.height, postings.c.log_index, postings.c.asset, total.label("total"))
        .where(postings.c.height > above)
        .group_by(postings.c.height, postings.c.log_index, postings.c.asset)
        .having(total != 0)
        .order_by(postings.c.height, postings.c.log_index)
        .limit(limit)
    )
    return [
        Unbalanced(height=row.height, log_index=row.log_index, asset=row.asset, total=int(row.total))
        for row in connection.execute(query)
    ]


def gaps(connection: Connection, limit: int, *, above: int) -> list[Gap]:
    """Return the balances that do not follow from the postings before them, at most `limit`.

    Of the postings above a height (-1: all); the balances table is held against each place's last posting.
    """
    return [*_gaps_between(connection, limit, above), *_gaps_at_end(connection, above)][:limit]


def _gaps_between(connection: Connection, limit: int, above: int) -> Iterator[Gap]:
    newer = postings.alias("newer")
    place = [newer.c[column.name] for column in _PLACE]
    order = [newer.c[column.name] for column in _ORDER]
    previous = func.lag(newer.c.balance).over(partition_by=place, order_by=order)
    before = func.coalesce(previous, _last_balance(newer, until=above), 0)
    each = select(newer, before.label("before")).where(newer.c.height > above).subquery()
    query = select(each).where(each.c.balance - each.c.amount != each.c.before).limit(limit)
    for row in connection.execute(query.order_by(each.c.height, each.c.log_index, each.c.line)):
        yield Gap(
            place=_place(row.asset, row.participant, row.bucket),
            height=row.height,
            log_index=row.log_index,
            expected=row.before + row.amount,
            found=row.balance,
        )


def _gaps_at_end(connection: Connection, above: int) -> Iterator[Gap]:
    posted = select(*_PLACE).where(postings.c.height > above)
    written = select(*(balances.c[column.name] for column in _PLACE))
    place = union(posted, written).subquery()
    same = [place.c[column.name] == balances.c[column.name] for column in _PLACE]
    found = func.coalesce(balances.c.balance, 0)
    expected = func.coalesce(_last_balance(place), 0)
    each = select(place, expected.label("expected"), found.label("found"))
    joined = each.select_from(place.outerjoin(balances, and_(*same))).subquery()
    query = select(joined).where(joined.c.expected != joined.c.found)
    for row in connection.execute(query.order_by(*(joined.c[column.name] for column in _PLACE))):
        yield Gap(
            place=_place(row.asset, row.participant, row.bucket),
            height=None,
            log_index=None,
            expected=row.expected,
            found=row.found,
        )


def _last_balance(place: FromClause, until: int | None = None) -> ScalarSelect[Any]:
    """Return the balance of a row's place after its last posting, up to a height where one is given."""
    query = select(postings.c.balance).where(*(column == place.c[column.name] for column in _PLACE))
    if until is not None:
        query = query.where(postings.c.height <= until)
    return query.order_by(*(column.desc() for column in _ORDER)).limit(1).scalar_subquery()


def _place(asset: int, participant: int, bucket: str) -> Place:
    return Place(asset=asset, participant=participant, bucket=Bucket(bucket))
