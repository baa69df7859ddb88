"""Administrative work through the outbox: put in with an audit entry, followed by the number of its row.

What the calls are is `node.chain.calls` (the operator's and the issuers') and `node.chain.own_calls` (a
participant's own). A call that reverts is not tried again: whoever asked sees why, and asks anew.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, exists, select

from node.chain.calls import Call
from node.chain.contracts import Contracts
from node.chain.own_calls import confirm_redemption, refuse_redemption, withdraw_redemption
from node.clock import Clock
from node.errors import NotFound
from node.mirror.instructions import Outcome, outcomes
from node.mirror.words import unsigned
from node.outbox.attempts import Attempt, attempts_of_rows
from node.outbox.rows import enqueue_call
from node.services.audit import append_audit
from node.store.session import Store
from node.store.tables import events
from settlement.instruction import Terms, keccak
from settlement.participant import KeyRole


class Ending(StrEnum):
    """How a redemption that waits can end: by its issuer's answer, or because its holder takes it back."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


_ENDS = ("Redeemed", "RedemptionRefused", "RedemptionWithdrawn")
_END_CALLS = {
    Ending.CONFIRMED: confirm_redemption,
    Ending.REFUSED: refuse_redemption,
    Ending.WITHDRAWN: withdraw_redemption,
}


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
        state=_state(attempt),
        transaction_hash=attempt.transaction_hash,
        height=attempt.end.height if attempt.end else None,
        reason=attempt.refusal or attempt.error,
    )


def pending_redemptions(store: Store, participant: int) -> list[Outcome]:
    """Return the redemptions that wait, of which this participant is issuer or holder, oldest first."""
    with store.snapshot() as connection:
        return [
            found for found in _requested(connection) if participant in (found.terms.payer, found.terms.payee)
        ]


def end_redemption(
    store: Store,
    clock: Clock,
    contracts: Contracts,
    terms: Terms,
    *,
    ending: Ending,
    actor: str,
) -> int:
    """Confirm or refuse a redemption that waits, as its issuer, or withdraw it, as its holder; return the
    row's number.

    Raise `NotFound` when none with these terms waits.
    """
    with store.snapshot() as connection:
        found = next((each for each in _requested(connection) if each.terms == terms), None)
    if found is None:
        raise NotFound(f"no redemption {terms.sequence} of participant {terms.payer} waits")
    return ask(
        store,
        clock,
        _END_CALLS[ending](contracts, terms, found.commitment),
        role=KeyRole.PAY,
        actor=actor,
        action=f"redemption_{ending}",
    )


def _requested(connection: Connection) -> list[Outcome]:
    """Return the requests of redemptions that have not ended yet."""
    end = events.alias("end")
    ended = exists().where(
        end.c.initiator == events.c.initiator,
        end.c.sequence == events.c.sequence,
        end.c.name.in_(_ENDS),
    )
    query = select(events.c.initiator, events.c.sequence).where(
        events.c.name == "RedemptionRequested", ~ended
    )
    keys = [(row.initiator, unsigned(row.sequence)) for row in connection.execute(query)]
    found = [each for key in outcomes(connection, keys).values() for each in key]
    requested = [each for each in found if each.name == "RedemptionRequested"]
    return sorted(requested, key=lambda each: (each.height, each.log_index))


def _state(attempt: Attempt) -> str:
    if attempt.refused_at is not None:
        return "refused"
    if attempt.reverted:
        return "reverted"
    if attempt.end is not None:
        return "done"
    return "waiting" if attempt.transaction_hash is None else "sent"
