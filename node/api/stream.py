"""`/v1/events/stream`: the feed as it happens, as server-sent events. The one route that is asynchronous.

On the event loop only memory is touched. Whether its caller may still listen is asked in a thread.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import anyio
import anyio.to_thread
import orjson
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import Field
from starlette.types import Receive, Scope, Send

from node.api.auth import Reader, still_allowed
from node.api.context import InContext
from node.api.events import ChoiceQuery
from node.api.problems import problem
from node.api.ring import Ring
from node.errors import RequestRefused
from node.services.streams.choices import choice_of
from node.services.streams.feed import Choice
from node.services.streams.listing import start_of, words_of

router = APIRouter(prefix="/v1/events", tags=["events"])

_RETRY = b"retry: 2000\n\n"
_HEARTBEAT = b": heartbeat\n\n"
_HEADERS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store")]
# One at a time, so that those who listen take one connection of the store at most.
_CHECKS = anyio.CapacityLimiter(1)


class CursorBehind(RequestRefused):
    """What follows the cursor is not in memory any more: catch up by the list."""

    status = 409


class StreamUnavailable(RequestRefused):
    """As many listen as may, or the stream is only starting."""

    status = 503


class StreamQuery(ChoiceQuery):
    """Which entries, and from where on."""

    cursor: str | None = Field(
        default=None, description="Id of the last event known; `Last-Event-ID` says it too", max_length=100
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listening:
    """Who listens from where to what; `allowed` asks the store."""

    position: int
    choice: Choice
    allowed: Callable[[], bool]


def _listening(
    request: Request,
    context: InContext,
    actor: Reader,
    query: Annotated[StreamQuery, Query()],
    last_event_id: Annotated[
        str | None,
        Header(description="Id of the last event known; what follows it comes first", max_length=100),
    ] = None,
) -> _Listening:
    """Look up in a thread what the stream must not: the cursor, and the accounts by their names."""
    newest, cursor = context.ring.newest, last_event_id or query.cursor
    if newest is None:
        raise StreamUnavailable("the stream is only starting; try again in a second")
    with context.store.snapshot() as connection:
        choice = choice_of(connection, words_of(query.types), words_of(query.accounts))
        position = newest if cursor is None else start_of(connection, cursor)
    if not context.ring.covers(position):
        raise CursorBehind(
            f"too much has happened since {cursor}: catch up by `GET /v1/events?cursor={cursor}`, then "
            "listen from the cursor of its last page",
            param="cursor",
        )
    return _Listening(position=position, choice=choice, allowed=lambda: still_allowed(request, actor))


@router.get(
    "/stream",
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Server-sent events"}},
    summary="What happens?",
)
async def stream(
    request: Request, context: InContext, listening: Annotated[_Listening, Depends(_listening)]
) -> Response:
    """Send each event as it happens: `id`, `event` (its type), `data` (as in the list); and signs of life.

    After a lost connection go on with `Last-Event-ID`: nothing is left out. What is too long ago is
    `cursor_behind`. The end is an event `end` with its reason: `too_slow`, `not_allowed` or `closing`.
    """
    return EventStream(request, context.ring, listening)


class EventStream(Response):
    """A response that goes on until somebody ends it."""

    def __init__(self, request: Request, ring: Ring, listening: _Listening) -> None:
        super().__init__()
        self._request = request
        self._ring = ring
        self._listening = listening
        self._checked_at = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the caller is gone, too slow or not allowed any more, or the node stops."""
        if not self._ring.enter():
            detail = "as many listen as may; try again, or ask `GET /v1/events` now and then"
            refused = problem(self._request, status=503, code=StreamUnavailable.code, detail=detail)
            await refused(scope, receive, send)
            return
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(_cancel_when_gone, receive, group.cancel_scope)
                await self._run(send)
                group.cancel_scope.cancel()
        finally:
            self._ring.leave()

    async def _run(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        try:
            await self._write(send, _RETRY)
            reason = await self._follow(send)
            await self._write(
                send, b"event: end\ndata: " + orjson.dumps({"reason": reason}) + b"\n\n", more=False
            )
        except TimeoutError:
            return  # nobody reads: the server closes the connection

    async def _follow(self, send: Send) -> str:
        """Send what happens, and return why that ended."""
        position = self._listening.position
        while not self._ring.closed:
            taken = self._ring.take(position, self._listening.choice)
            if taken is None:
                return "too_slow"
            if taken.frames:
                await self._write(send, taken.frames)
            if time.monotonic() - self._checked_at >= self._ring.pace.check and not await self._is_allowed():
                return "not_allowed"
            if taken.reached == position:
                with anyio.move_on_after(self._ring.pace.heartbeat) as waited:
                    await self._ring.news(position)
                if waited.cancelled_caught:
                    await self._write(send, _HEARTBEAT)
            position = taken.reached
        return "closing"

    async def _is_allowed(self) -> bool:
        self._checked_at = time.monotonic()
        return await anyio.to_thread.run_sync(self._listening.allowed, limiter=_CHECKS)

    async def _write(self, send: Send, body: bytes, *, more: bool = True) -> None:
        with anyio.fail_after(self._ring.pace.send):
            await send({"type": "http.response.body", "body": body, "more_body": more})


async def _cancel_when_gone(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
