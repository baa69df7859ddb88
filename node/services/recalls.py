"""Recalls: requests (camt.056) that payments of this bank be cancelled, and what became of each (camt.029).

What queues is asked to be cancelled; what has settled is final, and its return is a new payment (PFMI 8).
What became of it is read off the payments, never written.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, insert, select

from node.clock import Clock, Random
from node.errors import CancelRefused, DuplicateMessage, NotFound, PayerRefused
from node.mirror.registry import directory
from node.services.answers import Answer, Request, first_answer, keep_answers, request_of
from node.services.audit import append_audit
from node.services.circumstances import own_participant
from node.services.identifiers import new_id
from node.services.payments import Payment, payment_in
from node.services.voids import cancel_in
from node.settings import Settings
from node.store.bulk import insert_rows
from node.store.session import Store
from node.store.tables import files, instructions, recall_items, recalls
from settlement.identifiers import BankReference
from settlement.iso20022 import camt029, camt056
from settlement.iso20022.camt029 import RecallOutcome, RecallStatus
from settlement.iso20022.camt056 import Recall, RecalledPayment
from settlement.iso20022.schema import Schemas
from settlement.lifecycle import State

PAYMENTS_MAX = 1_000
_NAMES = tuple(field.name for field in fields(RecalledPayment))
_COLUMNS = ("recall_id", "position", "payment_id", "refusal", "detail", *_NAMES)
_ENDED = frozenset({State.SETTLED.shown, State.REJECTED.shown, State.EXPIRED.shown})
_MESSAGE_ID_CHARACTERS_MAX = 35
_FINAL = "it has settled, and that is final; money comes back by a new payment of its payee"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallHistory:
    """A request and what became of each payment it names, as of now. `status` is the word for all."""

    recall_id: str
    message_id: str
    created_at: int
    created_by: str
    case_id: str | None
    status: str
    payments: tuple[str | None, ...]
    outcomes: tuple[RecallOutcome, ...]


def accept_recall(
    store: Store,
    settings: Settings,
    clock: Clock,
    random: Random,
    *,
    actor: str,
    body: bytes,
    key: str,
    schemas: Schemas | None = None,
) -> Answer:
    """Take a camt.056: ask for the cancellation of each payment that queues; the first answer if it is known.

    A payment that can't be cancelled is rejected in its resolution, and hinders no other. Raise a leaf of
    `InvalidMessage`, `PayerRefused`, `DuplicateMessage`, `IdempotencyConflict`.
    """
    recall = camt056.read(body, schemas=schemas, bytes_max=settings.body_bytes_max, payments_max=PAYMENTS_MAX)
    keyed = request_of(actor=actor, key=key, operation="recall", body=body)
    named = Request(
        actor=f"recall {settings.bic}",
        key=recall.message_id,
        digest=hashlib.sha256(body).digest(),
        conflict=DuplicateMessage,
    )
    at = int(clock.now())
    with store.transaction() as connection:
        if answered := first_answer(connection, keyed) or first_answer(connection, named):
            return answered
        _require_own(connection, settings, recall.assigner)
        identifier = new_id("recall", clock, random)
        asked = _ask(connection, settings, clock, identifier, recall, actor=actor, at=at)
        answer = Answer(
            status=202, body=orjson.dumps({"recall_id": identifier, "message_id": recall.message_id})
        )
        keep_answers(connection, [(keyed, answer), (named, answer)], at=at)
        append_audit(
            connection,
            at=at,
            actor=actor,
            action="recall_accepted",
            subject=identifier,
            detail={"payments": len(recall.payments), "asked": asked},
        )
    return answer


def _require_own(connection: Connection, settings: Settings, assigner: BankReference | None) -> None:
    own = own_participant(connection, settings)
    if assigner is not None and directory(connection).resolve(assigner).id != own.id:
        raise PayerRefused(
            f"the request is from {assigner}; this node recalls payments of {own.bic} only", param="assigner"
        )


def _ask(
    connection: Connection,
    settings: Settings,
    clock: Clock,
    identifier: str,
    recall: Recall,
    *,
    actor: str,
    at: int,
) -> int:
    """Write the request with what could not be asked for; return how many cancellations were asked for."""
    connection.execute(
        insert(recalls).values(
            id=identifier,
            message_id=recall.message_id,
            case_id=recall.case_id,
            created_at=at,
            created_by=actor,
        )
    )
    rows = []
    for position, payment in enumerate(recall.payments):
        found, refusal, detail = _ask_one(connection, settings, clock, payment, actor=actor)
        said = (getattr(payment, name) for name in _NAMES)
        rows.append((identifier, position, found, refusal, detail, *said))
    insert_rows(connection, recall_items, _COLUMNS, rows)
    return sum(refusal is None for _, _, _, refusal, *_ in rows)


def _ask_one(
    connection: Connection, settings: Settings, clock: Clock, payment: RecalledPayment, *, actor: str
) -> tuple[str | None, str | None, str | None]:
    """Return the payment's id, and why it could not be asked for."""
    row = _original(connection, payment)
    if row is None:
        return None, "not_found", "this bank's node sent no such payment"
    told = f"{row['id']} is named otherwise here: hold the request against the payment"
    if payment.end_to_end_id not in (None, row["end_to_end_id"]) or payment.amount not in (
        None,
        row["amount"],
    ):
        return row["id"], "contradiction", told
    try:
        cancel_in(connection, settings, clock, row["id"], actor=actor)
    except CancelRefused as error:
        return row["id"], error.code, error.detail
    return row["id"], None, None


def _original(connection: Connection, payment: RecalledPayment) -> RowMapping | None:
    query = select(instructions)
    if payment.uetr is not None:
        query = query.where(instructions.c.uetr == payment.uetr)
    else:
        query = query.join(files, files.c.id == instructions.c.file_id).where(
            files.c.message_id == payment.message_id,
            instructions.c.end_to_end_id == payment.end_to_end_id,
        )
    found = connection.execute(query.limit(2)).mappings().all()
    # Several of one reference: which one is meant nobody can tell.
    return found[0] if len(found) == 1 else None


def get_recall(store: Store, settings: Settings, clock: Clock, recall_id: str) -> RecallHistory:
    """Return a request and what became of it; raise `NotFound`."""
    with store.snapshot() as connection:
        row = connection.execute(select(recalls).where(recalls.c.id == recall_id)).mappings().first()
        if row is None:
            raise NotFound(f"no recall of this node has the id {recall_id!r}")
        query = select(recall_items).where(recall_items.c.recall_id == recall_id)
        items = connection.execute(query.order_by(recall_items.c.position)).mappings().all()
        outcomes = tuple(_outcome(item, _payment(connection, settings, clock, item)) for item in items)
    return RecallHistory(
        recall_id=recall_id,
        message_id=row["message_id"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        case_id=row["case_id"],
        status=camt029.confirmation(outcomes).value,
        payments=tuple(item["payment_id"] for item in items),
        outcomes=outcomes,
    )


def _payment(connection: Connection, settings: Settings, clock: Clock, item: RowMapping) -> Payment | None:
    if item["payment_id"] is None:
        return None
    query = select(instructions).where(instructions.c.id == item["payment_id"])
    return payment_in(connection, settings, clock, connection.execute(query).mappings().one())


def _outcome(item: RowMapping, payment: Payment | None) -> RecallOutcome:
    named = RecalledPayment(**{name: item[name] for name in _NAMES})
    state = None if payment is None else payment.state
    if state == State.CANCELLED.shown and item["refusal"] != "contradiction":
        return RecallOutcome(payment=named, status=RecallStatus.ACCEPTED)
    if item["refusal"] is not None:
        why, detail = item["refusal"], item["detail"]
        return RecallOutcome(payment=named, status=RecallStatus.REJECTED, reason=why, detail=detail)
    if state in _ENDED:
        detail = _FINAL if state == State.SETTLED.shown else None
        return RecallOutcome(payment=named, status=RecallStatus.REJECTED, reason=state, detail=detail)
    return RecallOutcome(payment=named, status=RecallStatus.PENDING)


def resolution(store: Store, settings: Settings, clock: Clock, recall_id: str) -> bytes:
    """Return the camt.029 of a request as of now; raise `NotFound`."""
    found = get_recall(store, settings, clock, recall_id)
    now = int(clock.now())
    return camt029.write(
        message_id=f"{found.message_id}-{now}"[-_MESSAGE_ID_CHARACTERS_MAX:],
        created_at=now,
        bank=BankReference(bic=settings.bic),
        case_id=found.case_id,
        outcomes=found.outcomes,
    )


def list_recalls(store: Store, *, limit: int) -> Sequence[RowMapping]:
    """Return the newest requests: id, message_id, created_at, created_by."""
    query = select(recalls).order_by(recalls.c.created_at.desc(), recalls.c.id.desc()).limit(limit)
    with store.snapshot() as connection:
        return connection.execute(query).mappings().all()


def recall_fields(found: RecallHistory) -> dict[str, Any]:
    """Return a request as JSON shows it."""
    return {
        "recall_id": found.recall_id,
        "message_id": found.message_id,
        "status": found.status,
        "payments": [
            {
                "payment_id": payment_id,
                **asdict(outcome.payment),
                "amount": None if outcome.payment.amount is None else str(outcome.payment.amount),
                "status": outcome.status.value,
                "status_reason": outcome.reason,
                "detail": outcome.detail,
            }
            for payment_id, outcome in zip(found.payments, found.outcomes, strict=True)
        ],
    }
