"""`/v1/recalls`: requests that payments be cancelled (camt.056), and what became of each (camt.029)."""

from http import HTTPStatus
from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from node.api.answers import JSON, XML, Body, IdempotencyKey, written
from node.api.auth import Reader, Sender
from node.api.context import InContext
from node.api.schemas import Outgoing
from node.clock import time_text
from node.services.recalls import accept_recall, get_recall, list_recalls, recall_fields, resolution

router = APIRouter(prefix="/v1/recalls", tags=["recalls"])

RecallId = Annotated[str, Path(description="Id (recall_…)", max_length=64)]
_ID = Field(description="The node's own id", examples=["recall_01KAP3T0N1Y8Q4Z6V2X7W5R9SD"])
_BODY = {
    "requestBody": {
        "required": True,
        "description": "camt.056.001.08, each payment by its UETR, or its message's id and end-to-end id",
        "content": {XML: {"schema": {"type": "string"}}},
    }
}


class AcceptedRecall(Outgoing):
    """A request that was taken."""

    recall_id: str = _ID
    message_id: str = Field(description="The request's own id", examples=["CXL-2026-11-22-1"])


class ListedRecall(AcceptedRecall):
    """A request in a list."""

    created_at: str = Field(description="RFC 3339, UTC", examples=["2026-11-22T09:30:00Z"])
    created_by: str = Field(description="Who sent it")


class Recalls(Outgoing):
    """Requests, newest first."""

    recalls: list[ListedRecall] = Field(description="Newest first")


class RecalledPayment(Outgoing):
    """A payment as the request names it, and what became of that."""

    payment_id: str | None = Field(description="Of the payment that is meant; null: there is no such one")
    cancellation_id: str | None = Field(description="The request's own id of this cancellation")
    message_id: str | None = Field(description="Of the message that the payment came in")
    message_name: str | None = Field(description="Its definition", examples=["pacs.008.001.08"])
    instruction_id: str | None = Field(description="As in the payment's message")
    end_to_end_id: str | None = Field(description="The payer's own reference", examples=["INV-7731"])
    transaction_id: str | None = Field(description="As in the payment's message")
    uetr: str | None = Field(description="Of the payment")
    currency: str | None = Field(description="ISO 4217, where the request says it", examples=["USD"])
    amount: str | None = Field(description="Minor units, where the request says it", examples=["125000"])
    reason: str | None = Field(description="Why it is recalled", examples=["CUST"])
    status: str = Field(description="ACCR (cancelled), RJCR (it can't be) or PDCR (the chain has not said)")
    status_reason: str | None = Field(description="Why it can't be", examples=["settled"])
    detail: str | None = Field(description="The same for people")


class Recall(AcceptedRecall):
    """A request and what became of it, as of now."""

    status: str = Field(
        description="Of all: CNCL (cancelled), PECR (some were), PDCR (some wait) or RJCR (none was)"
    )
    payments: list[RecalledPayment] = Field(description="In the order of the request")


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    response_model=AcceptedRecall,
    summary="Ask that payments be cancelled",
    openapi_extra=_BODY,
)
def send(context: InContext, actor: Sender, body: Body, key: IdempotencyKey = "") -> Response:
    """Ask for the cancellation of each payment that queues.

    What has settled is final: it is rejected in the resolution, and comes back by a new payment of its
    payee only. A request is known by its id: sent again it gets its first answer.
    """
    with context.desk.working_on(actor.id, key):
        answer = accept_recall(
            context.store,
            context.settings,
            context.clock,
            context.random,
            actor=actor.id,
            body=body,
            key=key,
            schemas=context.schemas(),
        )
    return written(answer)


@router.get("", summary="Which payments were to be cancelled?")
def list_all(
    context: InContext,
    _actor: Reader,
    limit: Annotated[int, Query(ge=1, le=1000, description="The newest so many")] = 100,
) -> Recalls:
    """Return the newest requests."""
    return Recalls(
        recalls=[
            ListedRecall(
                recall_id=each["id"],
                message_id=each["message_id"],
                created_at=time_text(each["created_at"]),
                created_by=each["created_by"],
            )
            for each in list_recalls(context.store, limit=limit)
        ]
    )


@router.get("/{recall_id}", response_model=Recall, summary="What became of a request to cancel?")
def show(context: InContext, _actor: Reader, recall_id: RecallId) -> Response:
    """Return each payment that a request names, with what became of that."""
    found = get_recall(context.store, context.settings, context.clock, recall_id)
    return Response(orjson.dumps(recall_fields(found)), media_type=JSON)


@router.get(
    "/{recall_id}/resolution",
    response_class=Response,
    responses={200: {"content": {XML: {}}, "description": "camt.029.001.09"}},
    summary="The same as a camt.029",
)
def resolve(context: InContext, _actor: Reader, recall_id: RecallId) -> Response:
    """Return a camt.029 with what became of each payment by now."""
    return Response(resolution(context.store, context.settings, context.clock, recall_id), media_type=XML)
