"""`/v1/evidence`: what proves that nothing is missing, for `vostro verify`."""

from io import BytesIO
from typing import Annotated

from fastapi import APIRouter, Query, Response

from node.api.auth import Overseer
from node.api.context import InContext
from node.api.queries import AccountHistoryQuery, KeyHistoryQuery
from node.services.histories import Range, write_account_history, write_key_history
from node.services.participants import asset_named, number_of

JSON_LINES = "application/x-ndjson"
# Of more the command line makes a file.
_BYTES_MAX = 16 * 1024 * 1024

router = APIRouter(
    prefix="/v1/evidence",
    tags=["evidence"],
    responses={200: {"content": {JSON_LINES: {}}, "description": "A history, for `vostro verify`"}},
)


@router.get("/account", response_class=Response, summary="Every entry of an account, so that none is missing")
def account(context: InContext, _actor: Overseer, query: Annotated[AccountHistoryQuery, Query()]) -> Response:
    """Return all receipts of a range of blocks, from which anybody derives an account's entries.

    Everybody's are in it, as on the chain; no documents.
    """
    file = BytesIO()
    write_account_history(
        context.store,
        context.settings,
        context.contracts,
        asset=asset_named(context.store, query.asset).id,
        participant=number_of(context.store, query.of or context.settings.bic),
        blocks=Range(first=query.first, last=query.last, height=query.height),
        into=file,
        bytes_max=_BYTES_MAX,
    )
    return Response(file.getvalue(), media_type=JSON_LINES)


@router.get("/key", response_class=Response, summary="What a key might do at a block")
def key(context: InContext, _actor: Overseer, query: Annotated[KeyHistoryQuery, Query()]) -> Response:
    """Return all receipts since a key was registered: no event of them ends what it may do."""
    file = BytesIO()
    write_key_history(
        context.store,
        context.settings,
        context.contracts,
        address=bytes.fromhex(query.address.removeprefix("0x")),
        blocks=Range(last=query.last, height=query.height),
        into=file,
        bytes_max=_BYTES_MAX,
    )
    return Response(file.getvalue(), media_type=JSON_LINES)
