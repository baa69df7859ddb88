"""What became of instructions, as the chain said it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection, RowMapping, or_, select

from node.mirror.words import signed, unsigned
from node.store.tables import blocks, events, receipts
from settlement.instruction import Terms, terms_from_word
from settlement.posting import SETTLING
from settlement.recognition import UNSETTLED, WAITING

# Initiator and sequence.
InstructionKey: TypeAlias = tuple[int, int]

_SEQUENCES_PER_QUERY = 1000
# What `Settlement` says beside these (who consents, what is urgent) tells nobody where an instruction is.
_TOLD = SETTLING | WAITING | UNSETTLED | {"Refused"}
_ANSWERS = or_(events.c.contract != "Settlement", events.c.name.in_(sorted(_TOLD)))
_WORD_BYTES = 32
# Of `Cancelled`: head ‖ digest ‖ by whom ‖ four letters.
_REASON_AT, _REASON_BYTES = 3 * _WORD_BYTES, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An event that speaks of one instruction. `timestamp` is its block's, in UTC seconds.

    `data` is the event's as it stands on chain.
    """

    contract: str
    name: str
    height: int
    log_index: int
    timestamp: int
    transaction_hash: bytes
    data: bytes

    @property
    def terms(self) -> Terms:
        """Return the terms an event carries; raise `InvalidWord` for a refusal of malformed ones."""
        return terms_from_word(int.from_bytes(self.data[:_WORD_BYTES], "big"))

    @property
    def commitment(self) -> bytes:
        """Return the commitment of an event that carries terms and one."""
        return self.data[_WORD_BYTES : 2 * _WORD_BYTES]

    @property
    def refusal(self) -> int | None:
        """Return the number of a refusal's reason; None for another event."""
        return int.from_bytes(self.data[_WORD_BYTES:], "big") if self.name == "Refused" else None

    @property
    def cancellation(self) -> str | None:
        """Return the reason code of a cancellation in the queue; None for another event."""
        if self.name != "Cancelled":
            return None
        return self.data[_REASON_AT : _REASON_AT + _REASON_BYTES].decode("ascii")


def outcomes(
    connection: Connection, instructions: Iterable[InstructionKey]
) -> dict[InstructionKey, list[Outcome]]:
    """Return the events of each instruction, in the order of the chain; no events, an empty list."""
    found: dict[InstructionKey, list[Outcome]] = {instruction: [] for instruction in instructions}
    sequences: dict[int, list[int]] = defaultdict(list)
    for initiator, sequence in found:
        sequences[initiator].append(signed(sequence))
    for initiator, wanted in sequences.items():
        for first in range(0, len(wanted), _SEQUENCES_PER_QUERY):
            for row in _rows(connection, initiator, wanted[first : first + _SEQUENCES_PER_QUERY]):
                found[initiator, unsigned(row["sequence"])].append(_outcome(row))
    return found


def _rows(connection: Connection, initiator: int, sequences: Sequence[int]) -> Iterable[RowMapping]:
    query = (
        select(events, blocks.c.timestamp, receipts.c.hash)
        .join(blocks, blocks.c.height == events.c.height)
        .join(
            receipts,
            (receipts.c.height == events.c.height)
            & (receipts.c.transaction_index == events.c.transaction_index),
        )
        .where(events.c.initiator == initiator, events.c.sequence.in_(sequences), _ANSWERS)
        .order_by(events.c.height, events.c.log_index)
    )
    return connection.execute(query).mappings()


def _outcome(row: RowMapping) -> Outcome:
    return Outcome(
        contract=row["contract"],
        name=row["name"],
        height=row["height"],
        log_index=row["log_index"],
        timestamp=row["timestamp"],
        transaction_hash=row["hash"],
        data=row["data"],
    )
