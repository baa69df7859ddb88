"""Resolving what is `unknown`: its sequence is burnt on chain, so that it can never settle any more."""

from sqlalchemy import Connection, RowMapping, select

from node.clock import Clock
from node.errors import NotFound, VoidRefused
from node.mirror.instructions import outcomes
from node.outbox.actions import Action
from node.outbox.attempts import Attempt, attempts_of
from node.outbox.rows import enqueue, turn_into_void
from node.outbox.transactions import hold
from node.services.audit import append_audit
from node.services.facts import Identity, is_about, state
from node.services.payments import patience_of
from node.settings import Settings
from node.store.session import Store
from node.store.tables import instructions
from settlement.lifecycle import State
from settlement.posting import SETTLING


def void_payment(store: Store, settings: Settings, clock: Clock, payment_id: str, *, actor: str) -> None:
    """Ask for the void of an instruction that is `unknown`; once asked, asking again changes nothing.

    Until the void is final it may still settle: the chain decides which came first. Raise `NotFound`,
    `VoidRefused` when it is not unknown, or its sequence is used.
    """
    now = clock.now()
    with store.transaction() as connection:
        row = _instruction(connection, payment_id)
        # Nobody concludes its transactions while this decides, so that nothing else is put in for it.
        hold(connection, row["id"])
        attempts = attempts_of(connection, [row["id"]])[row["id"]]
        if any(_asks_for_void(attempt) for attempt in attempts):
            return
        _require_unknown(connection, settings, row, attempts, now)
        if not turn_into_void(connection, [row["id"]]):
            enqueue(connection, Action.VOID, [row["id"]], at=int(now))
        append_audit(connection, at=int(now), actor=actor, action="void_asked", subject=row["id"], detail={})


def _instruction(connection: Connection, payment_id: str) -> RowMapping:
    row = None
    if payment_id.isprintable():
        query = select(instructions).where(instructions.c.id == payment_id)
        row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound(f"no payment of this node has the id {payment_id!r}")
    return row


def _asks_for_void(attempt: Attempt) -> bool:
    """Tell whether a row works for the void now."""
    ended = attempt.end is not None or attempt.abandoned or attempt.refused_at is not None
    return attempt.action is Action.VOID and not ended


def _require_unknown(
    connection: Connection, settings: Settings, row: RowMapping, attempts: list[Attempt], now: float
) -> None:
    key = row["payer"], row["sequence"]
    identity = Identity(terms=row["terms"], commitment=row["commitment"], created_at=row["created_at"])
    said = outcomes(connection, [key])[key]
    found = state(identity, attempts, said, patience=patience_of(settings), now=now)
    if any(outcome.name in SETTLING and not is_about(identity, outcome) for outcome in said):
        raise VoidRefused(
            f"something else settled under the sequence of {row['id']}: there is nothing to void; "
            "find out who signed it, and ask for the payment anew"
        )
    if found is not State.UNKNOWN:
        raise VoidRefused(f"{row['id']} is {found.shown}; only what is unknown is voided by hand")
