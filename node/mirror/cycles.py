"""Cycles as they were proposed, for the events that name one only."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, func, select, text

from node.store.tables import cycles, events
from node.store.tables.mirrored import RARE
from settlement.errors import MirrorGap
from settlement.events import WORD_BYTES, Event
from settlement.netting import Cycle, cycle_of, position_from_word

_CONTRACT = "Netting"
_ENDING = ("CycleSettled", "CycleCancelled", "CycleExpired")


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


def settled_cycles(connection: Connection, first: int, last: int) -> Iterator[Cycle]:
    """Yield the cycles that settled in a range of blocks, both ends included, in the order of the chain."""
    query = (
        _of(events.c.data, "CycleSettled")
        .where(events.c.height.between(first, last))
        .order_by(events.c.height, events.c.log_index)
    )
    for digest in connection.scalars(query).all():
        yield proposed_cycle(connection, digest)


def proposed_cycle(connection: Connection, digest: bytes) -> Cycle:
    """Return a cycle as it was proposed; raise `MirrorGap` when no mirrored event proposed it."""
    query = _of(events.c.data, "CycleProposed").where(func.substr(events.c.data, 1, WORD_BYTES) == digest)
    proposed = connection.scalar(query)
    if proposed is None:
        raise MirrorGap(f"no mirrored event proposed the cycle 0x{digest.hex()}")
    return cycle_of(proposed)


def settled_event(connection: Connection, digest: bytes) -> RowMapping | None:
    """Return the event by which a cycle settled; None when it has not."""
    return connection.execute(_of(events, "CycleSettled").where(events.c.data == digest)).mappings().first()


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleHistory:
    """What the chain has said of a cycle. `ended`: the event's name by which it ended, `by`: who withdrew."""

    proposed: bool
    affirmed: frozenset[int]
    ended: str | None
    by: int | None

    @property
    def settled(self) -> bool:
        """Tell whether its payments are final."""
        return self.ended == "CycleSettled"


def cycle_history(connection: Connection, digest: bytes) -> CycleHistory:
    """Return what mirrored events say of a cycle."""
    query = select(events.c.name, events.c.data).where(
        text(RARE), events.c.contract == _CONTRACT, func.substr(events.c.data, 1, WORD_BYTES) == digest
    )
    rows = connection.execute(query.order_by(events.c.height, events.c.log_index)).all()
    ended = next((row for row in rows if row.name in _ENDING), None)
    by = _word(ended.data, 1) if ended is not None and ended.name == "CycleCancelled" else None
    return CycleHistory(
        proposed=any(row.name == "CycleProposed" for row in rows),
        affirmed=frozenset(_word(row.data, 2) for row in rows if row.name == "CycleAffirmed"),
        ended=None if ended is None else ended.name,
        by=by or None,
    )


def counters_used(connection: Connection, participant: int) -> int:
    """Return the last counter of a payer that a settled cycle has used, as of the mirror; 0 for none."""
    query = _of(events.c.data, "CycleSettled").order_by(events.c.height.desc(), events.c.log_index.desc())
    for digest in connection.scalars(query):
        words = connection.scalar(select(cycles.c.positions).where(cycles.c.digest == digest)) or b""
        for place in range(0, len(words), WORD_BYTES):
            position = position_from_word(int.from_bytes(words[place : place + WORD_BYTES], "big"))
            if position.participant == participant and position.first:
                return position.last
    return 0


def _word(data: bytes, place: int) -> int:
    return int.from_bytes(data[place * WORD_BYTES : (place + 1) * WORD_BYTES], "big")


def _of(what: Any, name: str) -> Select[Any]:
    return select(what).where(text(RARE), events.c.contract == _CONTRACT, events.c.name == name)
