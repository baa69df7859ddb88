"""Who was authorised at a block: told from the mirrored events alone, whatever has changed since."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, select, text

from node.chain.compiled import WORD_BYTES, artifact
from node.errors import NotFound
from node.store.tables import events
from node.store.tables.mirrored import RARE
from settlement.events import Event, decode, layouts
from settlement.participant import Authorisations, authorisations

_CONTRACT = "Participants"


def authorised_at(connection: Connection, height: int) -> Authorisations:
    """Return which keys there were, and who might be debited, after a mirrored block."""
    return authorisations(event for _, event in _events(connection, events.c.height <= height))


def registered_in(connection: Connection, address: bytes) -> int:
    """Return the block in which a key was registered; raise `NotFound`."""
    for height, event in _events(connection, events.c.name == "KeyAdded"):
        if event.fields["key"] == address:
            return height
    raise NotFound(f"no key 0x{address.hex()} is registered")


def _events(connection: Connection, condition: ColumnElement[bool]) -> Iterator[tuple[int, Event]]:
    """Yield the registry's events with their blocks, in the order of the chain."""
    known = layouts(_CONTRACT, artifact(_CONTRACT).abi)
    query = (
        select(events.c.height, events.c.topics, events.c.data)
        .where(text(RARE), events.c.contract == _CONTRACT, condition)
        .order_by(events.c.height, events.c.log_index)
    )
    for row in connection.execute(query):
        topics = [row.topics[place : place + WORD_BYTES] for place in range(0, len(row.topics), WORD_BYTES)]
        yield row.height, decode(known[topics[0]], topics, row.data)
