"""How the submitter remembers that it must not go on (R10)."""

from node.clock import Clock
from node.outbox.nonces import WRITER
from node.store.incidents import raise_incident
from node.store.session import Store
from settlement.errors import SettlementError


def remember(store: Store, clock: Clock, *, subject: str, error: SettlementError) -> None:
    """Open an incident: nothing is signed or sent until a person has looked and cleared it."""
    with store.transaction() as connection:
        raise_incident(connection, writer=WRITER, subject=subject, error=error, at=int(clock.now()))
