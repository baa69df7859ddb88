"""Who was authorised at a block: told from the mirrored events alone, whatever has changed since."""

from sqlalchemy import Connection, select

from node.chain.compiled import WORD_BYTES, artifact
from node.store.tables import events
from settlement.events import decode, layouts
from settlement.participant import Authorisations, authorisations

_CONTRACT = "Participants"


def authorised_at(connection: Connection, height: int) -> Authorisations:
    """Return which keys there were, and who might be debited, after a mirrored block."""
    known = layouts(_CONTRACT, artifact(_CONTRACT).abi)
    query = (
        select(events.c.topics, events.c.data)
        .where(events.c.contract == _CONTRACT, events.c.height <= height)
        .order_by(events.c.height, events.c.log_index)
    )
    return authorisations(
        decode(known[row.topics[:WORD_BYTES]], _topics(row.topics), row.data)
        for row in connection.execute(query)
    )


def _topics(joined: bytes) -> list[bytes]:
    return [joined[place : place + WORD_BYTES] for place in range(0, len(joined), WORD_BYTES)]
