"""Affirming: a second person consents to what the bank brings into a cycle, by the cycle's own name.

The coordinator's affirmation proposes the cycle; the others' follow once it is open. A bank affirms no second
cycle while the first may settle, so no payment settles twice (R1).
"""

import orjson
from sqlalchemy import Connection, RowMapping, insert, select

from node.chain import own_calls
from node.chain.contracts import Contracts
from node.clock import Clock, Random
from node.errors import CycleRefused, NotFound, SelfApproval
from node.keys.approvers import Approvers
from node.mirror.cycles import cycle_history
from node.mirror.head import pinned
from node.mirror.registry import keys_of
from node.services.actors import Actor
from node.services.administration import ask_in
from node.services.answers import Answer, Request, first_answer, keep_answer
from node.services.audit import append_audit
from node.services.circumstances import own_participant
from node.services.cycles.book import call_row, has_affirmed, note_of
from node.services.cycles.coordination import ask_withdrawal
from node.services.cycles.progress import own_arrival
from node.services.cycles.subtrees import objection
from node.services.cycles.words import Note, Proposal
from node.settings import Settings
from node.store.session import Store
from node.store.tables import cycle_affirmations, cycle_entries, gross_payments
from settlement.approval import NET, approval_deadline, approval_digest
from settlement.netting import Cycle
from settlement.participant import KeyRole


def affirm_cycle(
    store: Store,
    settings: Settings,
    contracts: Contracts,
    clock: Clock,
    *,
    approvers: Approvers,
    request: Request,
    actor: Actor,
    call: str,
    shown: bytes,
    secret: bytes,
) -> Answer:
    """Consent to the cycle whose digest was `shown`, by the actor's own key, and have it brought on chain.

    Raise `NotFound`, `CycleRefused` when it is not to be affirmed (now), `SelfApproval`, `ApproverRefused`.
    """
    at = int(clock.now())
    with store.snapshot() as connection:
        if answered := first_answer(connection, request):
            return answered
        own = own_participant(connection, settings).id
        row = affirmable(connection, call, own=own, actor=actor, shown=shown)
        chain, cycle = pinned(connection), Cycle(words=row["words"])
        valid = {
            each.address
            for each in keys_of(connection, own)
            if each.role is KeyRole.APPROVE and each.valid_at(at)
        }
    deadline = approval_deadline(now=at, deadline=cycle.arguments[3])
    asked = approval_digest(
        chain_id=chain.chain_id, ledger=chain.ledger, action=NET, digest=shown, deadline=deadline
    )
    key, signatures = approvers.sign(actor.name, secret, [asked], valid.__contains__)
    make = own_calls.propose_cycle if row["coordinator"] == own else own_calls.affirm_cycle
    with store.transaction() as connection:
        if answered := first_answer(connection, request):
            return answered
        affirmable(connection, call, own=own, actor=actor, shown=shown)
        outbox_row = ask_in(
            connection, make(contracts, cycle, (0, deadline, signatures[0])),
            role=KeyRole.PAY, actor=actor.id, action="cycle_affirmed", at=at,
        )  # fmt: skip
        connection.execute(
            insert(cycle_affirmations).values(
                call=call, row=outbox_row, key=key, deadline=deadline, approver=actor.id,
                approver_name=actor.name, created_at=at,
            )
        )  # fmt: skip
        answer = Answer(status=202, body=orjson.dumps({"call": call, "cycle": "0x" + shown.hex()}))
        keep_answer(connection, request, answer, at=at)
        append_audit(
            connection, at=at, actor=actor.id, action="cycle_approved", subject=call,
            detail={"key": key.hex(), "digest": shown.hex()},
        )  # fmt: skip
    return answer


def affirmable(
    connection: Connection, call: str, *, own: int, actor: Actor | None, shown: bytes | None
) -> RowMapping:
    """Return a call whose cycle this bank may affirm now; raise what stands in the way."""
    row = _known(connection, call)
    reason = why_not_now(connection, row, own)
    if reason is not None:
        raise CycleRefused(f"{call}: {reason}")
    if shown is not None and row["digest"] != shown:
        raise CycleRefused(f"{call} is not the cycle you were shown; look at it again", param="digest")
    if actor is not None and _entered(connection, call, own, actor):
        raise SelfApproval(f"you entered a payment of {call}; a second person affirms it")
    return row


def why_not_now(  # noqa: PLR0911 - a reason a line
    connection: Connection, row: RowMapping, own: int
) -> str | None:
    """Tell, for people, why this bank can't affirm the cycle of a call now; None when it can."""
    if row["ended_at"] is not None:
        return f"it has ended: {row['outcome']}"
    if row["digest"] is None:
        return "its cycle is being made"
    if has_affirmed(connection, row["id"]):
        return "this bank has affirmed it"
    if own not in {each.participant for each in Proposal.model_validate_json(row["summaries"]).summaries}:
        return "this bank is no member of its cycle"
    if note_of(connection, row["id"], own, Note.CHECKED) is None:
        found = objection(connection, row, own)
        by = "" if found is None or found.without is None else f" (participant {found.without})"
        return f"it is not what this node has: {found.reason}{by}" if found else "this node looks at it"
    history = cycle_history(connection, row["digest"])
    if row["coordinator"] != own and not history.proposed:
        return "its coordinator has not proposed it on the chain"
    return None if history.ended is None else "the chain has ended it"


def _entered(connection: Connection, call: str, own: int, actor: Actor) -> bool:
    query = (
        select(gross_payments.c.id)
        .join(
            cycle_entries,
            (cycle_entries.c.payer == gross_payments.c.payer)
            & (cycle_entries.c.payment == gross_payments.c.id),
        )
        .where(
            cycle_entries.c.call == call,
            gross_payments.c.payer == own,
            (gross_payments.c.created_by == actor.id) | (gross_payments.c.entered_by == actor.name),
        )
    )
    return connection.execute(query.limit(1)).first() is not None


def withdraw_from(
    connection: Connection,
    settings: Settings,
    contracts: Contracts,
    clock: Clock,
    random: Random,
    *,
    call: str,
    actor: str,
) -> None:
    """Ask the chain to end the cycle of a call, which any member may until it settles.

    Raise `NotFound`, `CycleRefused`.
    """
    row = _known(connection, call)
    history = None if row["digest"] is None else cycle_history(connection, row["digest"])
    if history is None or not history.proposed or history.ended is not None:
        raise CycleRefused(f"{call} has no cycle that is open on the chain")
    ask_withdrawal(own_arrival(connection, settings, clock, random), contracts, row, actor=actor)


def _known(connection: Connection, call: str) -> RowMapping:
    row = call_row(connection, call) if call.isprintable() else None
    if row is None:
        raise NotFound(f"this node knows no call {call!r}")
    return row
