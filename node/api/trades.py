"""`/v1/trades`: several legs that settle together or not at all, between banks; PvP and DvP."""

from http import HTTPStatus
from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Query, Response
from pydantic import TypeAdapter

from node.api import openapi
from node.api.answers import Body, IdempotencyKey, IfMatch, tag_of, versions_in, written
from node.api.approvals import APPROVAL, APPROVING, REJECTING, REJECTION, AnsweredApproval
from node.api.auth import Approver, Reader, Sender
from node.api.body import parse
from node.api.context import Context, InContext
from node.api.schemas import TimelineEntry
from node.api.shown import matching_fields, timeline_fields, trade_fields
from node.api.trade_forms import (
    LEGS_EXAMPLE,
    AcceptedAct,
    AcceptedExpectation,
    AcceptedTrade,
    Affirmation,
    Cancellation,
    NewExpectation,
    NewTrade,
    Trade,
    TradeMatching,
    Trades,
    TradeWithMatching,
)
from node.services.actors import Actor
from node.services.answers import request_of
from node.services.trades.affirming import Desk
from node.services.trades.approving import Second
from node.services.trades.expectations import expect
from node.services.trades.proposing import propose
from node.services.trades.reading import PAGE_ROWS_MAX, get_trade, list_trades, trade_digest

router = APIRouter(prefix="/v1", tags=["trades"])

TradeId = Annotated[str, Path(description="Id (0x…): the trade's digest", max_length=66)]
_TRADE: TypeAdapter[NewTrade] = TypeAdapter(NewTrade)
_EXPECTATION: TypeAdapter[NewExpectation] = TypeAdapter(NewExpectation)
_AFFIRMATION: TypeAdapter[Affirmation] = TypeAdapter(Affirmation)
_CANCELLATION: TypeAdapter[Cancellation] = TypeAdapter(Cancellation)
_PROPOSING = {"pvp": {"legs": LEGS_EXAMPLE, "reference": "FX-7731"}}
_EXPECTING = {
    "pvp": {
        "counterparty": {"bic": "BANADEFF"},
        "legs": LEGS_EXAMPLE,
        "reference": "FX-7731",
        "tolerance_basis_points": 10,
    }
}


@router.post(
    "/trades",
    status_code=HTTPStatus.ACCEPTED,
    response_model=AcceptedTrade,
    summary="Propose a trade",
    openapi_extra=openapi.json_body(_TRADE, _PROPOSING),
)
def send(context: InContext, actor: Sender, body: Body, key: IdempotencyKey = "") -> Response:
    """Take it, and bring it on chain with this bank's consent. It settles once every debtor has affirmed."""
    form = parse(_TRADE, body)
    with context.desk.working_on(actor.id, key):
        answer = propose(
            context.store,
            context.settings,
            contracts=context.contracts,
            clock=context.clock,
            random=context.random,
            request=request_of(actor=actor.id, key=key, operation="trade", body=body),
            asked=form.request(),
            actor=actor,
        )
    return written(answer)


@router.get("/trades", summary="List trades")
def list_page(
    context: InContext,
    _actor: Reader,
    *,
    cursor: Annotated[str | None, Query(description="From the page before", max_length=64)] = None,
    limit: Annotated[int, Query(description="Rows at most", ge=1, le=PAGE_ROWS_MAX)] = 100,
) -> Trades:
    """Return the trades that this bank is a party to, newest first: proposed by it, or to it."""
    page = list_trades(context.store, context.settings, context.clock, cursor=cursor, limit=limit)
    return Trades(trades=[Trade(**trade_fields(each)) for each in page.trades], cursor=page.cursor)


@router.get("/trades/{trade_id}", summary="See one trade with its matching")
def show(context: InContext, actor: Reader, trade_id: TradeId, response: Response) -> TradeWithMatching:
    """Return a trade as it stands on chain, held field by field against what this bank expected."""
    found = get_trade(context.store, context.settings, context.clock, trade_digest(trade_id))
    response.headers["ETag"] = tag_of(found.trade.version)
    shown = found.document is not None and actor.reads_documents
    return TradeWithMatching(
        **trade_fields(found.trade),
        matching=None if found.matched is None else TradeMatching(**matching_fields(found)),
        timeline=[TimelineEntry(**timeline_fields(entry)) for entry in found.timeline],
        document=orjson.loads(found.document or "null") if shown else None,
    )


@router.post(
    "/trades/{trade_id}/affirmation",
    status_code=HTTPStatus.ACCEPTED,
    response_model=AcceptedAct,
    summary="Consent to what was proposed",
    openapi_extra=openapi.json_body(_AFFIRMATION, {"affirmation": {"urgent": False}}),
)
def affirm(
    context: InContext,
    actor: Sender,
    trade_id: TradeId,
    body: Body,
    key: IdempotencyKey = "",
    *,
    if_match: IfMatch = None,
) -> Response:
    """Consent to the proposed terms, whatever was expected: with the last consent they settle, or queue."""
    form = parse(_AFFIRMATION, body)
    request = request_of(actor=actor.id, key=key, operation=f"affirm {trade_id}", body=body)
    answer = _desk(context, actor).affirm(
        request,
        trade_digest(trade_id),
        urgent=form.urgent,
        despite=form.despite,
        seen=versions_in(if_match),
    )
    return written(answer)


@router.post(
    "/trades/{trade_id}/withdrawal",
    status_code=HTTPStatus.ACCEPTED,
    response_model=AcceptedAct,
    summary="Take the own consent back",
)
def withdraw(
    context: InContext,
    actor: Sender,
    trade_id: TradeId,
    key: IdempotencyKey = "",
    if_match: IfMatch = None,
) -> Response:
    """Take back this bank's consent while another's is missing; its own proposal ends with that."""
    request = request_of(actor=actor.id, key=key, operation=f"withdraw {trade_id}", body=b"")
    digest = trade_digest(trade_id)
    return written(_desk(context, actor).withdraw(request, digest, seen=versions_in(if_match)))


@router.post(
    "/trades/{trade_id}/cancellation",
    status_code=HTTPStatus.ACCEPTED,
    response_model=AcceptedAct,
    summary="Ask that a queued trade ends",
    openapi_extra=openapi.json_body(_CANCELLATION, {"debtor": {}, "operator": {"reason": "AGNT"}}),
)
def cancel(
    context: InContext,
    actor: Sender,
    trade_id: TradeId,
    body: Body,
    key: IdempotencyKey = "",
    *,
    if_match: IfMatch = None,
) -> Response:
    """Ask so as one of its debtors: with the last of them it is cancelled. The operator ends it alone."""
    form = parse(_CANCELLATION, body)
    request = request_of(actor=actor.id, key=key, operation=f"cancel trade {trade_id}", body=body)
    answer = _desk(context, actor).cancel(
        request, trade_digest(trade_id), reason=form.reason, seen=versions_in(if_match)
    )
    return written(answer)


@router.post(
    "/trades/{trade_id}/approval",
    response_model=AnsweredApproval,
    summary="Approve this bank's consent to a trade",
    openapi_extra=openapi.json_body(APPROVAL, APPROVING),
)
def approve(
    context: InContext,
    actor: Approver,
    trade_id: TradeId,
    body: Body,
    key: IdempotencyKey = "",
    *,
    if_match: IfMatch = None,
) -> Response:
    """Sign the `approval_digest` with your own key, which this secret opens for this approval only."""
    form = parse(APPROVAL, body)
    # Known by all that it says but the secret, whose digest could be guessed at.
    said = orjson.dumps([form.digest, form.reason])
    request = request_of(actor=actor.id, key=key, operation=f"approve {trade_id}", body=said)
    with context.desk.working_on(actor.id, key):
        answer = _second(context, actor).approve(
            request,
            trade_digest(trade_id),
            shown=bytes.fromhex(form.digest.removeprefix("0x")),
            secret=form.secret.get_secret_value().encode(),
            reason=form.reason,
            seen=versions_in(if_match),
        )
    return written(answer)


@router.post(
    "/trades/{trade_id}/rejection",
    response_model=AnsweredApproval,
    summary="End this bank's consent that waits for an approval",
    openapi_extra=openapi.json_body(REJECTION, REJECTING),
)
def reject(
    context: InContext,
    actor: Approver,
    trade_id: TradeId,
    body: Body,
    key: IdempotencyKey = "",
    *,
    if_match: IfMatch = None,
) -> Response:
    """End it with a reason: an affirmation is not sent, a proposal's sequence is voided."""
    form = parse(REJECTION, body)
    request = request_of(actor=actor.id, key=key, operation=f"reject {trade_id}", body=body)
    digest = trade_digest(trade_id)
    second = _second(context, actor)
    return written(second.reject(request, digest, reason=form.reason, seen=versions_in(if_match)))


@router.post(
    "/expected-trades",
    status_code=HTTPStatus.CREATED,
    response_model=AcceptedExpectation,
    summary="Write down what another bank is to propose",
    openapi_extra=openapi.json_body(_EXPECTATION, _EXPECTING),
)
def write_down(context: InContext, actor: Sender, body: Body, key: IdempotencyKey = "") -> Response:
    """Keep this bank's own view of a trade, before or after the proposal comes: `GET` shows the matching."""
    form = parse(_EXPECTATION, body)
    answer = expect(
        context.store,
        context.settings,
        clock=context.clock,
        random=context.random,
        request=request_of(actor=actor.id, key=key, operation="expected trade", body=body),
        asked=form.request(),
        actor=actor,
    )
    return written(answer)


def _desk(context: Context, actor: Actor) -> Desk:
    return Desk(context.store, context.settings, context.contracts, context.clock, actor=actor)


def _second(context: Context, actor: Actor) -> Second:
    return Second(
        store=context.store,
        settings=context.settings,
        contracts=context.contracts,
        clock=context.clock,
        approvers=context.approvers,
        actor=actor,
    )
