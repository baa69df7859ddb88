"""The rules over payments, held to the mirror: each final payment is looked at once, in the chain's order."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, Table, literal, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from node.mirror.head import head
from node.mirror.registry import registered_assets
from node.services.alerts.raised import About
from node.store.tables import alert_progress, blocks, events, postings
from settlement.alerting import Movement, Rules, findings_of
from settlement.posting import Bucket

# How much is looked at in one tick.
EVENTS_MAX = 1_000
# Of an account: no rule looks further back.
HISTORY_MAX = 5_000
_LAST = 2**62
# By these an account pays somebody else.
_PAYING = ("Paid", "Settled")
Place = tuple[int, int]
Account = tuple[int, int]


def place_of(connection: Connection) -> Place | None:
    """Return up to where payments have been looked at; None before the beginning."""
    row = connection.execute(select(alert_progress)).one_or_none()
    return row and (row.height, row.log_index)


def set_place(connection: Connection, place: Place) -> None:
    """Remember up to where payments have been looked at."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    values = {"height": place[0], "log_index": place[1]}
    connection.execute(
        dialect.insert(alert_progress)
        .values(id=1, **values)
        .on_conflict_do_update(index_elements=["id"], set_=values)
    )


def end_of_block(height: int) -> Place:
    """Return the place behind everything of a block."""
    return height, _LAST


def look(connection: Connection, rules: Rules, *, own: int, after: Place) -> tuple[list[About], Place]:
    """Return what the rules say of the next payments behind a place, and up to where that is.

    Looked at are the accounts of this node's bank, and all accounts of what it issues.
    """
    found = head(connection)
    if found is None or found.height < after[0]:
        return [], after
    behind = select(events.c.height, events.c.log_index).where(_behind(events, after))
    ordered = behind.order_by(events.c.height, events.c.log_index)
    row = connection.execute(ordered.limit(1).offset(EVENTS_MAX - 1)).one_or_none()
    until = end_of_block(found.height) if row is None else (row.height, row.log_index)
    issued = [asset.id for asset in registered_assets(connection) if asset.issuer == own]
    mine = (postings.c.participant == own) | postings.c.asset.in_(issued)
    query = _movements().where(mine, _behind(postings, after), _until(postings, until))
    pages: defaultdict[Account, list[Movement]] = defaultdict(list)
    for each in connection.execute(_in_order(query)).mappings():
        pages[each["asset"], each["participant"]].append(_movement(each))
    about = [
        each
        for account, page in pages.items()
        for each in _of_account(connection, rules, account, page, before=after)
    ]
    return about, until


def _of_account(
    connection: Connection, rules: Rules, account: Account, page: Sequence[Movement], *, before: Place
) -> Iterator[About]:
    if not any(movement.amount < 0 for movement in page):
        return
    asset, participant = account
    history = _history(connection, account, before)
    name = f"account {asset} of participant {participant}"
    for movement in page:
        for finding in findings_of(rules, name, history, movement):
            yield About(finding=finding, asset=asset, participant=participant)
        history.append(movement)


def _history(connection: Connection, account: Account, until: Place) -> list[Movement]:
    asset, participant = account
    query = _movements().where(
        postings.c.asset == asset, postings.c.participant == participant, _until(postings, until)
    )
    newest = query.order_by(
        postings.c.height.desc(), postings.c.log_index.desc(), postings.c.line.desc()
    ).limit(HISTORY_MAX)
    return [_movement(row) for row in connection.execute(newest).mappings()][::-1]


def _movements() -> Select[Any]:
    return (
        select(postings, blocks.c.timestamp)
        .join(blocks, blocks.c.height == postings.c.height)
        .join(events, (events.c.height == postings.c.height) & (events.c.log_index == postings.c.log_index))
        .where(postings.c.bucket == Bucket.AVAILABLE.value, events.c.name.in_(_PAYING))
    )


def _in_order(query: Select[Any]) -> Select[Any]:
    return query.order_by(postings.c.height, postings.c.log_index, postings.c.line)


def _movement(row: RowMapping) -> Movement:
    return Movement(
        place=f"{row['height']}-{row['log_index']}.{row['line']}",
        at=row["timestamp"],
        counterparty=row["counterparty"],
        amount=row["amount"],
    )


def _behind(table: Table, start: Place) -> ColumnElement[bool]:
    place = tuple_(table.c.height, table.c.log_index)
    return (table.c.height >= start[0]) & (place > tuple_(literal(start[0]), literal(start[1])))


def _until(table: Table, end: Place) -> ColumnElement[bool]:
    place = tuple_(table.c.height, table.c.log_index)
    return (table.c.height <= end[0]) & (place <= tuple_(literal(end[0]), literal(end[1])))
