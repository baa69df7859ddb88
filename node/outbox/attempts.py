"""What was tried for instructions: each row of the outbox with its transaction and how that ended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, select

from node.outbox.actions import Action
from node.store.tables import blocks, outbox, receipts, transactions

_INSTRUCTIONS_PER_QUERY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A transaction's receipt, final: where it stands, when (UTC seconds), and whether it did anything."""

    height: int
    transaction_index: int
    timestamp: int
    succeeded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A row of the outbox. Without `transaction_hash` it waits; without `end` its transaction is in flight.

    `abandoned`: its nonce was lost to a stranger's transaction. `error`: why it reverted. `refused_at` (UTC
    seconds) and `refusal`: the signer refused it for good, so it waits no more. `held`: until a second
    person has answered.
    """

    row: int
    action: Action
    created_at: int
    transaction_hash: bytes | None
    signed_at: int | None
    abandoned: bool
    error: str | None
    end: End | None
    refused_at: int | None
    refusal: str | None
    held: bool

    @property
    def reverted(self) -> bool:
        """Tell whether its transaction did nothing, for ever."""
        return self.abandoned or (self.end is not None and not self.end.succeeded)


def attempts_of(connection: Connection, instruction_ids: Iterable[str]) -> dict[str, list[Attempt]]:
    """Return the attempts for each instruction, oldest first."""
    wanted = list(instruction_ids)
    found: dict[str, list[Attempt]] = {identifier: [] for identifier in wanted}
    for start in range(0, len(wanted), _INSTRUCTIONS_PER_QUERY):
        some = wanted[start : start + _INSTRUCTIONS_PER_QUERY]
        query = _ATTEMPTS.where(outbox.c.instruction_id.in_(some)).order_by(outbox.c.id)
        for row in connection.execute(query).mappings():
            found[row["instruction_id"]].append(_attempt(row))
    return found


def attempts_of_rows(connection: Connection, rows: Sequence[int]) -> list[Attempt]:
    """Return these rows of the outbox, by number; those that there are."""
    query = _ATTEMPTS.where(outbox.c.id.in_(rows)).order_by(outbox.c.id)
    return [_attempt(row) for row in connection.execute(query).mappings()]


_ATTEMPTS = (
    select(
        outbox.c.id,
        outbox.c.instruction_id,
        outbox.c.action,
        outbox.c.created_at,
        outbox.c.refused_at,
        outbox.c.refusal,
        outbox.c.held,
        transactions.c.hash,
        transactions.c.signed_at,
        transactions.c.abandoned,
        transactions.c.error,
        receipts.c.height,
        receipts.c.transaction_index,
        receipts.c.succeeded,
        blocks.c.timestamp,
    )
    .select_from(outbox)
    .outerjoin(transactions, transactions.c.id == outbox.c.transaction_id)
    .outerjoin(receipts, receipts.c.hash == transactions.c.hash)
    .outerjoin(blocks, blocks.c.height == receipts.c.height)
)


def _attempt(row: RowMapping) -> Attempt:
    end = None
    if row["height"] is not None:
        end = End(
            height=row["height"],
            transaction_index=row["transaction_index"],
            timestamp=row["timestamp"],
            succeeded=row["succeeded"],
        )
    return Attempt(
        row=row["id"],
        action=Action(row["action"]),
        created_at=row["created_at"],
        transaction_hash=row["hash"],
        signed_at=row["signed_at"],
        abandoned=bool(row["abandoned"]),
        error=row["error"],
        end=end,
        refused_at=row["refused_at"],
        refusal=row["refusal"],
        held=row["held"],
    )
