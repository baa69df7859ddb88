"""Cycles as they were proposed, for the events that name one only."""

from sqlalchemy import Connection, select

from node.store.tables import cycles
from settlement.errors import MirrorGap
from settlement.events import WORD_BYTES, Event


def completed(connection: Connection, event: Event) -> Event:
    """Return an event with the `asset` and `positions` of the cycle that it names; raise `MirrorGap`."""
    digest = event.fields["digest"]
    row = connection.execute(select(cycles).where(cycles.c.digest == digest)).one_or_none()
    if row is None:
        raise MirrorGap(f"{event.name} names a cycle that the mirror does not have: {digest!r}")
    positions = tuple(
        int.from_bytes(row.positions[place : place + WORD_BYTES], "big")
        for place in range(0, len(row.positions), WORD_BYTES)
    )
    fields = {**event.fields, "asset": row.asset, "positions": positions}
    return Event(contract=event.contract, name=event.name, fields=fields)
