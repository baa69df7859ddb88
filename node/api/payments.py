"""`/v1/payments`: send them, and see each one to its end."""

from collections.abc import Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Query, Response

from node.api import openapi
from node.api.answers import JSON, XML, Body, IdempotencyKey, IfMatch, tag_of, versions_in, written
from node.api.auth import Reader, Sender
from node.api.body import parse
from node.api.context import Context, InContext
from node.api.incoming import EXAMPLES, NewPayments, payments_body
from node.api.policy_forms import PaymentWithTimeline, PolicyVerdict
from node.api.queries import PaymentsQuery
from node.api.schemas import (
    AcceptedPayments,
    CheckedPayments,
    Payment,
    PaymentPage,
    TimelineEntry,
)
from node.api.shown import foreseen_fields, payment_fields, timeline_fields
from node.services.acceptance import submission_of
from node.services.answers import once, request_of
from node.services.evidence import evidence_of
from node.services.foreseeing import Foreseen, check_payments
from node.services.payments import get_payment, list_payments
from node.services.reports import payment_status
from node.services.requests import PaymentRequest
from node.services.voids import cancel_in
from settlement.errors import Fault

PaymentId = Annotated[str, Path(description="Id (pay_…) or UETR", max_length=64)]

router = APIRouter(prefix="/v1/payments", tags=["payments"])


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    response_model=AcceptedPayments,
    responses={
        HTTPStatus.OK.value: {"model": CheckedPayments, "description": "With `dry_run`: what would happen"}
    },
    summary="Send one payment or many, or have them checked",
    openapi_extra=openapi.json_body(payments_body, EXAMPLES),
)
def send(
    context: InContext,
    actor: Sender,
    body: Body,
    key: IdempotencyKey = "",
    *,
    dry_run: Annotated[
        bool,
        Query(
            description="Only list every fault, or what would happen, and take nothing; without an "
            "idempotency key",
            examples=[True],
        ),
    ] = False,
) -> Response:
    """Take all of them or none: the answer is given once they can't be lost any more.

    A payment whose UETR was accepted before with the same content is that payment; with other content
    the request is refused.
    """
    form = parse(payments_body, body)
    payments = form.payments if isinstance(form, NewPayments) else [form]
    if dry_run:
        return _checked(context, [payment.request() for payment in payments])
    with context.desk.working_on(actor.id, key):
        answer = context.intake.accept(
            submission_of(
                actor=actor.id,
                entered_by=actor.name,
                key=key,
                body=body,
                requests=[payment.request() for payment in payments],
            )
        )
    if not answer.replayed:
        context.metrics.accepted.inc(len(payments))
    return written(answer)


def _checked(context: Context, requests: Sequence[PaymentRequest]) -> Response:
    found = check_payments(context.store, context.settings, context.clock, context.random, requests)
    faults = [asdict(each) for each in found if isinstance(each, Fault)]
    payments = [foreseen_fields(each) for each in found if isinstance(each, Foreseen)]
    return Response(orjson.dumps({"payments": payments, "faults": faults}), media_type=JSON)


@router.get("", summary="List payments")
def list_page(
    context: InContext,
    _actor: Reader,
    query: Annotated[PaymentsQuery, Query()],
) -> PaymentPage:
    """Return the payments to which all that is given applies, newest first, a page at a time."""
    page = list_payments(
        context.store,
        context.settings,
        context.clock,
        query.filters(),
        cursor=query.cursor,
        limit=query.limit,
    )
    return PaymentPage(
        payments=[Payment(**payment_fields(payment)) for payment in page.payments], cursor=page.cursor
    )


@router.get("/{payment_id}", summary="See one payment with its timeline")
def show(context: InContext, actor: Reader, payment_id: PaymentId, response: Response) -> PaymentWithTimeline:
    """Return a payment by its id or UETR, with everything that happened to it.

    Its document holds people's data, so operators and issuers, who need none, do not get it.
    """
    history = get_payment(context.store, context.settings, context.clock, payment_id)
    response.headers["ETag"] = tag_of(history.payment.version)
    return PaymentWithTimeline(
        **payment_fields(history.payment),
        timeline=[TimelineEntry(**timeline_fields(entry)) for entry in history.timeline],
        policy=None if history.policy is None else PolicyVerdict.model_validate(history.policy),
        returns=history.returns,
        document=orjson.loads(history.document) if actor.reads_documents else None,
    )


@router.post(
    "/{payment_id}/cancel",
    status_code=HTTPStatus.ACCEPTED,
    response_model=Payment,
    summary="Take a payment from the queue",
)
def cancel(
    context: InContext,
    actor: Sender,
    payment_id: PaymentId,
    key: IdempotencyKey = "",
    if_match: IfMatch = None,
) -> Response:
    """Ask that a payment leaves the chain's queue unsettled; once asked, asking again changes nothing.

    Until its state is `cancelled` it may still settle: the chain decides which came first.
    """
    settings, clock = context.settings, context.clock
    request = request_of(actor=actor.id, key=key, operation=f"cancel {payment_id}", body=b"")
    answer = once(
        context.store,
        clock,
        request,
        lambda connection, _: cancel_in(
            connection, settings, clock, payment_id, actor=actor.id, seen=versions_in(if_match)
        ),
        lambda payment: Payment(**payment_fields(payment)).model_dump_json().encode(),
        status=HTTPStatus.ACCEPTED,
    )
    return written(answer)


@router.get(
    "/{payment_id}/status",
    response_class=Response,
    responses={200: {"content": {XML: {}}, "description": "pacs.002.001.10"}},
    summary="The status report of one payment",
)
def status(context: InContext, _actor: Reader, payment_id: PaymentId) -> Response:
    """Return a pacs.002 with the present state of a payment, found by its id or UETR."""
    report = payment_status(context.store, context.settings, context.clock, payment_id)
    return Response(report, media_type=XML)


@router.get(
    "/{payment_id}/evidence",
    response_class=Response,
    responses={200: {"content": {JSON: {}}, "description": "An evidence file, for `vostro verify`"}},
    summary="Proof that a payment settled",
)
def evidence(
    context: InContext,
    actor: Reader,
    payment_id: PaymentId,
    height: Annotated[
        int | None, Query(ge=0, lt=2**63, description="Where the checkpoint is; default: the newest block")
    ] = None,
) -> Response:
    """Return what proves a settlement to somebody who has nothing but a checkpoint, without this node.

    Operators and issuers get it without the document, which holds people's data.
    """
    content = evidence_of(
        context.store,
        context.settings,
        context.contracts,
        payment_id,
        height=height,
        with_document=actor.reads_documents,
    )
    return Response(content, media_type=JSON)
