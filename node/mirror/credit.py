"""The credit line of an account as it was after any block."""

from sqlalchemy import Connection, select

from node.chain.compiled import artifact
from node.mirror.ledger import Place
from node.store.tables import events
from settlement.events import WORD_BYTES, layouts

_CONTRACT, _EVENT = "Ledger", "CreditSet"


def credit_at(connection: Connection, place: Place, *, height: int) -> int:
    """Return how far below zero an account could go after a block, in minor units."""
    known = layouts(_CONTRACT, artifact(_CONTRACT).abi).values()
    topic = next(layout.topic for layout in known if layout.name == _EVENT)
    words = (number.to_bytes(WORD_BYTES, "big") for number in (place.asset, place.participant))
    query = (
        select(events.c.data)
        .where(
            events.c.contract == _CONTRACT,
            events.c.name == _EVENT,
            events.c.topics == b"".join((topic, *words)),
            events.c.height <= height,
        )
        .order_by(events.c.height.desc(), events.c.log_index.desc())
    )
    data: bytes | None = connection.scalar(query.limit(1))
    return 0 if data is None else int.from_bytes(data, "big")
