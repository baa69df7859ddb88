"""Every request gets an id, a line in the log and its place in the numbers."""

import time
from http import HTTPStatus

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from node.api.metrics import Metrics
from node.clock import Clock, Random
from node.services.identifiers import new_id

REQUEST_ID_HEADER = b"x-request-id"
VERIFICATION_HEADER = b"x-verification"
_NO_ROUTE = "none"

_log = structlog.get_logger("vostro.api")


class Observation:
    """ASGI middleware around everything else. What a caller sends as a request id is not believed.

    Every answer says how much of a block this node checks before it mirrors it; an actor's, what is left to
    it of its rate.
    """

    def __init__(
        self, app: ASGIApp, *, metrics: Metrics, clock: Clock, random: Random, verification: str
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._clock = clock
        self._random = random
        self._verification = (VERIFICATION_HEADER, verification.encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; note when it is answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = new_id("req", self._clock, self._random)
        scope.setdefault("state", {})["request_id"] = request_id
        status = int(HTTPStatus.INTERNAL_SERVER_ERROR)
        started = time.perf_counter()

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                known = (REQUEST_ID_HEADER, request_id.encode()), self._verification
                told = scope["state"].get("told", {}).items()
                limits = ((name.lower().encode(), text.encode()) for name, text in told)
                message["headers"] = [*message["headers"], *known, *limits]
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        finally:
            self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        """Count by route, not by path: a number per identifier would grow without limit."""
        method, route = scope["method"], getattr(scope.get("route"), "path", _NO_ROUTE)
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.request_seconds.labels(method, route).observe(seconds)
        _log.info(
            "request",
            request_id=scope["state"]["request_id"],
            method=method,
            route=route,
            status=status,
            milliseconds=round(seconds * 1000, 1),
            actor=scope["state"].get("actor"),
        )
