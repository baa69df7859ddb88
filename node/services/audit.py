"""The audit log: who asked for what, in rows that are chained by their digests and never edited.

digest = SHA-256(previous digest ‖ canonical JSON of the row); the first row's previous is 32 zero bytes.
Details hold counts, ids and digests, never personal data.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, select

from node.store.bulk import insert_rows
from node.store.counters import numbers_taken, take_numbers
from node.store.tables import audit
from settlement.document import Json, canonical
from settlement.errors import BrokenRule

GENESIS = bytes(32)
_CHAINED = ("position", "at", "actor", "action", "subject", "detail")
_PAGE_ROWS = 1000
_SERIES = "audit"


class AuditBroken(BrokenRule):
    """The audit log was changed after the fact: a row is missing or not what was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one entry says. `detail` holds counts, ids and digests."""

    actor: str
    action: str
    subject: str
    detail: Mapping[str, Json]


def append_audit(
    connection: Connection,
    *,
    at: int,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Json],
) -> bytes:
    """Append one entry in the caller's transaction and return its digest, the new head.

    Entries of concurrent transactions wait for each other here, so call it last.
    """
    return append_entries(
        connection, [Entry(actor=actor, action=action, subject=subject, detail=detail)], at=at
    )


def append_entries(connection: Connection, entries: Sequence[Entry], *, at: int) -> bytes:
    """Append one entry or several as `append_audit` does."""
    first = take_numbers(connection, _SERIES, len(entries))
    found: bytes | None = connection.scalar(select(audit.c.digest).where(audit.c.position == first - 1))
    digest = GENESIS if found is None else found
    rows = []
    for position, entry in enumerate(entries, first):
        previous, row = digest, _row(position, at, entry)
        digest = _digest(previous, row)
        rows.append((*row.values(), previous, digest))
    insert_rows(connection, audit, (*_CHAINED, "previous", "digest"), rows)
    return digest


def _row(position: int, at: int, entry: Entry) -> dict[str, Json]:
    said = position, at, entry.actor, entry.action, entry.subject, canonical(entry.detail).decode()
    return dict(zip(_CHAINED, said, strict=True))


def hold_audit(connection: Connection) -> None:
    """Let nobody else append until the caller's transaction ends."""
    take_numbers(connection, _SERIES, 0)


def head_of(connection: Connection) -> tuple[int, bytes]:
    """Return the position and the digest of the newest entry; 0 and `GENESIS` when there is none."""
    query = select(audit.c.position, audit.c.digest).order_by(audit.c.position.desc()).limit(1)
    newest = connection.execute(query).one_or_none()
    return (0, GENESIS) if newest is None else (newest.position, newest.digest)


def verify_audit(connection: Connection) -> tuple[int, bytes]:
    """Check every row and return how many there are and the head; raise `AuditBroken` at the first fault."""
    position, head = 0, GENESIS
    page = select(audit).order_by(audit.c.position).limit(_PAGE_ROWS)
    while rows := connection.execute(page.where(audit.c.position > position)).mappings().all():
        for row in rows:
            _check(row, position + 1, head)
            position, head = row["position"], row["digest"]
    written = numbers_taken(connection, _SERIES)
    if written != position:
        raise AuditBroken(f"{written} audit rows were written, {position} are left; compare with a backup")
    return position, head


def _check(row: RowMapping, position: int, previous: bytes) -> None:
    if row["position"] != position:
        raise AuditBroken(f"audit row {position} is missing; keep this database as it is and compare")
    expected = _digest(previous, {name: row[name] for name in _CHAINED})
    if row["previous"] != previous or row["digest"] != expected:
        raise AuditBroken(f"audit row {position} was changed; keep this database as it is and compare")


def _digest(previous: bytes, row: Mapping[str, Json]) -> bytes:
    return hashlib.sha256(previous + canonical(row)).digest()
