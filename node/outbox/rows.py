"""The rows of the outbox: put in, given to a transaction once. A further attempt is a further row."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, and_, func, insert, select, update

from node.outbox.actions import Action
from node.store.bulk import insert_rows
from node.store.tables import outbox
from settlement.participant import KeyRole

# No transaction carries it yet, and the signer has not refused it for good.
IS_WAITING = and_(outbox.c.transaction_id.is_(None), outbox.c.refused_at.is_(None))

_COLUMNS = ("action", "instruction_id", "contract", "role", "created_at")


def enqueue(connection: Connection, action: Action, instruction_ids: Iterable[str], *, at: int) -> None:
    """Put in one row for each instruction, in their order."""
    contract, role = action.contract, KeyRole.PAY.value
    rows = ((action.value, instruction, contract, role, at) for instruction in instruction_ids)
    insert_rows(connection, outbox, _COLUMNS, rows)


def enqueue_call(
    connection: Connection,
    *,
    contract: str,
    calldata: bytes,
    role: KeyRole,
    at: int,
    signer: bytes | None = None,
) -> int:
    """Put in an administrative transaction, return its row's number; `signer` if it matters which key."""
    made: int = connection.execute(
        insert(outbox)
        .values(
            action=Action.CALL.value,
            contract=contract,
            calldata=calldata,
            role=role.value,
            signer=signer,
            created_at=at,
        )
        .returning(outbox.c.id)
    ).scalar_one()
    return made


def waiting_count(connection: Connection) -> int:
    """Return how many rows no transaction carries yet."""
    count: int = connection.execute(select(func.count()).select_from(outbox).where(IS_WAITING)).scalar_one()
    return count


def turn_into_void(connection: Connection, instruction_ids: Sequence[str]) -> list[str]:
    """Make the waiting rows of these instructions ask for the void instead; return whose rows those were.

    A row that never left is the only live attempt of its instruction, so nothing else may be put in for it.
    """
    done = connection.scalars(
        update(outbox)
        .where(outbox.c.instruction_id.in_(instruction_ids), IS_WAITING)
        .values(action=Action.VOID.value, contract=Action.VOID.contract)
        .returning(outbox.c.instruction_id)
    )
    return sorted(done)


def refuse(connection: Connection, rows: Sequence[int], *, reason: str, at: int) -> list[int]:
    """End waiting rows that the signer does not sign; return which those were."""
    done = connection.scalars(
        update(outbox)
        .where(outbox.c.id.in_(rows), IS_WAITING)
        .values(refused_at=at, refusal=reason)
        .returning(outbox.c.id)
    )
    return sorted(done)
