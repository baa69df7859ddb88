"""What becomes of rows that the signer refuses: they end, so that what waits behind them is signed."""

import structlog

from node.clock import Clock
from node.errors import DayLimitReached, PolicyRefused, SomeRefused
from node.outbox.actions import Action
from node.outbox.leases import Lease, require_lease
from node.outbox.nonces import WRITER
from node.outbox.rows import enqueue, refuse
from node.outbox.work import Row
from node.services.audit import append_audit
from node.store.incidents import was_cleared
from node.store.session import Store
from node.submitter.alarm import remember
from node.submitter.batch import Batch

_log = structlog.get_logger("vostro.submitter")


def end_refused(store: Store, clock: Clock, lease: Lease, batch: Batch, refused: PolicyRefused) -> None:
    """End the rows of a batch that were refused, and void their instructions, in one SQL transaction.

    A day's limit refuses by itself. Anything else was never asked for by this node as it should be: raise
    it, after remembering it, until a person has looked and cleared it (R10). Raise `LeaseLost`.
    """
    rows = [row for row in batch.rows if _is_refused(row, refused)]
    subject = "outbox rows " + " ".join(str(row.id) for row in rows)
    at = int(clock.now())
    with store.transaction() as connection:
        require_lease(connection, lease)
        ends = isinstance(refused, DayLimitReached) or was_cleared(
            connection, writer=WRITER, code=refused.code, subject=subject
        )
        if ends:
            ended = set(refuse(connection, [row.id for row in rows], reason=type(refused).__name__, at=at))
            # A void that is refused is not followed by another: its instruction shows as unknown.
            voided = [row.due.id for row in rows if row.id in ended and row.action.instructs]
            enqueue(connection, Action.VOID, voided, at=at)
            append_audit(
                connection,
                at=at,
                actor=WRITER,
                action="signature_refused",
                subject=subject,
                detail={"key": lease.key.hex(), "code": refused.code, "reason": refused.detail},
            )
    if not ends:
        remember(store, clock, subject=subject, error=refused)
        raise refused
    _log.warning("refused", rows=len(rows), code=refused.code)


def _is_refused(row: Row, refused: PolicyRefused) -> bool:
    """Tell whether a row is among what was refused: where some are named, only those."""
    if not isinstance(refused, SomeRefused) or row.order is None:
        return True
    return row.order.terms.encoded() in refused.words
