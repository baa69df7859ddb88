"""Every error as a problem (RFC 9457): one shape, one handler, whatever layer raised it.

422 means that a request does not have the form of the OpenAPI document, and nothing else.
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from node.errors import (
    InFlight,
    InvalidClient,
    InvalidScope,
    TooManyRequests,
    UnsupportedGrantType,
    status_of,
)
from settlement.errors import FaultyMessage, SettlementError

MEDIA_TYPE = "application/problem+json"
FAULTS_MAX = 1000
_RETRY_SECONDS = "1"
# RFC 6749 has a word of its own for the code, which its clients look for.
_OAUTH = frozenset({InvalidClient.code, InvalidScope.code, UnsupportedGrantType.code})

_log = structlog.get_logger("vostro.api")


def install(app: FastAPI) -> None:
    """Make `app` answer every error as a problem."""
    app.add_exception_handler(SettlementError, _expected)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def problem(
    request: Request,
    *,
    status: int,
    code: str,
    detail: str,
    param: str | None = None,
    faults: Iterable[Mapping[str, object]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the answer to a refused request; `faults` only where several things are wrong at once."""
    content: dict[str, object] = {
        "type": f"urn:vostro:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "detail": detail,
        "code": code,
        "param": param,
        "request_id": request_id(request),
    }
    if code in _OAUTH:
        content["error"] = code
    if faults is not None:
        content["faults"] = list(faults)
    return Response(orjson.dumps(content), status_code=status, media_type=MEDIA_TYPE, headers=headers)


def request_id(request: Request) -> str:
    """Return the id under which this request is in the log."""
    return str(request.scope.get("state", {}).get("request_id", ""))


# What is answered another way later.
_LATER = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS)


def _expected(request: Request, error: Exception) -> Response:
    assert isinstance(error, SettlementError)
    return answer_to(request, error)


def answer_to(request: Request, error: SettlementError) -> Response:
    """Return the problem that an expected error is answered by."""
    status = status_of(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("request_failed", request_id=request_id(request), code=error.code, detail=error.detail)
    else:
        _log.info("request_refused", request_id=request_id(request), code=error.code, status=status)
    return problem(
        request,
        status=status,
        code=error.code,
        detail=error.detail,
        param=error.param,
        faults=_faults(error) if isinstance(error, FaultyMessage) else None,
        headers=_headers(status, error),
    )


def _faults(error: FaultyMessage) -> list[dict[str, object]]:
    return [
        {
            "transaction": fault.transaction,
            "path": fault.path,
            "code": fault.code,
            "detail": fault.detail,
        }
        for fault in error.faults
    ]


def _headers(status: int, error: SettlementError) -> dict[str, str]:
    if status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": 'Bearer realm="vostro"'}
    if isinstance(error, TooManyRequests):
        return {"Retry-After": str(error.retry_after_seconds), **error.told}
    if isinstance(error, InFlight) or status in _LATER:
        return {"Retry-After": _RETRY_SECONDS}
    return {}


def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    faults = [
        {
            "transaction": None,
            "path": ".".join(str(part) for part in fault["loc"]),
            "code": fault["type"],
            "detail": fault["msg"],
        }
        for fault in found[:FAULTS_MAX]
    ]
    first = faults[0]
    _log.info("request_malformed", request_id=request_id(request), faults=len(found))
    return problem(
        request,
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        code="malformed_payload",
        detail=f"{len(found)} fault(s); the first, at {first['path'] or 'the body'}: {first['detail']}",
        param=str(first["path"]) or None,
        faults=faults,
    )


def _http(request: Request, error: Exception) -> Response:
    """Answer what the web framework itself refuses: an unknown path, a wrong method."""
    assert isinstance(error, HTTPException)
    return problem(
        request,
        status=error.status_code,
        code=HTTPStatus(error.status_code).name.lower(),
        detail=str(error.detail),
        headers=error.headers,
    )


def _unexpected(request: Request, error: Exception) -> Response:
    """Answer what nobody foresaw: everything goes to the log, nothing of it to the caller."""
    _log.error("request_crashed", request_id=request_id(request), exc_info=error)
    return problem(
        request,
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
        code="internal_error",
        detail="something unforeseen went wrong; the log has it under this request id",
    )


def problem_schema() -> dict[str, Any]:
    """Return the JSON schema of a problem, for the OpenAPI document."""
    fault = {
        "type": "object",
        "required": ["transaction", "path", "code", "detail"],
        "properties": {
            "transaction": {
                "type": ["integer", "null"],
                "description": "Place of the transaction in the file, from 0; null: the file as a whole",
            },
            "path": {"type": "string", "description": "Where in the message or body"},
            "code": {"type": "string", "description": "Stable name of the error, for programs"},
            "detail": {"type": "string", "description": "What is wrong and what to do next"},
        },
    }
    return {
        "type": "object",
        "description": "What was refused and why (RFC 9457)",
        "required": ["type", "title", "status", "detail", "code", "param", "request_id"],
        "properties": {
            "type": {"type": "string", "description": "URN of the problem's kind"},
            "title": {"type": "string", "description": "The code in words"},
            "status": {"type": "integer", "description": "HTTP status of this answer"},
            "detail": {"type": "string", "description": "What is wrong and what to do next"},
            "code": {"type": "string", "description": "Stable name of the error, for programs"},
            "param": {"type": ["string", "null"], "description": "The field it speaks of"},
            "request_id": {"type": "string", "description": "Find this request in the node's log by it"},
            "error": {"type": "string", "description": "The code, where RFC 6749 asks for it"},
            "faults": {"type": "array", "description": "Everything that is wrong with many", "items": fault},
        },
        "example": {
            "type": "urn:vostro:problem:unknown_participant",
            "title": "Unknown participant",
            "status": 400,
            "detail": "no participant is registered as BIC XXXXDEFFXXX; ask the operator to admit it",
            "code": "unknown_participant",
            "param": "payee",
            "request_id": "req_01JDA2",
        },
    }
