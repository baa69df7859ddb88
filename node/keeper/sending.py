"""Sends one signed message after the other to a receiver, and is not to be misled or held up by it.

A name is looked up once for a connection, and what was looked up and allowed is connected to. No answer is
followed elsewhere, read further than a few bytes, or waited for past a deadline.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpcore2

from node.errors import RequestRefused
from node.services.streams.targets import require_allowed

# Of one message, from looking up the name to the last byte that is read.
MESSAGE_SECONDS_MAX = 10.0
# Of what follows an answer's status.
REST_SECONDS_MAX = 1.0
ANSWER_BYTES_MAX = 4096
_HEADERS = {"content-type": "application/json", "user-agent": "vostro-webhooks"}

# What the library, TLS, names and the system raise: each means that the message was not delivered.
_FAILURES = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.UnsupportedProtocol,
    OSError,
    UnicodeError,
)

Resolve = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent: a body and the headers that identify, date and sign it."""

    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came of a message: the answer's status and the beginning of its body, or why there is none."""

    status: int | None
    error: str | None
    milliseconds: int
    body: bytes = b""

    @property
    def taken(self) -> bool:
        """Tell whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """Tell whether the receiver wants no more (410, as Standard Webhooks has it)."""
        return self.status == 410


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a name by the machine's resolver; raise `OSError`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class Sender:
    """Connects to one receiver; closed in the end. `private_allowed`: in private networks, too."""

    def __init__(
        self,
        url: str,
        *,
        private_allowed: bool,
        resolve_name: Resolve = resolve,
        seconds_max: float = MESSAGE_SECONDS_MAX,
        answer_bytes_max: int = ANSWER_BYTES_MAX,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._url = url
        self._answer_bytes_max = answer_bytes_max
        self._seconds_max = seconds_max
        self._deadline = _Deadline()
        self._pool = httpcore2.ConnectionPool(
            ssl_context=context or ssl.create_default_context(),
            max_connections=1,
            network_backend=_Backend(self._deadline, private_allowed, resolve_name),
        )

    def close(self) -> None:
        """Close the connection."""
        self._pool.close()

    def send(self, message: Message) -> Sent:
        """Send a message and return what came of it; never raise for what a receiver does."""
        started = time.monotonic()
        self._deadline.at = started + self._seconds_max
        status, error, body = None, None, b""
        try:
            status, body = self._exchange(message)
        except RequestRefused as refusal:
            error = f"{refusal.code}: {refusal.detail}"
        except _FAILURES as failure:
            # Its text might quote the receiver, so only its kind is told.
            error = type(failure).__name__
        milliseconds = int((time.monotonic() - started) * 1000)
        return Sent(status=status, error=error, milliseconds=milliseconds, body=body)

    def _exchange(self, message: Message) -> tuple[int, bytes]:
        headers = [*(_HEADERS | message.headers).items()]
        with self._pool.stream("POST", self._url, headers=headers, content=message.body) as response:
            # A short rest is read, also so that the connection can be used again.
            self._deadline.at = min(self._deadline.at, time.monotonic() + REST_SECONDS_MAX)
            received = b""
            with suppress(*_FAILURES):
                for chunk in response.iter_stream():
                    received += chunk
                    if len(received) > self._answer_bytes_max:
                        break
            status: int = response.status
        return status, received


class _Deadline:
    """Until when the present message may take (monotonic seconds)."""

    at = 0.0

    def left(self) -> float:
        """Return the seconds that are left; raise a time-out when none are."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("the receiver took too long")
        return left


class _Backend(httpcore2.NetworkBackend):
    """Connects to what a name was looked up as, and to nothing that is not allowed."""

    def __init__(self, deadline: _Deadline, private_allowed: bool, resolve_name: Resolve) -> None:  # noqa: FBT001
        self._deadline = deadline
        self._private_allowed = private_allowed
        self._resolve = resolve_name
        self._backend = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline is of the whole message
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Look the name up, check every address it has, and connect to the first."""
        addresses = self._resolve(host.strip("[]"), port)
        if not addresses:
            raise httpcore2.ConnectError("the name has no address")
        require_allowed(addresses, private_allowed=self._private_allowed)
        stream = self._backend.connect_tcp(
            addresses[0], port, self._deadline.left(), local_address, socket_options
        )
        return _Stream(stream, self._deadline)


class _Stream(httpcore2.NetworkStream):
    """A connection on which nothing waits longer than the deadline."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - as above
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - as above
        self._stream.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - as above
    ) -> httpcore2.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left())
        return _Stream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
