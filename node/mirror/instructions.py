"""What became of instructions, as the chain said it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection, RowMapping, or_, select

from node.mirror.words import signed, unsigned
from node.store.tables import blocks, events, receipts
from settlement.instruction import Terms, terms_from_word

# Initiator and sequence.
InstructionKey: TypeAlias = tuple[int, int]

_SEQUENCES_PER_QUERY = 1000
# What `Settlement` says of its instructions on their way is no answer to one that this node sent elsewhere;
# that one settled under its sequence is.
_ANSWERS = or_(events.c.contract != "Settlement", events.c.name == "Settled")
_WORD_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An event that speaks of one instruction. `timestamp` is its block's, in UTC seconds.

    `word` is the terms as the event carries them (None: `Voided` carries none), `commitment` 32 bytes
    (None: `Refused` carries none), `reason` the number of a refusal.
    """

    name: str
    height: int
    log_index: int
    timestamp: int
    transaction_hash: bytes
    word: int | None
    commitment: bytes | None
    reason: int | None

    @property
    def terms(self) -> Terms | None:
        """Return the terms; raise `InvalidWord` for a refusal of malformed ones."""
        return None if self.word is None else terms_from_word(self.word)


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
    voided, refused = row["name"] == "Voided", row["name"] == "Refused"
    first, second = row["data"][:_WORD_BYTES], row["data"][_WORD_BYTES:]
    return Outcome(
        name=row["name"],
        height=row["height"],
        log_index=row["log_index"],
        timestamp=row["timestamp"],
        transaction_hash=row["hash"],
        word=None if voided else int.from_bytes(first, "big"),
        commitment=None if voided or refused else second,
        reason=int.from_bytes(second, "big") if refused else None,
    )
