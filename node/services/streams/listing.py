"""The feed as a list: a page at a time, from a cursor on."""

from dataclasses import dataclass

from sqlalchemy import Connection

from node.services.streams.choices import choice_of
from node.services.streams.feed import Entry, beginning_of, entry_at, position_of, read
from node.store.session import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """`cursor` leads on from here, also when nothing is there yet; None only before the first entry."""

    entries: tuple[Entry, ...]
    cursor: str | None
    more: bool


def list_events(
    store: Store,
    *,
    types: tuple[str, ...] = (),
    accounts: tuple[str, ...] = (),
    cursor: str | None = None,
    limit: int = 100,
) -> Listed:
    """Return entries behind a cursor (None: from the oldest that is kept), oldest first.

    Raise `InvalidCursor`, `CursorGone`, `InvalidFilter`, `AssetNotFound`.
    """
    with store.snapshot() as connection:
        choice = choice_of(connection, types, accounts)
        after = start_of(connection, cursor)
        page = read(connection, after=after, limit=limit, choice=choice)
        last = entry_at(connection, page.reached)
    return Listed(entries=page.entries, cursor=cursor if last is None else last.id, more=page.more)


def start_of(connection: Connection, cursor: str | None) -> int:
    """Return the position that a cursor names (None: before the oldest entry); raise as the list does."""
    return beginning_of(connection) if cursor is None else position_of(connection, cursor)


def words_of(text: str | None) -> tuple[str, ...]:
    """Return the words between commas."""
    return tuple(word.strip() for word in (text or "").split(",") if word.strip())
