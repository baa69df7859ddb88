"""`/v1/files`: files of payments in, ISO 20022 status reports out."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from node.api.answers import CSV, JSON, XML, Body, IdempotencyKey, written
from node.api.auth import Reader, Sender
from node.api.context import InContext
from node.api.schemas import AcceptedFile, CheckedFile
from node.services.files import accept_file, check_file
from node.services.incoming_files import FileForm
from node.services.reports import file_status

router = APIRouter(prefix="/v1/files", tags=["files"])

_TABLE = """payee_bic,amount,currency,value_date,end_to_end_id,debtor,remittance
VOBBUS33XXX,1250.00,USD,2026-11-22,INV-7731,Anna Adler,Invoice 7731
"""
_BODY = {
    "requestBody": {
        "required": True,
        "description": (
            "pacs.008.001.08 or pacs.009.001.08 (core), with or without a business application header "
            "(head.001.001.02); or a table, whose columns are in the README of `node/services`"
        ),
        "content": {
            XML: {"schema": {"type": "string"}},
            CSV: {"schema": {"type": "string"}, "examples": {"one payment": {"value": _TABLE}}},
        },
    }
}


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    response_model=AcceptedFile,
    responses={HTTPStatus.OK.value: {"model": CheckedFile, "description": "With `dry_run`: what is wrong"}},
    summary="Send a file of payments, or have it checked",
    openapi_extra=_BODY,
)
def send(
    context: InContext,
    actor: Sender,
    body: Body,
    request: Request,
    key: IdempotencyKey = "",
    *,
    dry_run: Annotated[
        bool, Query(description="Only list every fault and take nothing; without an idempotency key")
    ] = False,
) -> Response:
    """Take all of its transactions or none: with a fault in one, all faults of the file are listed.

    A file is known by its sender and message id, a table by its content: sent again it gets its first
    answer; another body under the same message id is refused.
    """
    store, settings, clock, random = context.store, context.settings, context.clock, context.random
    form, schemas = _form(request), context.schemas()
    if dry_run:
        checked = check_file(store, settings, clock, random, body=body, form=form, schemas=schemas)
        return Response(orjson.dumps(asdict(checked)), media_type=JSON)
    with context.desk.working_on(actor.id, key):
        answer = accept_file(
            store,
            settings,
            clock,
            random,
            actor=actor.id,
            entered_by=actor.name,
            body=body,
            form=form,
            key=key,
            schemas=schemas,
        )
    return written(answer)


def _form(request: Request) -> FileForm:
    """Return the form of the body by its media type; what is not announced as a table is XML."""
    essence = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return FileForm.CSV if essence == CSV else FileForm.XML


@router.get(
    "/{file_id}/status",
    response_class=Response,
    responses={200: {"content": {XML: {}}, "description": "pacs.002.001.10"}},
    summary="What became of a file's payments?",
)
def status(
    context: InContext,
    _actor: Reader,
    file_id: Annotated[str, Path(description="Id (file_…)", max_length=64)],
) -> Response:
    """Return a pacs.002 with the present state of each payment of a file, in its order."""
    report = file_status(context.store, context.settings, context.clock, file_id)
    return Response(report, media_type=XML)
