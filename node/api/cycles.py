"""`/v1/cycles`: payments that settle together on the net, calls for a cycle, and the affirmation of one."""

from http import HTTPStatus
from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Query, Response
from pydantic import TypeAdapter

from node.api import openapi
from node.api.answers import JSON, Body, IdempotencyKey, written
from node.api.auth import Approver, Reader, Sender
from node.api.body import parse
from node.api.context import InContext
from node.api.cycle_forms import (
    Affirmation,
    Affirmed,
    Call,
    Calls,
    GrossPayment,
    GrossPayments,
    MadeCall,
    NewCall,
    TakenGrossPayments,
    WithdrawnGross,
    call_shown,
    gross_payment,
)
from node.api.incoming import EXAMPLES, NewPayments, payments_body
from node.mirror.registry import asset_of_currency
from node.services.answers import once, request_of
from node.services.circumstances import own_participant
from node.services.cycles.affirmation import affirm_cycle, withdraw_from
from node.services.cycles.calling import make_call
from node.services.cycles.gross import enter_gross, withdraw_gross
from node.services.cycles.progress import own_arrival
from node.services.cycles.view import PAGE_ROWS_MAX, get_call, get_gross, list_calls, list_gross, proof_of
from settlement.money import currency

router = APIRouter(prefix="/v1/cycles", tags=["cycles"])

CallId = Annotated[str, Path(description="Id (cycle_…)", max_length=64)]
GrossId = Annotated[str, Path(description="Id (gross_…)", max_length=64)]
_CALL: TypeAdapter[NewCall] = TypeAdapter(NewCall)
_AFFIRMATION: TypeAdapter[Affirmation] = TypeAdapter(Affirmation)
_CALLING = {"call": {"currency": "USD"}}
_AFFIRMING = {"affirmation": {"cycle": "0x" + "5f" * 32, "secret": "correct horse battery staple"}}


@router.post(
    "/payments",
    status_code=HTTPStatus.ACCEPTED,
    response_model=TakenGrossPayments,
    summary="Promise payments that settle in a cycle",
    openapi_extra=openapi.json_body(payments_body, EXAMPLES),
)
def promise(context: InContext, actor: Sender, body: Body, key: IdempotencyKey = "") -> Response:
    """Take all of them or none, and tell their payees by signed letters. They are final with their cycle."""
    form = parse(payments_body, body)
    payments = form.payments if isinstance(form, NewPayments) else [form]
    with context.desk.working_on(actor.id, key):
        answer = enter_gross(
            context.store,
            context.settings,
            context.clock,
            context.random,
            actor=actor.id,
            entered_by=actor.name,
            key=key,
            body=body,
            requests=[payment.request() for payment in payments],
        )
    return written(answer)


@router.get("/payments", summary="Which payments settle in cycles?")
def list_payments(
    context: InContext,
    _actor: Reader,
    call: Annotated[str | None, Query(description="Only those of this call", max_length=64)] = None,
    after: Annotated[str, Query(description="Only ids behind this one", max_length=64)] = "",
    limit: Annotated[int, Query(description="Rows at most", ge=1, le=PAGE_ROWS_MAX)] = 100,
) -> GrossPayments:
    """Return this bank's gross payments and those that others promise it, oldest first."""
    found = list_gross(context.store, context.settings, call=call, after=after, limit=limit)
    return GrossPayments(payments=[gross_payment(each) for each in found])


@router.get("/payments/{gross_id}", summary="See one of them")
def show_payment(context: InContext, _actor: Reader, gross_id: GrossId) -> GrossPayment:
    """Return a gross payment."""
    return gross_payment(get_gross(context.store, gross_id))


@router.get(
    "/payments/{gross_id}/proof",
    response_class=Response,
    responses={HTTPStatus.OK.value: {"content": {JSON: {"schema": {"type": "object"}}}}},
    summary="What proves that it settled?",
)
def proof(context: InContext, actor: Reader, gross_id: GrossId) -> Response:
    """Return its places in both sides' subtrees, as `vostro evidence cycle-payment` takes them."""
    content = proof_of(context.store, context.settings, gross_id, with_document=actor.reads_documents)
    return Response(content, media_type=JSON)


@router.post(
    "/payments/{gross_id}/withdrawal",
    response_model=WithdrawnGross,
    summary="Take a promise back",
)
def withdraw_payment(
    context: InContext, actor: Sender, gross_id: GrossId, key: IdempotencyKey = ""
) -> Response:
    """Withdraw a gross payment that is in no cycle."""
    request = request_of(actor=actor.id, key=key, operation=f"withdraw {gross_id}", body=b"")

    answer = once(
        context.store,
        context.clock,
        request,
        lambda connection, _: withdraw_gross(
            connection,
            context.clock,
            context.random,
            gross_id,
            own=own_participant(connection, context.settings).id,
            actor=actor.id,
        ),
        lambda _: orjson.dumps({"id": gross_id}),
    )
    return written(answer)


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    response_model=MadeCall,
    summary="Call for a cycle",
    openapi_extra=openapi.json_body(_CALL, _CALLING),
)
def call(context: InContext, actor: Sender, body: Body, key: IdempotencyKey = "") -> Response:
    """Invite every bank that takes letters to settle what is open between all, on the net.

    Who does not answer is left out, and the call is made anew, a few times.
    """
    code = parse(_CALL, body).currency
    request = request_of(actor=actor.id, key=key, operation="cycle", body=body)
    answer = once(
        context.store,
        context.clock,
        request,
        lambda connection, _: make_call(
            own_arrival(connection, context.settings, context.clock, context.random),
            asset=asset_of_currency(connection, currency(code)).id,
            actor=actor.id,
        ),
        lambda made: orjson.dumps({"call": made}),
        status=HTTPStatus.ACCEPTED,
    )
    return written(answer)


@router.get("", summary="Which calls were there?")
def list_all(
    context: InContext,
    _actor: Reader,
    limit: Annotated[int, Query(ge=1, le=100, description="The newest so many")] = 20,
) -> Calls:
    """Return the newest calls, this node's and those it was invited to."""
    found = list_calls(context.store, context.settings, limit=limit)
    return Calls(calls=[call_shown(each) for each in found])


@router.get("/{call_id}", summary="How far is a call?")
def show(context: InContext, _actor: Reader, call_id: CallId) -> Call:
    """Return a call, what this bank brings to its cycle, and who has affirmed it."""
    return call_shown(get_call(context.store, context.settings, call_id))


@router.post(
    "/{call_id}/affirmation",
    status_code=HTTPStatus.ACCEPTED,
    response_model=Affirmed,
    summary="Consent to what the bank brings into a cycle",
    openapi_extra=openapi.json_body(_AFFIRMATION, _AFFIRMING),
)
def affirm(
    context: InContext, actor: Approver, call_id: CallId, body: Body, key: IdempotencyKey = ""
) -> Response:
    """Sign the cycle's digest with your own key; the node looks again that all of it is as it must be.

    The coordinator's affirmation proposes the cycle. With the last one it settles.
    """
    form = parse(_AFFIRMATION, body)
    request = request_of(actor=actor.id, key=key, operation=f"affirm {call_id}", body=form.cycle.encode())
    with context.desk.working_on(actor.id, key):
        answer = affirm_cycle(
            context.store,
            context.settings,
            context.contracts,
            context.clock,
            approvers=context.approvers,
            request=request,
            actor=actor,
            call=call_id,
            shown=bytes.fromhex(form.cycle[2:]),
            secret=form.secret.get_secret_value().encode(),
        )
    return written(answer)


@router.post(
    "/{call_id}/withdrawal",
    status_code=HTTPStatus.ACCEPTED,
    response_model=MadeCall,
    summary="End a cycle before it settles",
)
def withdraw(context: InContext, actor: Sender, call_id: CallId, key: IdempotencyKey = "") -> Response:
    """Ask the chain to end an open cycle; what was locked for it comes back."""
    request = request_of(actor=actor.id, key=key, operation=f"withdraw {call_id}", body=b"")
    answer = once(
        context.store,
        context.clock,
        request,
        lambda connection, _: withdraw_from(
            connection,
            context.settings,
            context.contracts,
            context.clock,
            context.random,
            call=call_id,
            actor=actor.id,
        ),
        lambda _: orjson.dumps({"call": call_id}),
        status=HTTPStatus.ACCEPTED,
    )
    return written(answer)
