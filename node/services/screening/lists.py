"""The names list as it is kept: a change is a further version, by whom and when, and in the audit log.

Each version keeps what it changed, so that a list which is loaded every day costs what is new in it.
"""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Select, insert, select

from node.errors import NotFound, RulesFull
from node.services.actors import Actor
from node.services.audit import append_audit
from node.services.policies.rules import require_author
from node.services.versions import Seen, require_version
from node.store.bulk import insert_rows
from node.store.counters import take_numbers
from node.store.tables import screening_changes, screening_lists
from settlement.names_list import ListEntry, read_names

BYTES_MAX = 32 * 1024 * 1024
NAMES_MAX = 50_000
VERSIONS_MAX = 10_000
PAGE_ROWS_MAX = 1_000
_SERIES = "screening lists"
_COLUMNS = ("version", "position", "listed", "entry", "name", "programme", "country")
# Built once: it is asked with every payment.
_NEWEST = select(screening_lists).order_by(screening_lists.c.version.desc()).limit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesList:
    """One version of the names list; the newest is the list. Time in UTC seconds.

    `names`: how many it has; `added`, `removed`: how many others than the one before.
    """

    version: int
    digest: bytes
    names: int
    added: int
    removed: int
    author: str
    author_name: str
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An entry that a name in a payment is like, with what that version of the list says of it."""

    list_version: int
    score: int
    entry: str
    names: tuple[str, ...]
    programme: str
    country: str


def newest_list(connection: Connection) -> NamesList | None:
    """Return the list that payments are held against; None: there is none."""
    return next(iter(_read(connection, _NEWEST)), None)


def list_versions(connection: Connection, *, before: int | None = None, limit: int) -> list[NamesList]:
    """Return versions of the list, newest first, those before one; at most `PAGE_ROWS_MAX`."""
    query = select(screening_lists).order_by(screening_lists.c.version.desc())
    if before is not None:
        query = query.where(screening_lists.c.version < before)
    return _read(connection, query.limit(max(1, min(limit, PAGE_ROWS_MAX))))


def names_of(connection: Connection, version: int) -> frozenset[ListEntry]:
    """Return the names of a version; raise `NotFound`."""
    known = select(screening_lists.c.version).where(screening_lists.c.version == version)
    if connection.scalar(known) is None:
        raise NotFound(f"the names list has no version {version}")
    return _replayed(connection, screening_changes.c.version <= version)


def hit_on(connection: Connection, entry: str, *, version: int, score: int) -> Hit:
    """Return a hit with what this version of the list says of the entry."""
    of_it = (screening_changes.c.entry == entry) & (screening_changes.c.version <= version)
    said = sorted(_replayed(connection, of_it))
    return Hit(
        list_version=version,
        score=score,
        entry=entry,
        names=tuple(each.name for each in said),
        programme=said[0].programme,
        country=said[0].country,
    )


def read_list(data: bytes) -> frozenset[ListEntry]:
    """Return the names of a table (CSV); raise a leaf of `InvalidMessage`, with every fault by its line."""
    return read_names(data, bytes_max=BYTES_MAX, names_max=NAMES_MAX)


def load_list(
    connection: Connection, names: frozenset[ListEntry], *, actor: Actor, at: int, seen: Seen = None
) -> NamesList:
    """Hold payments against these names from now on; return the list there is, if it has just these.

    Raise `Forbidden` for who may enter payments, `RulesFull`, `PreconditionFailed`.
    """
    require_author(actor)
    take_numbers(connection, _SERIES, 0)
    before = newest_list(connection)
    require_version(seen, str(before.version) if before else "0")
    made, known = _next(connection, before, names, actor=actor, at=at)
    if before is not None and made.version == before.version:
        return before
    if made.version > VERSIONS_MAX:
        raise RulesFull(f"the names list has {VERSIONS_MAX} versions, and no further one is kept")
    _append(connection, made, added=names - known, removed=known - names)
    return made


def foresee_list(connection: Connection, names: frozenset[ListEntry], *, actor: Actor, at: int) -> NamesList:
    """Return the version that loading these names would make now, or leave; load nothing."""
    return _next(connection, newest_list(connection), names, actor=actor, at=at)[0]


def _next(
    connection: Connection,
    before: NamesList | None,
    names: frozenset[ListEntry],
    *,
    actor: Actor,
    at: int,
) -> tuple[NamesList, frozenset[ListEntry]]:
    """Return the version that these names make, and the names there are."""
    known = names_of(connection, before.version) if before else frozenset()
    made = NamesList(
        version=(before.version if before else 0) + (names != known), digest=_digest(names), names=len(names),
        added=len(names - known), removed=len(known - names), author=actor.id, author_name=actor.name,
        created_at=at,
    )  # fmt: skip
    return made, known


def _append(
    connection: Connection, made: NamesList, *, added: Collection[ListEntry], removed: Collection[ListEntry]
) -> None:
    connection.execute(insert(screening_lists).values(asdict(made)))
    changes = [(False, each) for each in sorted(removed)] + [(True, each) for each in sorted(added)]
    rows = (
        (made.version, position, listed, each.entry, each.name, each.programme, each.country)
        for position, (listed, each) in enumerate(changes)
    )
    insert_rows(connection, screening_changes, _COLUMNS, rows)
    append_audit(
        connection,
        at=made.created_at,
        actor=made.author,
        action="names_list_loaded",
        subject=str(made.version),
        detail={
            "digest": made.digest.hex(), "names": made.names, "added": made.added, "removed": made.removed,
        },
    )  # fmt: skip


def _replayed(connection: Connection, of_them: ColumnElement[bool]) -> frozenset[ListEntry]:
    """Return the names that these changes leave on the list."""
    columns = (screening_changes.c[name] for name in ("listed", "entry", "name", "programme", "country"))
    order = screening_changes.c.version, screening_changes.c.position
    found: set[ListEntry] = set()
    for listed, entry, name, programme, country in connection.execute(
        select(*columns).where(of_them).order_by(*order)
    ):
        changed = ListEntry(entry=entry, name=name, programme=programme, country=country)
        (found.add if listed else found.discard)(changed)
    return frozenset(found)


def _read(connection: Connection, query: Select[Any]) -> list[NamesList]:
    return [NamesList(**row._asdict()) for row in connection.execute(query)]


def _digest(names: Iterable[ListEntry]) -> bytes:
    return hashlib.sha256(orjson.dumps([asdict(each) for each in sorted(names)])).digest()
