"""Administrative work through the outbox: put in with an audit entry, followed by the number of its row.

What the calls are is `node.chain.calls` (the operator's and the issuers') and `node.chain.own_calls` (a
participant's own). A call that reverts is not tried again: whoever asked sees why, and asks anew.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from node.chain.calls import Call
from node.clock import Clock
from node.errors import NotFound
from node.outbox.attempts import Attempt, attempts_of_rows
from node.outbox.rows import enqueue_call
from node.services.audit import append_audit
from node.store.session import Store
from settlement.instruction import keccak
from settlement.participant import KeyRole


@dataclass(frozen=True, slots=True, kw_only=True)
class CallProgress:
    """How far a call is. `state`: waiting · refused (by the signer) · sent · done · reverted."""

    row: int
    state: str
    transaction_hash: bytes | None
    height: int | None
    reason: str | None


def ask(
    store: Store,
    clock: Clock,
    call: Call,
    *,
    role: KeyRole,
    actor: str,
    action: str,
    signer: bytes | None = None,
) -> int:
    """Put a call into the outbox for a key of this role, and return its row's number.

    `action` names it in the audit log (``participant_admitted``); `signer` (20 bytes) is the key that must
    sign, where it matters which: the operator's, or the second of two consents.
    """
    at = int(clock.now())
    with store.transaction() as connection:
        return ask_in(connection, call, role=role, actor=actor, action=action, at=at, signer=signer)


def ask_in(
    connection: Connection,
    call: Call,
    *,
    role: KeyRole,
    actor: str,
    action: str,
    at: int,
    signer: bytes | None = None,
) -> int:
    """Do what `ask` does in the caller's transaction; `at` in UTC seconds."""
    row = enqueue_call(
        connection, contract=call.contract, calldata=call.calldata, role=role, at=at, signer=signer
    )
    append_audit(
        connection,
        at=at,
        actor=actor,
        action=action,
        subject=f"outbox row {row}",
        detail={"contract": call.contract, "payload": keccak(call.calldata).hex()},
    )
    return row


def progress(store: Store, row: int) -> CallProgress:
    """Return how far a call is; raise `NotFound`."""
    with store.snapshot() as connection:
        found = attempts_of_rows(connection, [row])
    if not found:
        raise NotFound(f"the outbox has no row {row}")
    attempt = found[0]
    return CallProgress(
        row=row,
        state=call_state(attempt),
        transaction_hash=attempt.transaction_hash,
        height=attempt.end.height if attempt.end else None,
        reason=attempt.refusal or attempt.error,
    )


def call_state(attempt: Attempt) -> str:
    """Return how far a call is, as `CallProgress` has it."""
    if attempt.refused_at is not None:
        return "refused"
    if attempt.reverted:
        return "reverted"
    if attempt.end is not None:
        return "done"
    return "waiting" if attempt.transaction_hash is None else "sent"
