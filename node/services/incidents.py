"""Clearing an incident: a person's act, in the audit log with who did it."""

from node.clock import Clock
from node.services.audit import append_audit
from node.store.incidents import clear_incident
from node.store.session import Store


def clear(store: Store, clock: Clock, incident: int, *, by: str, actor: str) -> None:
    """Let the writer that stopped go on; raise `NotFound` when the incident is not open."""
    at = int(clock.now())
    with store.transaction() as connection:
        clear_incident(connection, incident, by=by, at=at)
        append_audit(
            connection,
            at=at,
            actor=actor,
            action="incident_cleared",
            subject=f"incident {incident}",
            detail={"by": by},
        )
