"""`/v1/approvals`: what waits for a second person, and that person's answer."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter

from node.api import openapi
from node.api.answers import VERSION_TEXT, Body, IdempotencyKey, IfMatch, versions_in, written
from node.api.auth import ApprovalReader, Approver
from node.api.body import parse
from node.api.context import InContext
from node.api.policy_forms import ListHit
from node.api.schemas import Outgoing
from node.api.shown import waiting_fields
from node.services.answers import request_of
from node.services.approvals import PAGE_ROWS_MAX, approve, list_waiting, reject
from node.services.second_person import REASON_CHARACTERS_MAX

_SECRET_CHARACTERS_MAX = 256

router = APIRouter(prefix="/v1/approvals", tags=["approvals"])


class NewApproval(BaseModel):
    """A second person's consent."""

    model_config = ConfigDict(extra="forbid")

    digest: str = Field(description="The digest that was shown", pattern="^0x[0-9a-f]{64}$")
    secret: SecretStr = Field(
        description="What opens the approver's own key: its password, or the PIN of its token. Kept nowhere",
        min_length=1,
        max_length=_SECRET_CHARACTERS_MAX,
    )
    reason: str | None = Field(
        description="Why it is approved, where there is something to say",
        default=None,
        min_length=1,
        max_length=REASON_CHARACTERS_MAX,
    )


class Rejection(BaseModel):
    """Why an instruction must not go on."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reason: str = Field(
        description="For who entered it, and for the auditor", min_length=1, max_length=REASON_CHARACTERS_MAX
    )


class WaitingPayment(Outgoing):
    """An instruction that waits for a second person."""

    id: str = Field(description="The node's own id of it", examples=["pay_01KAP3T0N1Y8Q4Z6V2X7W5R9SD"])
    kind: str = Field(description="payment, issue or redemption", examples=["payment"])
    need: str = Field(
        description="AboveLimit, AboveThreshold, PolicyApproval or PolicyHold", examples=["AboveLimit"]
    )
    payee: str = Field(description="BIC", examples=["VOBBUS33XXX"])
    currency: str = Field(description="ISO 4217 code", examples=["USD"])
    amount: str = Field(description="Minor units", examples=["500000000"])
    end_to_end_id: str = Field(description="The payer's own reference", examples=["INV-7731"])
    value_date: str = Field(description="ISO 8601 date on which it counts", examples=["2026-11-22"])
    not_before: str | None = Field(
        description="RFC 3339, UTC: in the queue until then at least; null: none", examples=[None]
    )
    deadline: str = Field(
        description="RFC 3339, UTC: it is refused when nobody has answered by then",
        examples=["2026-11-23T12:00:00Z"],
    )
    digest: str = Field(description="What is approved: over terms, document, chain and ledger")
    entered_by: str = Field(description="The name of who entered it", examples=["erika"])
    created_at: str = Field(description="RFC 3339, UTC", examples=["2026-11-22T12:00:00Z"])
    hit: ListHit | None = Field(
        description="Whom on the names list a name in it is like; null: nobody, or it was not asked"
    )
    version: str = Field(description=VERSION_TEXT, examples=["0x" + "5f" * 32])


class WaitingPayments(Outgoing):
    """What waits for a second person, oldest first."""

    approvals: list[WaitingPayment] = Field(description="Oldest first")


class AnsweredApproval(Outgoing):
    """What a second person said."""

    id: str = Field(description="Of the instruction", examples=["pay_01KAP3T0N1Y8Q4Z6V2X7W5R9SD"])
    verdict: str = Field(description="approved or rejected", examples=["approved"])
    approver: str = Field(description="The name of who answered", examples=["otto"])


PaymentId = Annotated[str, Path(description="Id (pay_…, iss_…, red_…)", max_length=64)]
APPROVAL: TypeAdapter[NewApproval] = TypeAdapter(NewApproval)
REJECTION: TypeAdapter[Rejection] = TypeAdapter(Rejection)
APPROVING = {"approval": {"digest": "0x" + "5f" * 32, "secret": "correct horse battery staple"}}
REJECTING = {"rejection": {"reason": "The invoice was paid yesterday."}}


@router.get("", summary="What waits for me?")
def list_page(
    context: InContext,
    actor: ApprovalReader,
    *,
    after: Annotated[str, Query(description="Only ids behind this one", max_length=64)] = "",
    limit: Annotated[int, Query(description="Rows at most", ge=1, le=PAGE_ROWS_MAX)] = 100,
) -> WaitingPayments:
    """Return what waits and you did not enter, oldest first: ask again with `after` the last id."""
    found = list_waiting(context.store, context.clock, actor, after=after, limit=limit)
    return WaitingPayments(approvals=[WaitingPayment(**waiting_fields(each)) for each in found])


@router.post(
    "/{payment_id}/approval",
    response_model=AnsweredApproval,
    summary="Consent to what somebody else entered",
    openapi_extra=openapi.json_body(APPROVAL, APPROVING),
)
def approval(
    context: InContext,
    actor: Approver,
    payment_id: PaymentId,
    body: Body,
    key: IdempotencyKey = "",
    *,
    if_match: IfMatch = None,
) -> Response:
    """Sign the digest with your own key, which this secret opens for this approval only."""
    form = parse(APPROVAL, body)
    # Known by all that it says but the secret, whose digest could be guessed at.
    said = orjson.dumps([form.digest, form.reason])
    request = request_of(actor=actor.id, key=key, operation=f"approve {payment_id}", body=said)
    with context.desk.working_on(actor.id, key):
        answer = approve(
            context.store,
            context.clock,
            context.approvers,
            request,
            actor=actor,
            payment_id=payment_id,
            shown=bytes.fromhex(form.digest.removeprefix("0x")),
            secret=form.secret.get_secret_value().encode(),
            reason=form.reason,
            seen=versions_in(if_match),
        )
    return written(answer)


@router.post(
    "/{payment_id}/rejection",
    response_model=AnsweredApproval,
    summary="End what waits for an approval",
    openapi_extra=openapi.json_body(REJECTION, REJECTING),
)
def rejection(
    context: InContext,
    actor: Approver,
    payment_id: PaymentId,
    body: Body,
    key: IdempotencyKey = "",
    *,
    if_match: IfMatch = None,
) -> Response:
    """End it with a reason. Its sequence is voided; once that is final it is `rejected`."""
    form = parse(REJECTION, body)
    request = request_of(actor=actor.id, key=key, operation=f"reject {payment_id}", body=body)
    answer = reject(
        context.store,
        context.clock,
        request,
        actor=actor,
        payment_id=payment_id,
        reason=form.reason,
        seen=versions_in(if_match),
    )
    return written(answer)
