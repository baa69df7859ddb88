"""Four eyes at work: what waits for a second person, and that person's answer.

An approver signs the digest of what is stored and shown; whoever entered it can't answer for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, RowMapping, insert, select

from node.clock import Clock
from node.errors import ApprovalRefused, NotFound
from node.keys.approvers import Approvers
from node.mirror.head import Pinned, pinned
from node.mirror.registry import directory, registered_assets
from node.outbox.actions import Action
from node.outbox.rows import IS_HELD, enqueue, refuse_held, release
from node.outbox.work import not_before_of
from node.services.actors import Actor
from node.services.answers import Answer, Request, first_answer, keep_answer
from node.services.audit import append_audit
from node.services.policies.verdicts import hits_of
from node.services.screening.lists import Hit
from node.services.second_person import InvalidReason, approve_keys, require_second_person, validate_reason
from node.services.versions import Seen, require_version
from node.store.session import Store
from node.store.tables import approvals, instructions, outbox, rejections, reviews
from settlement.approval import ACTION_OF_KIND, SETTLE, Need, approval_deadline, approval_digest
from settlement.document import commitment
from settlement.errors import BrokenRule
from settlement.instruction import InstructionKind, OneLeg, Terms, digest

PAGE_ROWS_MAX = 200
REJECTED = "ApproverRejected"


class ContentChanged(BrokenRule):
    """An instruction's row says something else than its document, or than what the chain would be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An instruction that waits for a second person. Amount in minor units, times in UTC seconds.

    `digest` is what is approved: over chain, ledger, terms and the commitment to the document; `hit`: whom on
    the names list a name in it is like.
    """

    id: str
    kind: str
    need: str
    payee: str
    currency: str
    amount: int
    end_to_end_id: str
    value_date: str
    not_before: int | None
    deadline: int
    digest: bytes
    entered_by: str
    created_at: int
    hit: Hit | None


def list_waiting(store: Store, clock: Clock, actor: Actor, *, after: str = "", limit: int) -> list[Waiting]:
    """Return what waits and this actor did not enter, oldest first, from behind the id `after`."""
    query = (
        _WAITING.where(
            IS_HELD,
            instructions.c.id > after,
            instructions.c.created_by != actor.id,
            reviews.c.entered_by != actor.name,
            instructions.c.deadline >= int(clock.now()),
        )
        .order_by(instructions.c.id)
        .limit(max(1, min(limit, PAGE_ROWS_MAX)))
    )
    with store.snapshot() as connection:
        names = directory(connection)
        codes = {asset.id: asset.currency.code for asset in registered_assets(connection)}
        chain = pinned(connection)
        rows = connection.execute(query).mappings().all()
        hits = hits_of(connection, [row["id"] for row in rows])
        return [
            Waiting(
                hit=hits.get(row["id"]),
                payee=names.get(row["payee"]).bic,
                currency=codes[row["asset"]],
                digest=_digest(row, chain),
                not_before=not_before_of(row["head"]) or None,
                **{name: row[name] for name in _SHOWN},
            )
            for row in rows
        ]


def approve(
    store: Store,
    clock: Clock,
    approvers: Approvers,
    request: Request,
    *,
    actor: Actor,
    payment_id: str,
    shown: bytes,
    secret: bytes,
    reason: str | None,
    seen: Seen = None,
) -> Answer:
    """Consent to an instruction whose digest is the one that was `shown`, by the actor's own key.

    The secret opens that key for this approval only, outside any transaction, and is kept nowhere. Raise
    `NotFound`, `SelfApproval`, `ApprovalRefused`, `ApproverRefused`, `ApproverBusy`, `ContentChanged`,
    `PreconditionFailed`.
    """
    reason = None if reason is None else validate_reason(reason)
    at = int(clock.now())
    with store.snapshot() as connection:
        if answered := first_answer(connection, request):
            return answered
        row, chain = _answerable(connection, payment_id, actor, at), pinned(connection)
        if reason is None and row["need"] == Need.POLICY_HOLD:
            raise InvalidReason(f"a rule holds {row['id']}: say why it may go", param="reason")
        present = _digest(row, chain)
        require_version(seen, "0x" + present.hex())
        if present != shown:
            raise ApprovalRefused(f"{row['id']} is not what you were shown; look at it again", param="digest")
        valid = approve_keys(connection, row["payer"], at=at)
    deadline = approval_deadline(now=at, deadline=row["deadline"])
    asked = _asked(row, chain, deadline)
    key, signatures = approvers.sign(actor.name, secret, asked, valid.__contains__)
    with store.transaction() as connection:
        if answered := first_answer(connection, request):
            return answered
        if not release(connection, row["id"]):
            raise ApprovalRefused(f"{row['id']} does not wait for an approval any more")
        connection.execute(
            insert(approvals).values(
                instruction_id=row["id"], digest=shown, key=key, deadline=deadline, signature=signatures[0],
                queue_signature=signatures[1] if len(signatures) > 1 else None, reason=reason,
                approver=actor.id, approver_name=actor.name, created_at=at,
            )
        )  # fmt: skip
        detail = {"key": key.hex(), "digest": shown.hex(), "entered_by": row["created_by"]}
        return _answered(connection, request, row["id"], "approved", actor=actor, detail=detail, at=at)


def reject(
    store: Store,
    clock: Clock,
    request: Request,
    *,
    actor: Actor,
    payment_id: str,
    reason: str,
    seen: Seen = None,
) -> Answer:
    """End an instruction that waits, for a reason; its sequence is voided, so that it can never settle.

    Who entered it may do so too. Raise `NotFound`, `ApprovalRefused`, `InvalidReason`, `PreconditionFailed`.
    """
    reason, at = validate_reason(reason), int(clock.now())
    with store.transaction() as connection:
        if answered := first_answer(connection, request):
            return answered
        row = _waiting(connection, payment_id, at)
        require_version(seen, "0x" + _digest(row, pinned(connection)).hex())
        if not refuse_held(connection, [row["id"]], reason=REJECTED, at=at):
            raise ApprovalRefused(f"{row['id']} does not wait for an approval any more")
        enqueue(connection, Action.VOID, [row["id"]], at=at)
        connection.execute(
            insert(rejections).values(
                instruction_id=row["id"], reason=reason, approver=actor.id, approver_name=actor.name,
                created_at=at,
            )
        )  # fmt: skip
        detail = {"entered_by": row["created_by"]}
        return _answered(connection, request, row["id"], "rejected", actor=actor, detail=detail, at=at)


_SHOWN = (
    "id", "kind", "need", "amount", "end_to_end_id", "value_date", "deadline", "entered_by", "created_at",
)  # fmt: skip
_WAITING = (
    select(instructions, reviews.c.need, reviews.c.entered_by)
    .join(outbox, outbox.c.instruction_id == instructions.c.id)
    .join(reviews, reviews.c.instruction_id == instructions.c.id)
)


def _answerable(connection: Connection, payment_id: str, actor: Actor, at: int) -> RowMapping:
    """Return what waits, if this actor is another than who entered it; raise what stands in the way."""
    row = _waiting(connection, payment_id, at)
    require_second_person(row["id"], actor, created_by=row["created_by"], entered_by=row["entered_by"])
    return row


def _waiting(connection: Connection, payment_id: str, at: int) -> RowMapping:
    row = None
    if payment_id.isprintable():
        query = _WAITING.where(instructions.c.id == payment_id, IS_HELD)
        row = connection.execute(query).mappings().one_or_none()
    if row is None:
        known = select(instructions.c.id).where(instructions.c.id == payment_id)
        if payment_id.isprintable() and connection.scalar(known) is not None:
            raise ApprovalRefused(f"{payment_id} does not wait for an approval")
        raise NotFound(f"no payment of this node has the id {payment_id!r}")
    if row["deadline"] < at:
        raise ApprovalRefused(f"the deadline of {row['id']} is past; it is being ended")
    return row


def _terms(row: RowMapping) -> Terms:
    names = ("sequence", "asset", "payer", "payee", "amount", "urgent")
    return Terms(**{name: row[name] for name in names})


def _digest(row: RowMapping, chain: Pinned) -> bytes:
    """Return the digest of what is shown, which is what the chain would be told; raise `ContentChanged`."""
    terms = _terms(row)
    if (
        terms.encoded() != row["terms"]
        or commitment(row["document"].encode(), row["salt"]) != row["commitment"]
    ):
        raise ContentChanged(
            f"{row['id']} was changed in the database: what is shown is not what would be sent; compare with "
            "a backup"
        )
    return digest(chain_id=chain.chain_id, ledger=chain.ledger, terms=terms, commitment=row["commitment"])


def _asked(row: RowMapping, chain: Pinned, deadline: int) -> list[bytes]:
    """Return what is signed: for the instruction's own action, and for the queue where it may go there."""
    kind = InstructionKind(row["kind"])
    named = [(ACTION_OF_KIND[kind], _digest(row, chain))]
    if row["queue"]:
        form = OneLeg(terms=_terms(row), valid_from=not_before_of(row["head"]), valid_until=row["deadline"])
        queued = form.digest(chain_id=chain.chain_id, ledger=chain.ledger, commitment=row["commitment"])
        named.append((SETTLE, queued))
    return [
        approval_digest(
            chain_id=chain.chain_id, ledger=chain.ledger, action=action, digest=each, deadline=deadline
        )
        for action, each in named
    ]


def _answered(
    connection: Connection,
    request: Request,
    payment_id: str,
    verdict: str,
    *,
    actor: Actor,
    detail: Mapping[str, str],
    at: int,
) -> Answer:
    body = {"id": payment_id, "verdict": verdict, "approver": actor.name}
    answer = Answer(status=200, body=orjson.dumps(body))
    keep_answer(connection, request, answer, at=at)
    append_audit(
        connection,
        at=at,
        actor=actor.id,
        action=f"payment_{verdict}",
        subject=payment_id,
        detail=dict(detail),
    )
    return answer
