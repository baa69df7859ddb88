"""`/v1/redemptions`: money that its holders ask its issuer to take back."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import Field, TypeAdapter

from node.api import openapi
from node.api.answers import VERSION_TEXT, Body, IdempotencyKey, IfMatch, versions_in, written
from node.api.auth import Issuer, Reader, Sender
from node.api.body import parse
from node.api.context import Context, InContext
from node.api.issues import Money
from node.api.schemas import AcceptedPayment, Outgoing
from node.clock import time_text
from node.errors import NotFound
from node.services.acceptance import submission_of
from node.services.actors import Actor
from node.services.answers import once, request_of
from node.services.circumstances import own_participant
from node.services.redemptions import Ending, end_redemption, pending_redemptions
from node.services.requests import money_request
from settlement.instruction import InstructionKind

router = APIRouter(prefix="/v1/redemptions", tags=["redemptions"])

RedemptionId = Annotated[
    str,
    Path(description="Who asked, by BIC, and its number of it", examples=["BANADEFFXXX-17"], max_length=64),
]


class AcceptedRedemptions(Outgoing):
    """What was accepted; its way is that of a payment: `GET /v1/payments/{id}`."""

    redemptions: list[AcceptedPayment] = Field(description="Each with its id and UETR")


class Redemption(Outgoing):
    """A redemption that waits: the holder's units are locked until it ends."""

    id: str = Field(description="Who asked, by BIC, and its number of it", examples=["BANADEFFXXX-17"])
    holder: str = Field(description="BIC", examples=["BANADEFFXXX"])
    issuer: str = Field(description="BIC", examples=["VOCBUS33XXX"])
    sequence: str = Field(description="The holder's number of it on chain", examples=["17"])
    asset: int = Field(description="Number of the asset", examples=[840])
    amount: str = Field(description="Minor units", examples=["125000"])
    requested_at: str = Field(description="RFC 3339, UTC", examples=["2026-11-22T09:30:04Z"])
    height: int = Field(description="Block it was requested in", examples=[1207])
    version: str = Field(description=VERSION_TEXT, examples=["8f14e45fceea167a"])


class Redemptions(Outgoing):
    """All that wait for this node's bank or were asked for by it, oldest first."""

    redemptions: list[Redemption] = Field(description="Oldest first")


class AcceptedCall(Outgoing):
    """A transaction that will be signed; until it is final the redemption still waits."""

    call: int = Field(description="Its row in the outbox; `vostro transactions` shows it", examples=[12])


_MONEY: TypeAdapter[Money] = TypeAdapter(Money)
_EXAMPLES = {"redemption": {"amount": "100000000", "currency": "USD", "reference": "RED-2026-11-22"}}


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    response_model=AcceptedRedemptions,
    summary="Ask for money to be taken back",
    openapi_extra=openapi.json_body(_MONEY, _EXAMPLES),
)
def request_redemption(context: InContext, actor: Sender, body: Body, key: IdempotencyKey = "") -> Response:
    """Lock money of this node's bank and ask its issuer to take it back."""
    form = parse(_MONEY, body)
    request = money_request(
        InstructionKind.REDEMPTION, currency=form.currency, amount=form.amount, reference=form.reference
    )
    with context.desk.working_on(actor.id, key):
        answer = context.intake.accept(
            submission_of(
                actor=actor.id, key=key, body=body, requests=[request], kind=InstructionKind.REDEMPTION
            )
        )
    return written(answer)


@router.get("", summary="What waits to be redeemed?")
def list_waiting(context: InContext, _actor: Reader) -> Redemptions:
    """Return the redemptions that wait, of which this node's bank is issuer or holder."""
    with context.store.snapshot() as connection:
        own = own_participant(connection, context.settings)
    return Redemptions(
        redemptions=[
            Redemption(
                id=f"{each.holder.bic}-{each.terms.sequence}",
                holder=each.holder.bic,
                issuer=each.issuer.bic,
                sequence=str(each.terms.sequence),
                asset=each.terms.asset,
                amount=str(each.terms.amount),
                requested_at=time_text(each.requested_at),
                height=each.height,
                version=each.version,
            )
            for each in pending_redemptions(context.store, own.id)
        ]
    )


@router.post(
    "/{redemption_id}/confirmation",
    status_code=HTTPStatus.ACCEPTED,
    response_model=AcceptedCall,
    summary="Take money back",
)
def confirm(
    context: InContext,
    actor: Issuer,
    redemption_id: RedemptionId,
    key: IdempotencyKey = "",
    if_match: IfMatch = None,
) -> Response:
    """Let the locked units cease to be. Of a confirmation and a refusal the chain takes the first."""
    return _end(context, actor, key, redemption_id, if_match=if_match, ending=Ending.CONFIRMED)


@router.post(
    "/{redemption_id}/refusal",
    status_code=HTTPStatus.ACCEPTED,
    response_model=AcceptedCall,
    summary="Refuse to take money back",
)
def refuse(
    context: InContext,
    actor: Issuer,
    redemption_id: RedemptionId,
    key: IdempotencyKey = "",
    if_match: IfMatch = None,
) -> Response:
    """Give the locked units back to their holder."""
    return _end(context, actor, key, redemption_id, if_match=if_match, ending=Ending.REFUSED)


@router.post(
    "/{redemption_id}/withdrawal",
    status_code=HTTPStatus.ACCEPTED,
    response_model=AcceptedCall,
    summary="Take an own request back",
)
def withdraw(
    context: InContext,
    actor: Sender,
    redemption_id: RedemptionId,
    key: IdempotencyKey = "",
    if_match: IfMatch = None,
) -> Response:
    """Take back what this node's bank asked for, while it waits: the locked units are its own again."""
    return _end(context, actor, key, redemption_id, if_match=if_match, ending=Ending.WITHDRAWN)


def _end(
    context: Context, actor: Actor, key: str, redemption_id: str, *, if_match: str | None, ending: Ending
) -> Response:
    holder, _, number = redemption_id.partition("-")
    if not number.isascii() or not number.isdecimal():
        raise NotFound(f"no redemption has the id {redemption_id!r}")
    request = request_of(actor=actor.id, key=key, operation=f"redemption {redemption_id} {ending}", body=b"")

    answer = once(
        context.store,
        context.clock,
        request,
        lambda connection, at: end_redemption(
            connection,
            context.contracts,
            own=own_participant(connection, context.settings),
            holder=holder,
            sequence=int(number),
            ending=ending,
            actor=actor.id,
            at=at,
            seen=versions_in(if_match),
        ),
        _call,
        status=HTTPStatus.ACCEPTED,
    )
    return written(answer)


def _call(row: int) -> bytes:
    return AcceptedCall(call=row).model_dump_json().encode()
