"""What happens when an instruction's deadline is past: it is not signed any more, and it leaves the queue."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, literal_column, select

from node.mirror.head import head
from node.mirror.instructions import Outcome, outcomes
from node.outbox.actions import Action
from node.outbox.nonces import WRITER
from node.outbox.rows import IS_HELD, enqueue, refuse, refuse_held
from node.outbox.work import Row
from node.services.audit import append_audit
from node.services.facts import concerns, subject_of
from node.store.tables import instructions, outbox
from settlement.posting import SETTLING
from settlement.recognition import UNSETTLED, WAITING

# Why a row ended that was not signed in time; `settlement.iso20022.statuses` has its code.
DEADLINE_PASSED = "DeadlinePassed"
# How many are swept from the queue at one time.
SWEPT_MAX = 500


def end_late(connection: Connection, rows: Sequence[Row], *, at: int) -> list[Row]:
    """End those of waiting rows whose deadline is past, and void their instructions; return the others.

    What was signed before goes its way: only its end tells whether it came in time.
    """
    late = [row for row in rows if row.is_late(at)]
    if not late:
        return list(rows)
    ended = set(refuse(connection, [row.id for row in late], reason=DEADLINE_PASSED, at=at))
    enqueue(connection, Action.VOID, [row.due.id for row in late if row.id in ended], at=at)
    append_audit(
        connection,
        at=at,
        actor=WRITER,
        action="deadline_passed",
        subject="outbox rows " + " ".join(str(row) for row in sorted(ended)),
        detail={"rows": len(ended)},
    )
    return [row for row in rows if not row.is_late(at)]


def end_unapproved(connection: Connection, *, at: int) -> int:
    """End what nobody has approved by its deadline, and void it; return how many that were."""
    late = (
        select(outbox.c.instruction_id)
        .join(instructions, instructions.c.id == outbox.c.instruction_id)
        .where(IS_HELD, instructions.c.deadline < at)
        .order_by(outbox.c.id)
        .limit(SWEPT_MAX)
    )
    found = [identifier for identifier in connection.scalars(late) if identifier is not None]
    ended = refuse_held(connection, found, reason=DEADLINE_PASSED, at=at)
    if ended:
        enqueue(connection, Action.VOID, ended, at=at)
        append_audit(
            connection,
            at=at,
            actor=WRITER,
            action="deadline_passed",
            subject="unapproved " + " ".join(ended),
            detail={"rows": len(ended)},
        )
    return len(ended)


def sweep_queue(connection: Connection, *, after: int, at: int) -> int:
    """Ask that what waits in the queue past its deadline, and past `after`, is ended there.

    Each is asked for once. By the chain's own clock: once a mirrored block is younger than a deadline,
    nothing can enter or settle under it any more, and the next block ends it. Return up to which deadline
    all is asked for.
    """
    mirrored = head(connection)
    if mirrored is None:
        return after
    swept = outbox.alias("swept")
    asked = select(swept.c.id).where(
        swept.c.instruction_id == instructions.c.id, swept.c.action == Action.SWEEP.value
    )
    query = (
        select(instructions)
        .join(outbox, outbox.c.instruction_id == instructions.c.id)
        # Said in full, so that the index of few rows is used.
        .where(outbox.c.action == literal_column("'submit'"))
        .where(instructions.c.deadline > after, instructions.c.deadline < mirrored.timestamp, ~asked.exists())
        .order_by(instructions.c.deadline, instructions.c.id)
        .distinct()
    )
    found = connection.execute(query).mappings().all()
    said = outcomes(connection, ((row["payer"], row["sequence"]) for row in found))
    waiting = [row["id"] for row in found if _waits(row, said[row["payer"], row["sequence"]])]
    enqueue(connection, Action.SWEEP, waiting[:SWEPT_MAX], at=at)
    return after if len(waiting) > SWEPT_MAX else mirrored.timestamp - 1


def _waits(row: RowMapping, outcomes_: Sequence[Outcome]) -> bool:
    identity = subject_of(row).identity
    said = {outcome.name for outcome in outcomes_ if concerns(identity, outcome)}
    return bool(said & WAITING) and not said & (SETTLING | UNSETTLED)
