"""`/v1/breaks`: what reconciliation found to differ, whose it is, and its end."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from node.api import openapi
from node.api.answers import XML, Body, IdempotencyKey, IfMatch, versions_in, written
from node.api.auth import Examiner, Reconciler, Staff
from node.api.body import parse
from node.api.break_forms import Break, Breaks, ComparedStatement, Difference
from node.api.context import InContext
from node.clock import time_text
from node.services.answers import once, request_of
from node.services.breaks import (
    NAME_CHARACTERS_MAX,
    PAGE_ROWS_MAX,
    REASON_CHARACTERS_MAX,
    OpenedBreak,
    assign,
    clear,
    list_breaks,
)
from node.services.stated import TiedOut, tie_out_once

router = APIRouter(prefix="/v1/breaks", tags=["breaks"])


class Assignment(BaseModel):
    """Who finds out why."""

    model_config = ConfigDict(extra="forbid", strict=True)

    owner: str = Field(description="A person's name", min_length=1, max_length=NAME_CHARACTERS_MAX)


class Clearance(BaseModel):
    """Who has found out why, and what it was."""

    model_config = ConfigDict(extra="forbid", strict=True)

    by: str = Field(description="A person's name", min_length=1, max_length=NAME_CHARACTERS_MAX)
    reason: str = Field(
        description="Why it differed, and what was done", min_length=1, max_length=REASON_CHARACTERS_MAX
    )


_STATEMENT_BODY = {
    "requestBody": {
        "required": True,
        "description": "camt.053.001.08, with one statement",
        "content": {XML: {"schema": {"type": "string"}}},
    }
}
Number = Annotated[int, Path(description="Number of the break", ge=1, lt=2**63)]
_ASSIGNMENT: TypeAdapter[Assignment] = TypeAdapter(Assignment)
_CLEARANCE: TypeAdapter[Clearance] = TypeAdapter(Clearance)
_EXAMPLES = {"assignment": {"owner": "Erika Mustermann"}}
_CLEARING = {
    "clearance": {"by": "Erika Mustermann", "reason": "Statement was of another day; compared again."}
}


@router.get("", summary="What differs?")
def list_page(
    context: InContext,
    _actor: Examiner,
    *,
    cleared: Annotated[bool, Query(description="Those that were cleared, too")] = False,
    after: Annotated[int, Query(description="Only numbers above this one", ge=0, lt=2**63)] = 0,
    limit: Annotated[int, Query(description="Rows at most", ge=1, le=PAGE_ROWS_MAX)] = 100,
) -> Breaks:
    """Return breaks, oldest first, a page at a time: ask again with `after` the last number."""
    found = list_breaks(context.store, also_cleared=cleared, after=after, limit=limit)
    return Breaks(breaks=[_break(each) for each in found])


@router.post(
    "/statement",
    response_model=ComparedStatement,
    summary="Compare a bank's statement with ours",
    openapi_extra=_STATEMENT_BODY,
)
def statement(context: InContext, actor: Reconciler, body: Body, key: IdempotencyKey = "") -> Response:
    """Compare a camt.053 with our statement of the same account and days; open a break for what is new."""
    request = request_of(actor=actor.id, key=key, operation="compare statement", body=body)
    answer = tie_out_once(
        context.store,
        context.settings,
        context.chain,
        context.clock,
        body,
        request=request,
        shown=_compared,
    )
    return written(answer)


@router.post(
    "/{break_id}/assignment",
    response_model=Break,
    summary="Make somebody answer for a break",
    openapi_extra=openapi.json_body(_ASSIGNMENT, _EXAMPLES),
)
def assignment(
    context: InContext,
    actor: Staff,
    break_id: Number,
    body: Body,
    key: IdempotencyKey = "",
    *,
    if_match: IfMatch = None,
) -> Response:
    """Make somebody answer for an open break, or somebody else."""
    form = parse(_ASSIGNMENT, body)
    request = request_of(actor=actor.id, key=key, operation=f"assign break {break_id}", body=body)
    answer = once(
        context.store,
        context.clock,
        request,
        lambda connection, at: assign(
            connection, break_id, owner=form.owner, actor=actor.id, at=at, seen=versions_in(if_match)
        ),
        _json,
    )
    return written(answer)


@router.post(
    "/{break_id}/clearance",
    response_model=Break,
    summary="End a break",
    openapi_extra=openapi.json_body(_CLEARANCE, _CLEARING),
)
def clearance(
    context: InContext,
    actor: Staff,
    break_id: Number,
    body: Body,
    key: IdempotencyKey = "",
    *,
    if_match: IfMatch = None,
) -> Response:
    """End an open break with a name and a reason; if it still differs, the next run finds it anew."""
    form = parse(_CLEARANCE, body)
    request = request_of(actor=actor.id, key=key, operation=f"clear break {break_id}", body=body)
    answer = once(
        context.store,
        context.clock,
        request,
        lambda connection, at: clear(
            connection,
            break_id,
            by=form.by,
            reason=form.reason,
            actor=actor.id,
            at=at,
            seen=versions_in(if_match),
        ),
        _json,
    )
    return written(answer)


def _break(each: OpenedBreak) -> Break:
    cleared_at = None if each.cleared_at is None else time_text(each.cleared_at)
    changed = {
        "opened_at": time_text(each.opened_at),
        "cleared_at": cleared_at,
        "version": each.version,
    }
    return Break(**(asdict(each) | changed))


def _json(each: OpenedBreak) -> bytes:
    return _break(each).model_dump_json().encode()


def _compared(tied: TiedOut) -> bytes:
    found = ComparedStatement(
        statement=tied.ours.identification,
        height=tied.ours.height,
        entries=len(tied.ours.entries),
        breaks=[Difference(**asdict(each)) for each in tied.breaks],
    )
    return found.model_dump_json().encode()
