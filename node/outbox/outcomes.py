"""How a transaction of ours ended, read from the mirror's tables: its receipt, and its word on each row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, or_, select
from sqlalchemy import Row as Record

from node.outbox.attempts import attempts_of
from node.outbox.replacements import Version
from node.outbox.rows import IS_UNSENT
from node.outbox.work import Order, Row, carried
from node.store.tables import events, outbox, receipts, transactions
from settlement.posting import SETTLING
from settlement.recognition import ACCEPTING, UNSETTLED, WAITING, is_about

_WORD_BYTES = 32
_PER_QUERY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """A receipt of a final block."""

    height: int
    transaction_index: int
    succeeded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the chain has said of the orders of one transaction, by id of the instruction.

    `refused`: in this very transaction, with the number of the reason. In any: `ended`, because it settled as
    it stands, was voided, or left the queue unsettled; `usurped`, which is when something else was accepted
    under its sequence; `proposed` or `queued`, accepted by the queue.
    """

    refused: Mapping[str, int]
    ended: frozenset[str] = frozenset()
    usurped: frozenset[str] = frozenset()
    proposed: frozenset[str] = frozenset()
    queued: frozenset[str] = frozenset()

    def is_ended(self, instruction: str) -> bool:
        """Tell whether its sequence is used for ever, and nothing waits under it."""
        return instruction in self.ended or instruction in self.usurped

    def waits(self, instruction: str) -> bool:
        """Tell whether the queue has it: only there can it still be ended."""
        return instruction in self.proposed or instruction in self.queued


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Everything that decides what follows from the end of a transaction.

    `busy`: instructions that another row works for; `reverted`: how many transactions of this action came
    to nothing, this one included, by instruction.
    """

    rows: Sequence[Row]
    said: Said
    busy: frozenset[str]
    reverted: Mapping[str, int]


def ended(connection: Connection, transaction: int, final: Final | None) -> Ended:
    """Gather what is known of a transaction that has ended (`final` None: its nonce is lost)."""
    rows = carried(connection, transaction)
    orders = [row.order for row in rows if row.order is not None]
    instructions = [order.id for order in orders]
    reverted: dict[str, int] = {}
    if final is None or not final.succeeded:
        reverted = {
            instruction: sum(each.reverted and each.action is rows[0].action for each in tried)
            for instruction, tried in attempts_of(connection, instructions).items()
        }
    return Ended(
        rows=rows,
        said=said_of(connection, orders, final),
        busy=with_other_live_rows(connection, transaction, instructions),
        reverted=reverted,
    )


def final_version(connection: Connection, versions: Sequence[Version]) -> tuple[Final | None, Version | None]:
    """Return the mirrored receipt of the version that was mined, and which it is; None while not final."""
    columns = [receipts.c[name] for name in ("height", "transaction_index", "succeeded")]
    for version in versions:
        query = select(*columns).where(receipts.c.hash == version.hash)
        row = connection.execute(query).mappings().one_or_none()
        if row is not None:
            return Final(**row), version
    return None, None


def said_of(connection: Connection, orders: Sequence[Order], final: Final | None) -> Said:
    """Return what the mirror knows of these orders; `final` is where their own transaction stands."""
    refused: dict[str, int] = {}
    found: dict[str, set[str]] = {"ended": set(), "usurped": set(), "proposed": set(), "queued": set()}
    by_key = {(order.terms.payer, order.terms.sequence): order for order in orders}
    for row in _events(connection, by_key):
        order = by_key[row.initiator, row.sequence]
        word = _word(order, row)
        if word == "refused" and _is_here(row, final):
            refused[order.id] = int.from_bytes(row.data[_WORD_BYTES : 2 * _WORD_BYTES], "big")
        elif word is not None and word != "refused":
            found[word].add(order.id)
    return Said(refused=refused, **{word: frozenset(ids) for word, ids in found.items()})


def with_other_live_rows(
    connection: Connection, transaction: int, instruction_ids: Sequence[str]
) -> frozenset[str]:
    """Return those instructions that another row than this transaction's still works for."""
    query = (
        select(outbox.c.instruction_id)
        .outerjoin(transactions, transactions.c.id == outbox.c.transaction_id)
        .where(
            or_(IS_UNSENT, and_(outbox.c.transaction_id.is_not(None), transactions.c.concluded_at.is_(None))),
            or_(outbox.c.transaction_id.is_(None), outbox.c.transaction_id != transaction),
        )
    )
    found: set[str] = set()
    for start in range(0, len(instruction_ids), _PER_QUERY):
        some = instruction_ids[start : start + _PER_QUERY]
        found.update(connection.scalars(query.where(outbox.c.instruction_id.in_(some))))
    return frozenset(found)


def _word(order: Order, row: Record[Any]) -> str | None:
    if not is_about(order.identity, contract=row.contract, name=row.name, data=row.data):
        return "usurped" if row.name in ACCEPTING else None
    if row.name in WAITING:
        return "proposed" if row.name == "Submitted" else "queued"
    if row.name == "Voided" or row.name in SETTLING or row.name in UNSETTLED:
        return "ended"
    return "refused" if row.name == "Refused" else None


def _is_here(row: Record[Any], final: Final | None) -> bool:
    """Tell whether an event is of the transaction that stands there."""
    place = row.height, row.transaction_index
    return final is not None and place == (final.height, final.transaction_index)


def _events(connection: Connection, by_key: Mapping[tuple[int, int], Order]) -> Iterable[Record[Any]]:
    columns = ("height", "transaction_index", "contract", "name", "initiator", "sequence", "data")
    query = select(*(events.c[name] for name in columns))
    sequences: dict[int, list[int]] = {}
    for initiator, sequence in by_key:
        sequences.setdefault(initiator, []).append(sequence)
    for initiator, wanted in sequences.items():
        for start in range(0, len(wanted), _PER_QUERY):
            some = wanted[start : start + _PER_QUERY]
            yield from connection.execute(
                query.where(events.c.initiator == initiator, events.c.sequence.in_(some))
            )
