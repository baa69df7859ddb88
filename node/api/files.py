"""`/v1/files`: files of payments in, ISO 20022 status reports out."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from node.api.answers import CSV, JSON, XML, IdempotencyKey, written
from node.api.auth import Reader, Sender
from node.api.body import RESPOND_ASYNC, prefers_later, read_file
from node.api.context import InContext
from node.api.file_forms import CheckedFile, FileProgress, ReceivedFile
from node.api.schemas import AcceptedFile
from node.clock import time_text
from node.services.answers import Answer
from node.services.files import accept_file, check_file
from node.services.incoming_files import FileForm
from node.services.reports import file_status, liquidity_receipt
from node.services.uploads.receiving import file_progress, receive

FileBody = Annotated[bytes, Depends(read_file)]
FileId = Annotated[str, Path(description="Id (file_…)", max_length=64)]

router = APIRouter(prefix="/v1/files", tags=["files"])

_TABLE = """payee_bic,amount,currency,value_date,end_to_end_id,debtor,remittance
VOBBUS33XXX,1250.00,USD,2026-11-22,INV-7731,Anna Adler,Invoice 7731
"""
_BODY = {
    "requestBody": {
        "required": True,
        "description": (
            "pacs.008.001.08, pacs.009.001.08 (core), pacs.004.001.09 or camt.050.001.07, with or without a "
            "business application header (head.001.001.02); or a table, whose columns are in the README of "
            "`node/services`"
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
    response_model=AcceptedFile | ReceivedFile,
    responses={HTTPStatus.OK.value: {"model": CheckedFile, "description": "With `dry_run`: what is wrong"}},
    summary="Send a file of payments, or have it checked",
    openapi_extra=_BODY,
)
def send(
    context: InContext,
    actor: Sender,
    body: FileBody,
    request: Request,
    key: IdempotencyKey = "",
    *,
    prefer: Annotated[
        str | None,
        Header(
            description="`respond-async`: keep the file, answer at once, and read it in the background "
            "(RFC 7240). So up to 100,000 payments may be in a file; `GET /v1/files/{file_id}` tells how far "
            "it has come",
            examples=["respond-async"],
            max_length=200,
        ),
    ] = None,
    dry_run: Annotated[
        bool, Query(description="Only list every fault and take nothing; without an idempotency key")
    ] = False,
) -> Response:
    """Take all of its transactions or none: with a fault in one, all faults of the file are listed.

    A file is known by its sender and message id, a table by its content: sent again it gets its first
    answer; another body under the same message id is refused. Read in the background it is checked whole
    before any of it is taken; what can't be taken any more when its turn comes is listed with the file.
    """
    del prefer  # read with the body, whose limit it sets
    store, settings, clock, random = context.store, context.settings, context.clock, context.random
    form, schemas = _form(request), context.schemas()
    if dry_run:
        checked = check_file(store, settings, clock, random, body=body, form=form, schemas=schemas)
        return Response(orjson.dumps(asdict(checked)), media_type=JSON)
    with context.desk.working_on(actor.id, key):
        if prefers_later(request):
            kept = receive(
                store, clock, random, actor=actor.id, entered_by=actor.name, form=form, body=body, key=key
            )
            return _later(kept)
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


def _later(answer: Answer) -> Response:
    response = written(answer)
    response.headers["Location"] = f"/v1/files/{orjson.loads(answer.body)['file_id']}"
    response.headers["Preference-Applied"] = RESPOND_ASYNC
    return response


@router.get(
    "/{file_id}",
    response_model=FileProgress,
    summary="How far has a file come?",
)
def progress(context: InContext, _actor: Reader, file_id: FileId) -> Response:
    """Return how much of a file is checked and taken, and what is wrong with it."""
    found = file_progress(context.store, file_id)
    times = {"created_at": time_text(found.created_at), "updated_at": time_text(found.updated_at)}
    return Response(orjson.dumps(asdict(found) | times), media_type=JSON)


@router.get(
    "/{file_id}/status",
    response_class=Response,
    responses={200: {"content": {XML: {}}, "description": "pacs.002.001.10"}},
    summary="What became of a file's payments?",
)
def status(
    context: InContext,
    _actor: Reader,
    file_id: FileId,
) -> Response:
    """Return a pacs.002 with the present state of each payment of a file, in its order."""
    report = file_status(context.store, context.settings, context.clock, file_id)
    return Response(report, media_type=XML)


@router.get(
    "/{file_id}/receipt",
    response_class=Response,
    responses={200: {"content": {XML: {}}, "description": "camt.025.001.08"}},
    summary="What became of a liquidity credit transfer?",
)
def receipt(context: InContext, _actor: Reader, file_id: FileId) -> Response:
    """Return a camt.025 with the present state of the transfer of a camt.050."""
    written = liquidity_receipt(context.store, context.settings, context.clock, file_id)
    return Response(written, media_type=XML)
