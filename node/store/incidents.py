"""What stopped a writer, remembered until a person clears it (R10)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from node.errors import NotFound, WriterStopped
from node.store.tables.incidents import incident_headers, incidents
from settlement.errors import SettlementError


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A rule found broken. `writer` is who has stopped, `subject` what it found; times in UTC seconds."""

    id: int
    writer: str
    code: str
    subject: str
    detail: str
    raised_at: int
    cleared_at: int | None
    cleared_by: str | None


def raise_incident(
    connection: Connection,
    *,
    writer: str,
    subject: str,
    error: SettlementError,
    at: int,
    headers: Sequence[tuple[str, bytes]] = (),
) -> int:
    """Remember why a writer stops, and return the incident's number.

    `headers`: what was told of the block it is about, each with who told it.

    The same error about the same subject is one incident for as long as it is open.
    """
    known: int | None = connection.scalar(
        select(incidents.c.id).where(
            incidents.c.writer == writer,
            incidents.c.code == error.code,
            incidents.c.subject == subject,
            incidents.c.cleared_at.is_(None),
        )
    )
    if known is not None:
        return known
    made: int = connection.execute(
        insert(incidents)
        .values(writer=writer, code=error.code, subject=subject, detail=error.detail, raised_at=at)
        .returning(incidents.c.id)
    ).scalar_one()
    rows = [{"incident": made, "teller": teller, "header": header} for teller, header in headers]
    if rows:
        connection.execute(insert(incident_headers), rows)
    return made


def open_incidents(connection: Connection, *, writer: str | None = None) -> tuple[Incident, ...]:
    """Return the incidents that no person has cleared, oldest first; of one writer, if named."""
    query = select(incidents).where(incidents.c.cleared_at.is_(None)).order_by(incidents.c.id)
    if writer is not None:
        query = query.where(incidents.c.writer == writer)
    return tuple(Incident(**row) for row in connection.execute(query).mappings())


def incident_headers_of(connection: Connection, incident: int) -> list[tuple[str, bytes]]:
    """Return what was told of the block that an incident is about: who told it, and the header."""
    columns = incident_headers.c.teller, incident_headers.c.header
    query = select(*columns).where(incident_headers.c.incident == incident).order_by(columns[0])
    return [(row.teller, row.header) for row in connection.execute(query)]


def require_no_incident(connection: Connection, *, writer: str | None = None) -> None:
    """Raise `WriterStopped`, naming the first open incident (of one writer, if named), if there is one."""
    found = open_incidents(connection, writer=writer)
    if found:
        raise WriterStopped(
            f"the {found[0].writer} has stopped: {found[0].detail} (incident {found[0].id}); "
            "find out why, then clear the incident"
        )


def was_cleared(connection: Connection, *, writer: str, code: str, subject: str) -> bool:
    """Tell whether a person has seen and cleared this very finding before."""
    query = select(incidents.c.id).where(
        incidents.c.writer == writer,
        incidents.c.code == code,
        incidents.c.subject == subject,
        incidents.c.cleared_at.is_not(None),
    )
    return connection.scalar(query.limit(1)) is not None


def clear_incident(connection: Connection, incident: int, *, by: str, at: int) -> None:
    """Let the writer go on: a person has looked. Raise `NotFound` when it is not open."""
    done = connection.execute(
        update(incidents)
        .where(incidents.c.id == incident, incidents.c.cleared_at.is_(None))
        .values(cleared_at=at, cleared_by=by)
    )
    if done.rowcount != 1:
        raise NotFound(f"no open incident has the number {incident}")
