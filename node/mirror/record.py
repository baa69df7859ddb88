"""Writes final blocks into the mirror: all that our contracts said in them, and what follows from it.

The hot path of the node. An event that carries terms is read by one `struct` call and becomes three rows, a
settled instruction by one more for each leg; everything else is rare and goes through `settlement.events`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from node.chain.contracts import Contracts
from node.chain.protocol import Block, Log, Receipt
from node.mirror import authority, cycles, parties, queue, registration
from node.mirror.levels import Level, record_level
from node.mirror.material import Material, Row, insert_material, row_of
from node.mirror.posting import Change, post
from node.mirror.validators import Validators, insert_changes
from node.mirror.words import HEAD, LEG, SETTLED, TERMS, signed
from node.store import tables
from node.store.bulk import insert_rows
from settlement.errors import MirrorGap
from settlement.events import WORD_BYTES, Event, Layout
from settlement.posting import ENTRIES, Bucket, Posting, moves_value, postings

_BLOCK_COLUMNS = ("height", "hash", "parent_hash", "timestamp")
_RECEIPT_COLUMNS = ("height", "transaction_index", "hash", "sender", "succeeded", "gas_used")
_EVENT_COLUMNS = (
    "height",
    "log_index",
    "transaction_index",
    "contract",
    "name",
    "initiator",
    "sequence",
    "topics",
    "data",
)
# Terms and one more word.
_TERMS_EVENT_BYTES = 2 * WORD_BYTES
# `Settled` up to its legs: head, digest, where they begin, how many there are.
_SETTLED_BYTES = 4 * WORD_BYTES
_LEGS_OFFSET = 3 * WORD_BYTES
_AVAILABLE = Bucket.AVAILABLE.value

# ENTRIES once more as plain tuples: (index of the debited side, its bucket, of the credited, its bucket).
_RULES = {
    name: (int(entry.debit[0]), entry.debit[1].value, int(entry.credit[0]), entry.credit[1].value)
    for name, entry in ENTRIES.items()
}


def write(
    connection: Connection,
    contracts: Contracts,
    blocks: Sequence[Block],
    material: Sequence[Material],
    *,
    level: Level,
) -> None:
    """Mirror final blocks, in order, each with what proves it, in the caller's transaction.

    The caller has checked that they follow on the mirror's head. Raise `BrokenRule` when they say what
    can't be.
    """
    batch = _Batch(connection, contracts)
    for block, proof in zip(blocks, material, strict=True):
        batch.take(block, proof)
    batch.write()
    record_level(connection, blocks[0].height, level)


class _Batch:
    """The rows of some blocks on their way into the store."""

    def __init__(self, connection: Connection, contracts: Contracts) -> None:
        self._connection = connection
        self._contracts = contracts
        self._senders = set(connection.scalars(select(tables.keys.c.address)))
        self._blocks: list[tuple[Any, ...]] = []
        self._receipts: list[tuple[Any, ...]] = []
        self._events: list[tuple[Any, ...]] = []
        self._changes: list[Change] = []
        self._proofs: list[Row] = []
        self._sealers: list[tuple[int, Validators]] = []
        self._queue = queue.Changes()
        self._parties: list[parties.Row] = []

    def take(self, block: Block, proof: Material) -> None:
        before = len(self._receipts)
        self._blocks.append((block.height, block.hash, block.parent_hash, block.timestamp))
        for receipt in block.receipts:
            self._take_receipt(block.height, receipt)
        if proof.validators:
            self._sealers.append((block.height, proof.validators))
        self._proofs.append(row_of(block.height, proof, ours=len(self._receipts) > before))

    def write(self) -> None:
        insert_rows(self._connection, tables.blocks, _BLOCK_COLUMNS, self._blocks)
        insert_material(self._connection, self._proofs)
        insert_changes(self._connection, self._sealers)
        insert_rows(self._connection, tables.receipts, _RECEIPT_COLUMNS, self._receipts)
        insert_rows(self._connection, tables.events, _EVENT_COLUMNS, self._events)
        self._queue.write(self._connection)
        parties.write(self._connection, self._parties)
        post(self._connection, self._changes)

    def _take_receipt(self, height: int, receipt: Receipt) -> None:
        layout_of, before = self._contracts.layout, len(self._events)
        for log in receipt.logs:
            layout = layout_of(log)
            if layout is None:
                continue
            if layout.carries_terms:
                self._take_terms(height, receipt.index, log, layout)
            elif layout.carries_head:
                self._take_head(height, receipt.index, log, layout)
            else:
                self._take_other(height, receipt.index, log, layout)
        # Also what did nothing is kept when it came from a registered key: it reverted, or is not for us.
        if len(self._events) > before or receipt.sender in self._senders:
            self._receipts.append(
                (height, receipt.index, receipt.hash, receipt.sender, receipt.succeeded, receipt.gas_used)
            )

    def _take_terms(self, height: int, transaction: int, log: Log, layout: Layout) -> None:
        name, index, data = layout.name, log.index, log.data
        if len(data) != _TERMS_EVENT_BYTES:
            raise MirrorGap(f"{name} at log {index} of block {height} has {len(data)} bytes, not 64")
        _, sequence, asset, payer, payee, amount = TERMS.unpack_from(data)
        self._events.append(
            (height, index, transaction, layout.contract, name, payer, signed(sequence), layout.topic, data)
        )
        rule = _RULES.get(name)
        if rule is not None:
            sides = payer, payee
            debited, credited = sides[rule[0]], sides[rule[2]]
            self._changes += (
                (height, index, 0, asset, debited, rule[1], credited, -amount),
                (height, index, 1, asset, credited, rule[3], debited, amount),
            )
        else:
            moves_value(layout.contract, name)

    def _take_head(self, height: int, transaction: int, log: Log, layout: Layout) -> None:
        name, index, data = layout.name, log.index, log.data
        if len(data) < WORD_BYTES * len(layout.plain):
            raise MirrorGap(f"{name} at log {index} of block {height} has {len(data)} bytes only")
        sequence, initiator = HEAD.unpack_from(data)
        instruction = initiator, signed(sequence)
        self._events.append(
            (height, index, transaction, layout.contract, name, *instruction, layout.topic, data)
        )
        self._queue.take(name, instruction, height, index)
        if name == "Submitted":
            self._parties += parties.of_submitted(self._contracts, data, height, index)
        if moves_value(layout.contract, name):
            self._take_legs(height, index, data)

    def _take_legs(self, height: int, index: int, data: bytes) -> None:
        count, rest = divmod(len(data) - _SETTLED_BYTES, WORD_BYTES)
        if rest or count < 0 or SETTLED.unpack_from(data) != (_LEGS_OFFSET, count):
            raise MirrorGap(f"the legs settled at log {index} of block {height} are not where they must be")
        for line, (asset, payer, payee, amount) in enumerate(LEG.iter_unpack(data[_SETTLED_BYTES:])):
            self._changes += (
                (height, index, 2 * line, asset, payer, _AVAILABLE, payee, -amount),
                (height, index, 2 * line + 1, asset, payee, _AVAILABLE, payer, amount),
            )

    def _take_other(self, height: int, transaction: int, log: Log, layout: Layout) -> None:
        initiator, sequence = None, None
        if registration.concerns(layout):
            event = self._decode(height, log)
            registration.apply(self._connection, event)
            if layout.name == "KeyAdded":
                self._senders.add(event.fields["key"])
        elif authority.concerns(layout):
            authority.check(self._contracts, self._decode(height, log), height)
        elif layout.name == "Voided":
            fields: Mapping[str, Any] = self._decode(height, log).fields
            initiator, sequence = fields["initiator"], signed(fields["sequence"])
        if moves_value(layout.contract, layout.name):
            event = self._decode(height, log)
            if layout.name == "CycleSettled":
                event = cycles.completed(self._connection, event)
            self._take_postings(height, log.index, postings(event))
        topics = b"".join(log.topics)
        self._events.append(
            (
                height,
                log.index,
                transaction,
                layout.contract,
                layout.name,
                initiator,
                sequence,
                topics,
                log.data,
            )
        )

    def _take_postings(self, height: int, index: int, made: Sequence[Posting]) -> None:
        for line, each in enumerate(made):
            place = each.asset, each.participant, each.bucket.value
            self._changes.append((height, index, line, *place, each.counterparty, each.amount))

    def _decode(self, height: int, log: Log) -> Event:
        event = self._contracts.decode(log)
        if event is None:
            raise MirrorGap(f"log {log.index} of block {height} has a layout but can't be decoded")
        return event
