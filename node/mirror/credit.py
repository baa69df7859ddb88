"""The credit line of an account as it was after any block, and what changed lines and reserves."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from node.chain.compiled import artifact
from node.mirror.ledger import Place
from node.store.tables import blocks, events
from settlement.events import WORD_BYTES, layouts

_CONTRACT, _EVENT, _RESERVE = "Ledger", "CreditSet", "ReserveSet"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChange:
    """What a participant's credit line (or its reserve) is from an event on; time in UTC seconds."""

    height: int
    log_index: int
    timestamp: int
    participant: int
    is_reserve: bool
    amount: int


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


def line_changes(connection: Connection, asset: int, *, until: int) -> list[LineChange]:
    """Return each change of a credit line or reserve in an asset up to a block, in order."""
    query = (
        select(
            events.c.height,
            events.c.log_index,
            blocks.c.timestamp,
            events.c.name,
            events.c.topics,
            events.c.data,
        )
        .join(blocks, blocks.c.height == events.c.height)
        .where(
            events.c.contract == _CONTRACT,
            events.c.name.in_([_EVENT, _RESERVE]),
            events.c.height <= until,
        )
        .order_by(events.c.height, events.c.log_index)
    )
    found = []
    for height, log_index, timestamp, name, topics, data in connection.execute(query):
        _, of_asset, participant = (
            int.from_bytes(topics[at : at + WORD_BYTES], "big") for at in range(0, 3 * WORD_BYTES, WORD_BYTES)
        )
        if of_asset == asset:
            found.append(
                LineChange(
                    height=height,
                    log_index=log_index,
                    timestamp=timestamp,
                    participant=participant,
                    is_reserve=name == _RESERVE,
                    amount=int.from_bytes(data, "big"),
                )
            )
    return found
