"""The feed: what happened to this node's instructions and accounts, in one order, for whoever listens.

An entry is told once and never changes; who reads knows its place by the entry's id, which is the cursor.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import orjson
from sqlalchemy import ColumnElement, Connection, RowMapping, delete, func, select

from node.clock import time_text
from node.errors import CursorGone
from node.services.filters import InvalidCursor
from node.services.identifiers import number_of, numbered_id
from node.store.bulk import insert_rows, upsert_rows
from node.store.counters import numbers_taken, take_numbers
from node.store.tables import feed, feed_sources
from settlement.document import Json

PAGE_ENTRIES_MAX = 500
# Who wants rare entries only is not looked for further than this at once.
SCANNED_MAX = 10_000
PRUNED_MAX = 10_000
_PREFIX, _SERIES = "evt", "feed"
_DIGEST_BYTES = 8
_COLUMNS = ("position", "digest", "type", "asset", "told_at", "body")

# Where a source is: a height and the place in it, a sequence, a nonce.
Place: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Something to tell. `key` names what it tells of, as nothing else; `at` in UTC seconds."""

    key: str
    type: str
    asset: int | None
    at: int
    data: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something told: `body` is the JSON that everybody gets, `id` its cursor."""

    position: int
    id: str
    type: str
    asset: int | None
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which entries somebody wants; empty: all. What is of no single account is of every one."""

    types: frozenset[str] = field(default_factory=frozenset)
    assets: frozenset[int] = field(default_factory=frozenset)

    def takes(self, entry: Entry) -> bool:
        """Tell whether an entry is wanted."""
        return (not self.types or entry.type in self.types) and (
            not self.assets or entry.asset is None or entry.asset in self.assets
        )

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the same for a query."""
        found: list[ColumnElement[bool]] = []
        if self.types:
            found.append(feed.c.type.in_(sorted(self.types)))
        if self.assets:
            found.append(feed.c.asset.is_(None) | feed.c.asset.in_(sorted(self.assets)))
        return found


EVERYTHING = Choice()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Entries in order. `reached`: up to which position was looked; `more`: the feed goes on behind it."""

    entries: tuple[Entry, ...]
    reached: int
    more: bool


def append(connection: Connection, drafts: Sequence[Draft], *, at: int) -> None:
    """Tell these, in their order, behind everything told before."""
    first = take_numbers(connection, _SERIES, len(drafts))
    rows = [_row(first + offset, draft, at) for offset, draft in enumerate(drafts)]
    insert_rows(connection, feed, _COLUMNS, rows)


def read(connection: Connection, *, after: int, limit: int, choice: Choice = EVERYTHING) -> Page:
    """Return the wanted entries behind a position, at most `limit`."""
    end = end_of(connection)
    after = max(after, beginning_of(connection))
    last = min(end, after + SCANNED_MAX)
    query = (
        select(*(feed.c[name] for name in ("position", "digest", "type", "asset", "body")))
        .where(feed.c.position > after, feed.c.position <= last, *choice.conditions())
        .order_by(feed.c.position)
        .limit(limit)
    )
    entries = tuple(_entry(row) for row in connection.execute(query).mappings())
    reached = entries[-1].position if len(entries) == limit else last
    return Page(entries=entries, reached=reached, more=reached < end)


def entry_at(connection: Connection, position: int) -> Entry | None:
    """Return the entry at a position; None when there is none (any more)."""
    columns = (feed.c[name] for name in ("position", "digest", "type", "asset", "body"))
    row = connection.execute(select(*columns).where(feed.c.position == position)).mappings().one_or_none()
    return None if row is None else _entry(row)


def end_of(connection: Connection) -> int:
    """Return the position of the newest entry; 0 when nothing was ever told."""
    return numbers_taken(connection, _SERIES)


def beginning_of(connection: Connection) -> int:
    """Return the position before the oldest entry that is kept."""
    oldest: int | None = connection.scalar(select(func.min(feed.c.position)))
    return end_of(connection) if oldest is None else oldest - 1


def position_of(connection: Connection, cursor: str) -> int:
    """Return the position of the entry that a cursor names; raise `InvalidCursor`, `CursorGone`."""
    number = number_of(_PREFIX, cursor)
    if number is None:
        raise InvalidCursor(f"{cursor[:100]!r} is no cursor of this feed", param="cursor")
    position = number >> 8 * _DIGEST_BYTES
    found = entry_at(connection, position) if position < 2**63 else None
    if found is None or found.id != cursor:
        raise CursorGone(
            f"the feed has nothing at {cursor} any more: compare by the lists of payments and by statements, "
            "then begin without a cursor",
            param="cursor",
        )
    return position


def places_of(connection: Connection) -> dict[str, Place]:
    """Return up to where each source is told; empty before the feed has begun."""
    return {row.name: (row.first, row.second) for row in connection.execute(select(feed_sources))}


def set_places(connection: Connection, places: Mapping[str, Place]) -> None:
    """Remember up to where sources are told, in the transaction that tells it."""
    upsert_rows(
        connection,
        feed_sources,
        ("name", "first", "second"),
        [(name, *place) for name, place in sorted(places.items())],
    )


def hold(connection: Connection) -> None:
    """Let nobody else tell anything until the caller's transaction ends."""
    take_numbers(connection, _SERIES, 0)


def prune(connection: Connection, *, told_before: int) -> int:
    """Forget the oldest entries that were told before a time (UTC seconds); return how many."""
    oldest = select(feed.c.position, feed.c.told_at).order_by(feed.c.position).limit(PRUNED_MAX)
    last = None
    for row in connection.execute(oldest):
        if row.told_at >= told_before:
            break
        last = row.position
    if last is None:
        return 0
    return connection.execute(delete(feed).where(feed.c.position <= last)).rowcount


def _row(position: int, draft: Draft, at: int) -> tuple[object, ...]:
    digest = hashlib.sha256(draft.key.encode()).digest()[:_DIGEST_BYTES]
    body = {
        "id": _id(position, digest),
        "type": draft.type,
        "timestamp": time_text(draft.at),
        "data": draft.data,
    }
    return position, digest, draft.type, draft.asset, at, orjson.dumps(body).decode()


def _id(position: int, digest: bytes) -> str:
    return numbered_id(_PREFIX, position << 8 * _DIGEST_BYTES | int.from_bytes(digest, "big"))


def _entry(row: RowMapping) -> Entry:
    return Entry(
        position=row["position"],
        id=_id(row["position"], row["digest"]),
        type=row["type"],
        asset=row["asset"],
        body=row["body"],
    )
