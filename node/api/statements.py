"""`/v1/statements`: what an account opened with, every posting, what it closed with."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from node.api.answers import JSON, XML
from node.api.auth import Reader
from node.api.context import InContext
from node.api.queries import StatementQuery
from node.api.schemas import Statement, StatementEntry, Turnover
from node.api.shown import hexadecimal
from node.clock import time_text
from node.services.exports.forms import FORMS
from node.services.exports.statement import write_statement
from node.services.reports import own_statement
from settlement import statement as domain
from settlement.statement_table import statement_table

router = APIRouter(prefix="/v1/statements", tags=["statements"])


@router.get(
    "",
    response_model=Statement,
    responses={
        200: {
            "content": {XML: {}, **{form.media_type: {} for form in FORMS.values() if form.name != "json"}},
            "description": "camt.053.001.08, or what `format` asks for",
        }
    },
    summary="The statement of a day",
)
def show(
    context: InContext,
    _actor: Reader,
    query: Annotated[StatementQuery, Query()],
    accept: Annotated[str, Header(description=f"{XML} (the default) or {JSON}")] = XML,
) -> Response:
    """Return the statement of this bank's account in a currency, for whole UTC days.

    Today's ends with the newest mirrored block. Of a day that has ended all is told, or nothing yet.
    """
    drawn_up = own_statement(
        context.store,
        context.settings,
        context.chain,
        context.clock,
        code=query.currency,
        first=query.first_day(),
        last=query.last_day(),
    )
    form = _form(query.format, accept)
    if form == "json":
        return Response(statement_json(drawn_up), media_type=JSON)
    content, media_type = write_statement(drawn_up, form, created_at=int(context.clock.now()))
    return Response(content, media_type=media_type)


def statement_json(drawn_up: domain.Statement) -> bytes:
    """Return a statement as `schemas.Statement` has it."""
    return (
        Statement(
            id=drawn_up.identification,
            account=drawn_up.account,
            owner=drawn_up.owner.bic,
            servicer=drawn_up.servicer.bic,
            currency=drawn_up.currency.code,
            from_time=time_text(drawn_up.from_time),
            to_time=time_text(drawn_up.to_time),
            height=drawn_up.height,
            verification=drawn_up.verification,
            opening=str(drawn_up.opening),
            closing=str(drawn_up.closing),
            credits=_turnover(drawn_up.credits),
            debits=_turnover(drawn_up.debits),
            population=len(drawn_up.entries),
            sha256=statement_table(drawn_up).digest,
            entries=[_entry(entry) for entry in drawn_up.entries],
        )
        .model_dump_json()
        .encode()
    )


def _turnover(turnover: domain.Turnover) -> Turnover:
    return Turnover(count=turnover.count, total=str(turnover.total))


def _entry(entry: domain.Entry) -> StatementEntry:
    return StatementEntry(
        reference=entry.reference,
        booked_at=time_text(entry.booked_at),
        amount=str(entry.amount),
        balance=str(entry.balance),
        event=entry.event,
        counterparty=entry.counterparty.bic if entry.counterparty else None,
        uetr=entry.uetr,
        end_to_end_id=entry.end_to_end_id,
        transaction_hash=hexadecimal(entry.transaction_hash) or "",
        document_missing=entry.document_missing,
    )


def _form(asked: str | None, accept: str) -> str:
    if asked is not None:
        return asked
    return "json" if JSON in accept and XML not in accept else "camt.053"
