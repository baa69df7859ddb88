"""`/v1/queue`: what waits for money, what may be asked of it, and the runs that resolve it."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import TypeAdapter

from node.api import openapi
from node.api.answers import Body, IdempotencyKey, IfMatch, versions_in, written
from node.api.auth import Reader, Resolver, Sender
from node.api.body import parse
from node.api.context import InContext
from node.api.payments import PaymentId
from node.api.queue_forms import (
    AcceptedRun,
    NewRun,
    QueueState,
    Run,
    Runs,
    listed_run,
    queue_state,
    whole_run,
)
from node.api.schemas import Payment
from node.api.shown import payment_fields
from node.services.answers import once, request_of
from node.services.queue.histories import get_run, list_runs
from node.services.queue.orders import QueueOrder, order_in
from node.services.queue.runs import ask_run
from node.services.queue.view import view_queue

router = APIRouter(prefix="/v1", tags=["queue"])

RunId = Annotated[str, Path(description="Id (run_…)", max_length=64)]
_RUN: TypeAdapter[NewRun] = TypeAdapter(NewRun)
_EXAMPLES = {"run": {"currency": "USD"}}


@router.get("/queue", summary="What waits, and for what?")
def show(
    context: InContext,
    _actor: Reader,
    code: Annotated[
        str, Query(alias="currency", description="ISO 4217", examples=["USD"], min_length=3, max_length=3)
    ] = "USD",
) -> QueueState:
    """Return what this node's bank waits to pay and to be paid, each with what is in its way."""
    return queue_state(
        view_queue(
            context.store, context.settings, context.chain, context.contracts, context.clock, code=code
        )
    )


@router.post(
    "/payments/{payment_id}/queue/{order}",
    status_code=HTTPStatus.ACCEPTED,
    response_model=Payment,
    summary="Hold, release or hurry a payment that queues",
)
def give_order(  # noqa: PLR0917 - what a request brings
    context: InContext,
    actor: Sender,
    payment_id: PaymentId,
    order: Annotated[QueueOrder, Path(description="What is asked of it")],
    key: IdempotencyKey = "",
    if_match: IfMatch = None,
) -> Response:
    """Ask the chain to hold a payment, to release it, or to take it as urgent or normal.

    Until that is final the payment may still settle as it was.
    """
    settings, clock = context.settings, context.clock
    request = request_of(actor=actor.id, key=key, operation=f"{order} {payment_id}", body=b"")
    answer = once(
        context.store,
        clock,
        request,
        lambda connection, _: order_in(
            connection,
            settings,
            context.contracts,
            clock,
            payment_id,
            order=order,
            actor=actor.id,
            seen=versions_in(if_match),
        ),
        lambda payment: Payment(**payment_fields(payment)).model_dump_json().encode(),
        status=HTTPStatus.ACCEPTED,
    )
    return written(answer)


@router.post(
    "/queue/runs",
    status_code=HTTPStatus.ACCEPTED,
    response_model=AcceptedRun,
    summary="Resolve the queue",
    openapi_extra=openapi.json_body(_RUN, _EXAMPLES),
)
def run(context: InContext, actor: Resolver, body: Body, key: IdempotencyKey = "") -> Response:
    """Look for payments that can settle together, and propose them to the chain, which decides.

    While what the last run proposed is on its way another one is refused.
    """
    code = parse(_RUN, body).currency
    with context.desk.working_on(actor.id, key):
        answer = ask_run(
            context.store,
            context.chain,
            context.contracts,
            context.clock,
            context.random,
            code=code,
            actor=actor.id,
            key=key,
        )
    return written(answer)


@router.get("/queue/runs", summary="Which runs were there?")
def list_all(
    context: InContext,
    _actor: Reader,
    limit: Annotated[int, Query(ge=1, le=100, description="The newest so many")] = 20,
) -> Runs:
    """Return the newest runs, each with what of it has settled."""
    return Runs(runs=[listed_run(each) for each in list_runs(context.store, limit=limit)])


@router.get("/queue/runs/{run_id}", summary="What did a run propose, and what settled?")
def show_run(context: InContext, _actor: Reader, run_id: RunId) -> Run:
    """Return a run with every proposal, what the chain made of it, and what it left for which reason."""
    return whole_run(get_run(context.store, run_id))
