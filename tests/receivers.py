"""Receivers of webhooks on real sockets of this machine, well-behaved or not."""

from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import TracebackType
from typing import Self

from standardwebhooks import Webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """A message as it came."""

    headers: dict[str, str]
    body: bytes

    def verified(self, secret: str) -> dict[str, object]:
        """The message, checked by the library's own receiving side; it must be of this minute."""
        found: dict[str, object] = Webhook(secret).verify(self.body, self.headers)
        return found


Behaviour = Callable[["_Handler"], None]


def answer(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """Answer with a status."""

    def behave(handler: "_Handler") -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def drip(handler: "_Handler") -> None:
    """Answer a byte of the header at a time, for ever."""
    while not handler.ended.wait(0.05):
        handler.wfile.write(b"H")
        handler.wfile.flush()


def drip_body(handler: "_Handler") -> None:
    """Take the message, then answer a byte of the body at a time, for ever."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.ended.wait(0.05):
        handler.wfile.write(b"x")
        handler.wfile.flush()


def flood(handler: "_Handler") -> None:
    """Answer without an end, as fast as it is read."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.ended.is_set():
        handler.wfile.write(b"x" * 65536)
        handler.got_bytes.append(65536)


def hang_up(handler: "_Handler") -> None:
    """Say nothing and close the connection."""
    handler.close_connection = True


@dataclass(slots=True)
class Receiver:
    """A receiver: `behaviours` are for one message each, the last for all that follow."""

    behaviours: list[Behaviour] = field(default_factory=lambda: [answer(204)])
    got: list[Got] = field(default_factory=list)
    sent_bytes: list[int] = field(default_factory=list)
    _ended: Event = field(default_factory=Event)
    _server: ThreadingHTTPServer = field(init=False)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.receiver = self  # type: ignore[attr-defined]
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def port(self) -> int:
        """The port it listens on."""
        found: int = self._server.server_address[1]
        return found

    @property
    def ids(self) -> list[str]:
        """The ids of what came, in order."""
        return [each.headers["webhook-id"] for each in self.got]

    def next_behaviour(self) -> Behaviour:
        """What it does with the message that has just come."""
        return self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def ended(self) -> Event:
        return self._receiver._ended

    @property
    def got_bytes(self) -> list[int]:
        return self._receiver.sent_bytes

    @property
    def _receiver(self) -> Receiver:
        found: Receiver = self.server.receiver  # type: ignore[attr-defined]
        return found

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self._receiver.got.append(
            Got(headers={name.lower(): value for name, value in self.headers.items()}, body=body)
        )
        behave = self._receiver.next_behaviour()
        try:
            behave(self)
        except OSError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""
