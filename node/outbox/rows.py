"""The rows of the outbox: put in, given to a transaction once. A further attempt is a further row."""

from collections.abc import Container, Iterable, Sequence

from sqlalchemy import Connection, and_, func, insert, select, text, update

from node.outbox.actions import Action
from node.store.bulk import insert_rows
from node.store.tables import outbox
from settlement.participant import KeyRole

# No transaction carries it yet, and the signer has not refused it for good.
IS_UNSENT = and_(outbox.c.transaction_id.is_(None), outbox.c.refused_at.is_(None))
# Both as text, so that the indexes of few rows are used.
IS_HELD = and_(IS_UNSENT, text("outbox.held"))
IS_WAITING = and_(IS_UNSENT, text("NOT outbox.held"))

# Two counts, so that each has its index of few rows.
_COUNT = select(
    select(func.count()).select_from(outbox).where(IS_WAITING).scalar_subquery()
    + select(func.count()).select_from(outbox).where(IS_HELD).scalar_subquery()
)
_COLUMNS = ("action", "instruction_id", "contract", "role", "created_at", "held")


def enqueue(
    connection: Connection,
    action: Action,
    instruction_ids: Iterable[str],
    *,
    at: int,
    held: Container[str] = (),
) -> None:
    """Put in one row for each instruction, in their order; those of `held` wait for a second person."""
    contract, role = action.contract, KeyRole.PAY.value
    rows = (
        (action.value, instruction, contract, role, at, instruction in held)
        for instruction in instruction_ids
    )
    insert_rows(connection, outbox, _COLUMNS, rows)


def enqueue_call(
    connection: Connection,
    *,
    contract: str,
    calldata: bytes,
    role: KeyRole,
    at: int,
    signer: bytes | None = None,
    held: bool = False,
) -> int:
    """Put in a transaction with its calldata, return its row's number; `signer` if it matters which key.

    `held`: it waits for a second person.
    """
    made: int = connection.execute(
        insert(outbox)
        .values(
            action=Action.CALL.value,
            contract=contract,
            calldata=calldata,
            role=role.value,
            signer=signer,
            created_at=at,
            held=held,
        )
        .returning(outbox.c.id)
    ).scalar_one()
    return made


def waiting_count(connection: Connection) -> int:
    """Return how many rows no transaction carries yet, those that are held too."""
    return int(connection.execute(_COUNT).scalar_one())


def release(connection: Connection, instruction: str) -> bool:
    """Let the held row of an instruction go on its way; False when none is held."""
    done = connection.execute(
        update(outbox).where(outbox.c.instruction_id == instruction, IS_HELD).values(held=False)
    )
    return done.rowcount == 1


def release_call(connection: Connection, row: int, calldata: bytes) -> bool:
    """Let a held call go on its way, with this calldata; False when it is not held any more."""
    done = connection.execute(
        update(outbox).where(outbox.c.id == row, IS_HELD).values(held=False, calldata=calldata)
    )
    return done.rowcount == 1


def refuse_held_call(connection: Connection, row: int, *, reason: str, at: int) -> bool:
    """End a held call for good; False when it is not held any more."""
    done = connection.execute(
        update(outbox).where(outbox.c.id == row, IS_HELD).values(held=False, refused_at=at, refusal=reason)
    )
    return done.rowcount == 1


def refuse_held(connection: Connection, instruction_ids: Sequence[str], *, reason: str, at: int) -> list[str]:
    """End the held rows of these instructions for good; return whose rows those were."""
    done = connection.scalars(
        update(outbox)
        .where(outbox.c.instruction_id.in_(instruction_ids), IS_HELD)
        .values(held=False, refused_at=at, refusal=reason)
        .returning(outbox.c.instruction_id)
    )
    return sorted(done)


def turn_into_void(connection: Connection, instruction_ids: Sequence[str]) -> list[str]:
    """Make the waiting rows of these instructions ask for the void instead; return whose rows those were.

    A row that never left is the only live attempt of its instruction, so nothing else may be put in for it.
    """
    done = connection.scalars(
        update(outbox)
        .where(outbox.c.instruction_id.in_(instruction_ids), IS_UNSENT)
        .values(action=Action.VOID.value, contract=Action.VOID.contract, held=False)
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
