"""Bodies: read no further than the limit allows, and checked for their form away from the event loop."""

from typing import TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

from node.errors import BodyTooLarge

SMALL_BYTES_MAX = 32_768
RESPOND_ASYNC = "respond-async"

Parsed = TypeVar("Parsed")


async def read_body(request: Request) -> bytes:
    """Return the body; raise `BodyTooLarge` as soon as it is known to be above the limit."""
    limit: int = request.app.state.context.settings.body_bytes_max
    return await _read(request, limit)


async def read_file(request: Request) -> bytes:
    """Return a file; one that is to be read in the background may be larger than other bodies."""
    settings = request.app.state.context.settings
    later = prefers_later(request)
    return await _read(request, settings.upload_bytes_max if later else settings.body_bytes_max)


def prefers_later(request: Request) -> bool:
    """Tell whether who asks would rather be answered before the work is done (RFC 7240, `respond-async`)."""
    asked = ",".join(request.headers.getlist("prefer")).split(",")
    return RESPOND_ASYNC in {preference.partition(";")[0].strip().lower() for preference in asked}


async def read_small_body(request: Request) -> bytes:
    """Return the body of a request that anybody may send; raise `BodyTooLarge` above 32 KiB."""
    return await _read(request, SMALL_BYTES_MAX)


async def _read(request: Request, limit: int) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise BodyTooLarge(_too_large(limit))
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise BodyTooLarge(_too_large(limit))
    return bytes(body)


def parse(adapter: TypeAdapter[Parsed], body: bytes) -> Parsed:
    """Return the body in the form of `adapter`; raise `RequestValidationError` (422) with every fault."""
    try:
        return adapter.validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError(found) from error


def _too_large(limit: int) -> str:
    return f"the body is larger than the {limit} bytes this node takes; send it in several requests"
