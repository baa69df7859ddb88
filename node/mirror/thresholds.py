"""Up to which total of a UTC day a participant's single key is enough, as its last event says."""

from sqlalchemy import Connection, literal_column, select

from node.store.tables import events
from settlement.events import WORD_BYTES
from settlement.instruction import keccak

_TOPIC = keccak(b"ThresholdSet(uint32,uint16,uint64)")


def threshold_of(connection: Connection, participant: int, currency: int) -> int:
    """Return the threshold in minor units of a currency (ISO 4217 number); 0, that always takes two, if none
    was set.
    """
    topics = _TOPIC + participant.to_bytes(WORD_BYTES, "big") + currency.to_bytes(WORD_BYTES, "big")
    query = (
        select(events.c.data)
        # Said in full, so that the index of few rows is used.
        .where(events.c.name == literal_column("'ThresholdSet'"), events.c.topics == topics)
        .order_by(events.c.height.desc(), events.c.log_index.desc())
        .limit(1)
    )
    data: bytes | None = connection.scalar(query)
    return 0 if data is None else int.from_bytes(data[:WORD_BYTES], "big")
