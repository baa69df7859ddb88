"""`/v1/screening/lists`: the names list that payments are held against, in its versions."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from node.api.answers import CSV, JSON, VERSION_TEXT, Body, IdempotencyKey, IfMatch, versions_in, written
from node.api.auth import Operator, Overseer
from node.api.context import InContext
from node.api.schemas import Outgoing
from node.api.shown import hexadecimal
from node.clock import time_text
from node.services.answers import once, request_of
from node.services.screening import lists as service
from node.services.screening.lists import PAGE_ROWS_MAX, VERSIONS_MAX

router = APIRouter(prefix="/v1/screening/lists", tags=["screening"])

_TABLE = """entry,name,programme,country
QDi.430,Ivan Petrov,UKR,RU
QDi.430,Иван Петров,UKR,RU
"""
_BODY = {
    "requestBody": {
        "required": True,
        "description": (
            "A table with the columns entry, name, and if wanted programme and country; a line for each name "
            "of each entry. The whole list: what is not in it is on the list no more"
        ),
        "content": {CSV: {"schema": {"type": "string"}, "examples": {"two spellings": {"value": _TABLE}}}},
    }
}


class NamesList(Outgoing):
    """One version of the names list; the newest is the list."""

    number: int = Field(description="Which version of it, from 1", examples=[3])
    names: int = Field(description="How many names it has", examples=[20000])
    added: int = Field(description="How many that the version before had not", examples=[12])
    removed: int = Field(description="How many that it has not any more", examples=[1])
    digest: str = Field(description="SHA-256 over its names in order", examples=["0x" + "5f" * 32])
    author: str = Field(description="Id of who loaded it", examples=["usr_01KAP3"])
    author_name: str = Field(description="That person's name", examples=["otto"])
    created_at: str = Field(description="RFC 3339, UTC", examples=["2026-11-23T09:30:00Z"])
    version: str = Field(description=VERSION_TEXT, examples=["3"])


class NamesLists(Outgoing):
    """Versions of the names list."""

    lists: list[NamesList] = Field(description="Newest first")


class ListedName(Outgoing):
    """One name of one entry."""

    entry: str = Field(description="Id of the entry", examples=["QDi.430"])
    name: str = Field(description="As the list writes it", examples=["Ivan Petrov"])
    programme: str = Field(description="Why it is on the list; may be empty", examples=["UKR"])
    country: str = Field(description="ISO 3166 code; may be empty", examples=["RU"])


class ListedNames(Outgoing):
    """A page of the names of one version."""

    names: list[ListedName] = Field(description="By entry and name")


Number = Annotated[int, Path(description="Number of the version", ge=1, le=VERSIONS_MAX)]


@router.get("", summary="Which lists have payments been held against?")
def versions(
    context: InContext,
    _actor: Overseer,
    *,
    before: Annotated[int | None, Query(description="Only older ones than this", ge=1, lt=2**63)] = None,
    limit: Annotated[int, Query(description="Rows at most", ge=1, le=PAGE_ROWS_MAX)] = 100,
) -> NamesLists:
    """Return the versions of the list, newest first: ask again with `before` the last number."""
    with context.store.snapshot() as connection:
        found = service.list_versions(connection, before=before, limit=limit)
    return NamesLists(lists=[_shown(each) for each in found])


@router.get("/{list_number}", summary="Who was on a list?")
def names(
    context: InContext,
    _actor: Overseer,
    list_number: Number,
    *,
    start: Annotated[int, Query(description="How many names to leave out", ge=0, lt=2**31)] = 0,
    limit: Annotated[int, Query(description="Names at most", ge=1, le=PAGE_ROWS_MAX)] = 100,
) -> ListedNames:
    """Return the names of a version, by entry: a page, from behind the first `start`."""
    with context.store.snapshot() as connection:
        found = sorted(service.names_of(connection, list_number))[start : start + limit]
    return ListedNames(names=[ListedName(**asdict(each)) for each in found])


@router.post("", response_model=NamesList, summary="Load a names list", openapi_extra=_BODY)
def load(
    context: InContext,
    actor: Operator,
    body: Body,
    key: IdempotencyKey = "",
    if_match: IfMatch = None,
    *,
    dry_run: Annotated[
        bool,
        Query(description="Only list every fault, or what would change; without an idempotency key"),
    ] = False,
) -> Response:
    """Hold payments against this list from now on, in place of the one so far; one that is the same is it.

    Refused for who may enter payments, too. With a fault nothing is loaded, and all faults are listed.
    """
    listed = service.read_list(body)
    if dry_run:
        with context.store.snapshot() as connection:
            would_be = service.foresee_list(connection, listed, actor=actor, at=int(context.clock.now()))
        return Response(_json(would_be), media_type=JSON)
    answer = once(
        context.store,
        context.clock,
        request_of(actor=actor.id, key=key, operation="load names list", body=body),
        lambda connection, at: service.load_list(
            connection, listed, actor=actor, at=at, seen=versions_in(if_match)
        ),
        _json,
    )
    return written(answer)


def _shown(listed: service.NamesList) -> NamesList:
    return NamesList(
        number=listed.version,
        names=listed.names,
        added=listed.added,
        removed=listed.removed,
        digest=hexadecimal(listed.digest) or "",
        author=listed.author,
        author_name=listed.author_name,
        created_at=time_text(listed.created_at),
        version=str(listed.version),
    )


def _json(listed: service.NamesList) -> bytes:
    return _shown(listed).model_dump_json().encode()
