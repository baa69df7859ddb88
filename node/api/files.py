"""`/v1/files`: ISO 20022 message files in, status reports out."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Response

from node.api.answers import XML, Body, IdempotencyKey, written
from node.api.auth import Reader, Sender
from node.api.context import InContext
from node.api.schemas import AcceptedFile
from node.services.files import accept_file
from node.services.reports import file_status

router = APIRouter(prefix="/v1/files", tags=["files"])

_BODY = {
    "requestBody": {
        "required": True,
        "description": "pacs.008.001.08, with or without a business application header (head.001.001.02)",
        "content": {XML: {"schema": {"type": "string"}}},
    }
}


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    response_model=AcceptedFile,
    summary="Send a pacs.008 file",
    openapi_extra=_BODY,
)
def send(context: InContext, actor: Sender, body: Body, key: IdempotencyKey = "") -> Response:
    """Take all of its transactions or none: with a fault in one, all faults of the file are listed.

    A file is known by its sender and message id: sent again it gets its first answer; another body under
    the same message id is refused.
    """
    with context.desk.working_on(actor.id, key):
        answer = accept_file(
            context.store,
            context.settings,
            context.clock,
            context.random,
            actor=actor.id,
            entered_by=actor.name,
            body=body,
            key=key,
            schemas=context.schemas(),
        )
    return written(answer)


@router.get(
    "/{file_id}/status",
    response_class=Response,
    responses={200: {"content": {XML: {}}, "description": "pacs.002.001.10"}},
    summary="What became of a file's payments?",
)
def status(context: InContext, _actor: Reader, file_id: Annotated[str, Path(max_length=64)]) -> Response:
    """Return a pacs.002 with the present state of each payment of a file, in its order."""
    report = file_status(context.store, context.settings, context.clock, file_id)
    return Response(report, media_type=XML)
