"""`/v1/issues`: money brought into being by its issuer."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field, TypeAdapter

from node.api import openapi
from node.api.answers import Body, IdempotencyKey, written
from node.api.auth import Issuer
from node.api.body import parse
from node.api.context import InContext
from node.api.incoming import Bank, Incoming
from node.api.schemas import AcceptedPayment, Outgoing
from node.services.acceptance import submission_of
from node.services.requests import money_request
from settlement.instruction import InstructionKind

router = APIRouter(prefix="/v1/issues", tags=["issues"])


class Money(Incoming):
    """An amount of a money, under a reference of the caller's own."""

    amount: str = Field(
        description="Minor units of the currency, 1 … 2^63−1", examples=["125000"], max_length=64
    )
    currency: str = Field(description="ISO 4217 code", examples=["USD"], max_length=3)
    reference: Annotated[str, Field(min_length=1, max_length=35)] = Field(
        description="The caller's own", examples=["OMO-2026-11-22"]
    )


class NewIssue(Money):
    """Money for a bank's account."""

    holder: Bank = Field(description="The bank that gets it")


class AcceptedIssues(Outgoing):
    """What was accepted; its way is that of a payment: `GET /v1/payments/{id}`."""

    issues: list[AcceptedPayment] = Field(description="Each with its id and UETR")


_ISSUE: TypeAdapter[NewIssue] = TypeAdapter(NewIssue)
_EXAMPLES = {
    "issue": {
        "holder": {"bic": "BANADEFF"},
        "amount": "100000000",
        "currency": "USD",
        "reference": "OMO-2026-11-22",
    }
}


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    response_model=AcceptedIssues,
    summary="Issue money",
    openapi_extra=openapi.json_body(_ISSUE, _EXAMPLES),
)
def issue(context: InContext, actor: Issuer, body: Body, key: IdempotencyKey = "") -> Response:
    """Bring money of this node's bank into being on another's account: it settles, or is rejected."""
    form = parse(_ISSUE, body)
    request = money_request(
        InstructionKind.ISSUE,
        currency=form.currency,
        amount=form.amount,
        reference=form.reference,
        holder=form.holder.reference(),
    )
    with context.desk.working_on(actor.id, key):
        answer = context.intake.accept(
            submission_of(actor=actor.id, key=key, body=body, requests=[request], kind=InstructionKind.ISSUE)
        )
    return written(answer)
