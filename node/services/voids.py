"""Taking an instruction back: one that is `unknown` by burning its sequence, one that queues by its verb.

Either way the chain decides what came first, and until that is final it may still settle.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, select

from node.clock import Clock
from node.errors import CancelRefused, NotFound, VoidRefused
from node.mirror.instructions import Outcome, outcomes
from node.outbox.actions import Action
from node.outbox.attempts import Attempt, attempts_of
from node.outbox.rows import enqueue, turn_into_void
from node.outbox.transactions import hold
from node.services.audit import append_audit
from node.services.facts import Subject, concerns, state, subject_of
from node.services.payments import Payment, patience_of, payment_in
from node.services.versions import Seen, require_version
from node.settings import Settings
from node.store.session import Store
from node.store.tables import instructions
from settlement.lifecycle import State
from settlement.recognition import ACCEPTING


def void_payment(store: Store, settings: Settings, clock: Clock, payment_id: str, *, actor: str) -> None:
    """Ask for the void of an instruction that is `unknown`; once asked, asking again changes nothing.

    Where the queue has taken it before the void comes, it is cancelled there. Raise `NotFound`,
    `VoidRefused` when it is not unknown, or its sequence is used.
    """
    now = clock.now()
    with store.transaction() as connection:
        row = instruction_in(connection, payment_id)
        # Nobody concludes its transactions while this decides, so that nothing else is put in for it.
        hold(connection, row["id"])
        attempts = attempts_of(connection, [row["id"]])[row["id"]]
        if any(_takes_back(attempt) for attempt in attempts):
            return
        subject, said = subject_of(row), _said(connection, row)
        found = state(subject, attempts, said, patience=patience_of(settings), now=now)
        _require_unused(row, subject, said)
        if found is not State.UNKNOWN:
            raise VoidRefused(f"{row['id']} is {found.shown}; only what is unknown is voided by hand")
        if not turn_into_void(connection, [row["id"]]):
            enqueue(connection, Action.VOID, [row["id"]], at=int(now))
        append_audit(connection, at=int(now), actor=actor, action="void_asked", subject=row["id"], detail={})


def cancel_payment(store: Store, settings: Settings, clock: Clock, payment_id: str, *, actor: str) -> None:
    """Ask that a payment leaves the queue unsettled; see `cancel_in`."""
    with store.transaction() as connection:
        cancel_in(connection, settings, clock, payment_id, actor=actor)


def cancel_in(
    connection: Connection,
    settings: Settings,
    clock: Clock,
    payment_id: str,
    *,
    actor: str,
    seen: Seen = None,
) -> Payment:
    """Ask that a payment leaves the queue unsettled, and return it; asking again changes nothing.

    Raise `NotFound`, `CancelRefused` when it does not wait there, `PreconditionFailed`.
    """
    now = clock.now()
    row = instruction_in(connection, payment_id)
    hold(connection, row["id"])
    shown = payment_in(connection, settings, clock, row)
    require_version(seen, shown.version)
    attempts = attempts_of(connection, [row["id"]])[row["id"]]
    if any(_takes_back(attempt) for attempt in attempts):
        return shown
    found = state(subject_of(row), attempts, _said(connection, row), patience=patience_of(settings), now=now)
    if not found.waits:
        raise CancelRefused(f"{row['id']} is {found.shown}; only what queues is cancelled there")
    verb = Action.WITHDRAW if found is State.PROPOSED else Action.CANCEL
    enqueue(connection, verb, [row["id"]], at=int(now))
    append_audit(connection, at=int(now), actor=actor, action="cancel_asked", subject=row["id"], detail={})
    return shown


def instruction_in(connection: Connection, payment_id: str) -> RowMapping:
    """Return the row of a payment by its id or UETR; raise `NotFound`."""
    row = None
    if payment_id.isprintable():
        query = select(instructions).where(
            (instructions.c.id == payment_id) | (instructions.c.uetr == payment_id)
        )
        row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound(f"no payment of this node has the id or UETR {payment_id!r}")
    return row


def _said(connection: Connection, row: RowMapping) -> Sequence[Outcome]:
    key = row["payer"], row["sequence"]
    return outcomes(connection, [key])[key]


def _takes_back(attempt: Attempt) -> bool:
    """Tell whether a row works for that now."""
    ended = attempt.end is not None or attempt.abandoned or attempt.refused_at is not None
    return attempt.action.takes_back and not ended


def _require_unused(row: RowMapping, subject: Subject, said: Sequence[Outcome]) -> None:
    if any(each.name in ACCEPTING and not concerns(subject.identity, each) for each in said):
        raise VoidRefused(
            f"something else has the sequence of {row['id']}: there is nothing to void; "
            "find out who signed it, and ask for the payment anew"
        )
