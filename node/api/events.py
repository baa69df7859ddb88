"""`/v1/events`: what happened to this node's instructions and accounts, in one order."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from node.api.auth import Reader
from node.api.context import InContext
from node.services.streams.choices import TYPES
from node.services.streams.feed import PAGE_ENTRIES_MAX
from node.services.streams.listing import list_events, words_of

router = APIRouter(prefix="/v1/events", tags=["events"])

_WORDS_CHARACTERS_MAX = 2000
TYPES_TEXT = f"Types between commas, `payment.*` for a group; default: all of {', '.join(sorted(TYPES))}"
ACCOUNTS_TEXT = "Accounts between commas, by currency or number; what is of no account comes too"


class ChoiceQuery(BaseModel):
    """Which entries of the feed."""

    model_config = ConfigDict(extra="forbid")

    types: str | None = Field(default=None, description=TYPES_TEXT, max_length=_WORDS_CHARACTERS_MAX)
    accounts: str | None = Field(default=None, description=ACCOUNTS_TEXT, max_length=_WORDS_CHARACTERS_MAX)


class EventsQuery(ChoiceQuery):
    """The same, and which page of them."""

    cursor: str | None = Field(default=None, description="Id of the last event known", max_length=100)
    limit: int = Field(description="Entries on a page at most", default=100, ge=1, le=PAGE_ENTRIES_MAX)


class Event(BaseModel):
    """Something that happened. Its id is given once, is the cursor, and is the `webhook-id`."""

    id: str = Field(description="Given once; a cursor, too", examples=["evt_0000000001EG0000000000000"])
    type: str = Field(description="What happened; the list is with `types`", examples=["payment.settled"])
    timestamp: str = Field(description="RFC 3339: of the block for what is on chain, else of this node")
    data: dict[str, Any] = Field(description="What it is about; amounts are minor units")


class Events(BaseModel):
    """A page of the feed, oldest first."""

    events: list[Event] = Field(description="Oldest first")
    cursor: str | None = Field(description="Ask on from here, now or later; null before the first event")
    more: bool = Field(description="The feed goes on behind this page, though maybe with nothing wanted")


@router.get("", response_model=Events, summary="What happened?")
def list_page(context: InContext, _actor: Reader, query: Annotated[EventsQuery, Query()]) -> Response:
    """Return what happened to this node's instructions and accounts, oldest first, a page at a time.

    Each event comes at least once, those of one account in their order. It is kept for VOSTRO_FEED_DAYS; an
    older cursor is `cursor_gone`: then compare by lists and statements, and begin anew.
    """
    found = list_events(
        context.store,
        types=words_of(query.types),
        accounts=words_of(query.accounts),
        cursor=query.cursor,
        limit=query.limit,
    )
    # The bodies are JSON already, and everybody gets the same bytes.
    events = [orjson.Fragment(entry.body) for entry in found.entries]
    content = {"events": events, "cursor": found.cursor, "more": found.more}
    return Response(orjson.dumps(content), media_type="application/json")
