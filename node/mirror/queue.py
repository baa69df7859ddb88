"""What waits in the queue now: which instructions, in its order, and what their events say of them."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, delete, func, select, tuple_

from node.mirror.instructions import InstructionKey
from node.mirror.words import signed, unsigned
from node.store.bulk import insert_rows
from node.store.tables import blocks, events, queued
from settlement.events import WORD_BYTES
from settlement.instruction import Leg, initiator_and_sequence, leg_from_word, valid_times
from settlement.posting import SETTLING
from settlement.recognition import QUEUE, UNSETTLED

_ENDING = UNSETTLED | SETTLING
_COLUMNS = ("initiator", "sequence", "height", "log_index")
_KEYS_PER_QUERY = 500
# Of `Submitted`: head ‖ commitment ‖ urgent ‖ where the legs begin ‖ how many ‖ legs.
_URGENT_AT, LEGS_AT = 2 * WORD_BYTES, 5 * WORD_BYTES
# Of what one debtor says: head ‖ digest ‖ who ‖ what.
_WHO_AT, _WHAT_AT = 2 * WORD_BYTES, 3 * WORD_BYTES


class Changes:
    """What enters and leaves the queue in some blocks, on its way into the store."""

    def __init__(self) -> None:
        self._entered: dict[InstructionKey, tuple[int, int]] = {}
        self._left: list[InstructionKey] = []

    def take(self, name: str, instruction: InstructionKey, height: int, log_index: int) -> None:
        """Take an event of the queue about an instruction (its sequence signed), in the chain's order."""
        if name == "Queued":
            self._entered[instruction] = height, log_index
        elif name in _ENDING and self._entered.pop(instruction, None) is None:
            self._left.append(instruction)

    def write(self, connection: Connection) -> None:
        """Bring the table to what it is after them."""
        key = tuple_(queued.c.initiator, queued.c.sequence)
        for first in range(0, len(self._left), _KEYS_PER_QUERY):
            connection.execute(delete(queued).where(key.in_(self._left[first : first + _KEYS_PER_QUERY])))
        insert_rows(connection, queued, _COLUMNS, [(*of, *at) for of, at in self._entered.items()])


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An instruction in the queue. `position` counts from 1; `queued_at` in UTC seconds.

    `urgent` and `held`: the participants for whom it is so; `consents`: who has affirmed it, its initiator
    too; `cancels`: the debtors who asked that it ends; `rounds`: how often a consent was taken back. Times 0:
    none.
    """

    initiator: int
    sequence: int
    position: int
    queued_at: int
    head: int
    commitment: bytes
    digest: bytes
    legs: tuple[Leg, ...]
    urgent: frozenset[int]
    held: frozenset[int]
    consents: frozenset[int]
    cancels: frozenset[int]
    rounds: int

    @property
    def valid_from(self) -> int:
        """Return the first second (UTC) at which it may settle."""
        return valid_times(self.head)[0]

    @property
    def valid_until(self) -> int:
        """Return the last second (UTC) at which it may settle."""
        return valid_times(self.head)[1]

    @property
    def parties(self) -> frozenset[int]:
        """Return who pays or is paid."""
        return frozenset(party for leg in self.legs for party in (leg.payer, leg.payee))

    @property
    def words(self) -> tuple[int, bytes, list[int]]:
        """Return it as the contract takes it."""
        return self.head, self.commitment, [leg.word() for leg in self.legs]


def waiting_count(connection: Connection) -> int:
    """Return how many wait."""
    return int(connection.execute(select(func.count()).select_from(queued)).scalar_one())


def oldest(connection: Connection) -> int | None:
    """Return since when (UTC seconds) what is first in the queue waits; None when nothing does."""
    found = connection.execute(_IN_ORDER.limit(1)).first()
    return None if found is None else int(found.timestamp)


def waiting(connection: Connection, *, limit: int) -> list[Waiting]:
    """Return the first `limit` instructions of the queue, in its order."""
    return _told(connection, _IN_ORDER.limit(limit))


def waiting_one(connection: Connection, initiator: int, sequence: int) -> Waiting | None:
    """Return an instruction if it waits; its position is not told."""
    key = queued.c.initiator == initiator, queued.c.sequence == signed(sequence)
    return next(iter(_told(connection, _IN_ORDER.where(*key))), None)


def told_until(
    connection: Connection, keys: Collection[InstructionKey], *, until: int | None = None
) -> dict[InstructionKey, Waiting]:
    """Return instructions as their events up to a block (None: all) have them, whether they wait or not.

    Keys have their sequence signed; position and time in the queue are not told.
    """
    found = {key: _Story(position=0, queued_at=0) for key in keys}
    _hear_all(connection, found, until=until)
    return {key: story.waiting(*key) for key, story in found.items()}


_IN_ORDER = (
    select(queued.c.initiator, queued.c.sequence, blocks.c.timestamp)
    .join(blocks, blocks.c.height == queued.c.height)
    .order_by(queued.c.height, queued.c.log_index)
)


def _told(connection: Connection, query: Select[Any]) -> list[Waiting]:
    found = {
        (initiator, sequence): _Story(position=position, queued_at=timestamp)
        for position, (initiator, sequence, timestamp) in enumerate(connection.execute(query), 1)
    }
    _hear_all(connection, found)
    return [story.waiting(*key) for key, story in found.items()]


@dataclass(slots=True, kw_only=True)
class _Story:
    """What the events of one instruction have said by now."""

    position: int
    queued_at: int
    head: int = 0
    commitment: bytes = b""
    digest: bytes = b""
    legs: tuple[Leg, ...] = ()
    urgent: set[int] = field(default_factory=set)
    held: set[int] = field(default_factory=set)
    consents: set[int] = field(default_factory=set)
    cancels: set[int] = field(default_factory=set)
    rounds: int = 0

    def hear(self, name: str, data: bytes) -> None:
        """Take an event."""
        if name == "Submitted":
            self._hear_submitted(data)
            return
        self.digest = data[WORD_BYTES : 2 * WORD_BYTES]
        who, what = _number(data, _WHO_AT), _number(data, _WHAT_AT)
        if name in ("Affirmed", "UrgencySet"):
            (self.urgent.add if what else self.urgent.discard)(who)
            if name == "Affirmed":
                self.consents.add(who)
        elif name == "Withdrawn":
            self.urgent.discard(who)
            self.consents.discard(who)
            self.rounds += 1
        elif name == "CancelRequested":
            self.cancels.add(who)
        elif name == "Held":
            self.held.add(who)
        elif name == "Released":
            self.held.discard(who)

    def _hear_submitted(self, data: bytes) -> None:
        self.head, self.commitment = _number(data, 0), data[WORD_BYTES : 2 * WORD_BYTES]
        words = range(LEGS_AT, len(data), WORD_BYTES)
        self.legs = tuple(leg_from_word(_number(data, at)) for at in words)
        initiator = initiator_and_sequence(self.head)[0]
        self.consents.add(initiator)
        if _number(data, _URGENT_AT):
            self.urgent.add(initiator)

    def waiting(self, initiator: int, sequence: int) -> Waiting:
        """Return it as it is now."""
        return Waiting(
            initiator=initiator,
            sequence=unsigned(sequence),
            position=self.position,
            queued_at=self.queued_at,
            head=self.head,
            commitment=self.commitment,
            digest=self.digest,
            legs=self.legs,
            urgent=frozenset(self.urgent & {leg.payer for leg in self.legs}),
            held=frozenset(self.held),
            consents=frozenset(self.consents),
            cancels=frozenset(self.cancels),
            rounds=self.rounds,
        )


def _hear_all(
    connection: Connection, found: dict[InstructionKey, _Story], *, until: int | None = None
) -> None:
    query = (
        select(events.c.initiator, events.c.sequence, events.c.name, events.c.data)
        .where(events.c.contract == QUEUE, events.c.name != "Refused")
        .order_by(events.c.height, events.c.log_index)
    )
    if until is not None:
        query = query.where(events.c.height <= until)
    keys, key = list(found), tuple_(events.c.initiator, events.c.sequence)
    for first in range(0, len(keys), _KEYS_PER_QUERY):
        some = query.where(key.in_(keys[first : first + _KEYS_PER_QUERY]))
        for initiator, sequence, name, data in connection.execute(some):
            found[initiator, sequence].hear(name, data)


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + WORD_BYTES], "big")
