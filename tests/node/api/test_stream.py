"""`/v1/events/stream` over a real socket: everything once and in order, and nobody holds up anybody."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx2
import orjson
import pytest

from node.api.app import create_app
from node.api.ring import Pace, Ring
from node.bootstrap.web import WebServer
from node.services.actors import Role
from node.services.streams.feed import Draft, append, end_of
from node.services.tokens import list_tokens, revoke_token
from tests.node.api.conftest import Door

_PACE = Pace(heartbeat=0.2, check=0.2, send=0.5)
_WAIT_SECONDS = 30.0


class Stream:
    """A door's stream on a real server; `tell` does what the feeder does, `fill` the ring's thread."""

    def __init__(self, door: Door, *, entries_max: int = 50, pace: Pace = _PACE) -> None:
        self.door = door
        self.ring = Ring(door.context.store, entries_max=entries_max, listeners_max=3, pace=pace)
        app = create_app(replace(door.context, ring=self.ring))
        self.server = WebServer(app, host="127.0.0.1", port=0)
        self.server.start()

    def close(self) -> None:
        """Stop as a node does."""
        self.ring.close()
        self.server.stop()
        self.server.join()

    def tell(self, count: int = 1, type_: str = "payment.settled", size: int = 1) -> None:
        """Tell something, unseen by the ring until its next tick."""
        with self.door.context.store.transaction() as connection:
            first = end_of(connection) + 1
            append(
                connection,
                [
                    Draft(
                        key=f"{first + each}",
                        type=type_,
                        asset=840,
                        at=0,
                        data={"n": first + each, "x": "x" * size},
                    )
                    for each in range(count)
                ],
                at=0,
            )

    def fill(self) -> None:
        """Bring all that was told into the ring."""
        while self.ring.tick():
            pass

    @contextmanager
    def listen(self, role: Role = Role.AUDITOR, **asked: str) -> Iterator["Listener"]:
        """Listen until the end of the block."""
        headers = self.door.headers(role)
        if "last_event_id" in asked:
            headers["last-event-id"] = asked.pop("last_event_id")
        with (
            httpx2.Client(base_url=self.server.url, timeout=_WAIT_SECONDS, trust_env=False) as client,
            client.stream("GET", "/v1/events/stream", params=asked, headers=headers) as response,
        ):
            yield Listener(response)


class Listener:
    """Reads a stream, event by event."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        self._lines = response.iter_lines()

    def comments(self) -> Iterator[str]:
        """The comments, as they come."""
        return (line for line in self._lines if line.startswith(":"))

    def events(self) -> Iterator[dict[str, str]]:
        """The events, as they come."""
        found: dict[str, str] = {}
        for line in self._lines:
            name, _, value = line.partition(": ")
            if not line and "data" in found:
                yield found
                found = {}
            elif line and name:
                found[name] = value

    def next(self, count: int) -> list[int]:
        """The numbers of so many events."""
        events = self.events()
        return [orjson.loads(next(events)["data"])["data"]["n"] for _ in range(count)]

    def end(self) -> str:
        """Why the stream ended."""
        last = list(self.events())[-1]
        assert "end" == last["event"]
        reason: str = orjson.loads(last["data"])["reason"]
        return reason


@pytest.fixture
def stream(door: Door) -> Iterator[Stream]:
    """A stream whose ring has begun."""
    stream = Stream(door)
    stream.ring.tick()
    yield stream
    stream.close()


def test_what_happens_comes_as_it_happens(stream: Stream) -> None:
    """From now on each event comes once, in order, as the list has it; what was before does not."""
    stream.tell(3)
    stream.fill()
    with stream.listen() as listener:
        assert "text/event-stream; charset=utf-8" == listener.response.headers["content-type"]
        assert ": heartbeat" == next(listener.comments())
        stream.tell(2)
        stream.fill()
        events = listener.events()
        first = next(events)
        assert ("payment.settled", 4) == (first["event"], orjson.loads(first["data"])["data"]["n"])
        assert first["id"] == orjson.loads(first["data"])["id"]
        assert 5 == orjson.loads(next(events)["data"])["data"]["n"]


def test_a_lost_connection_is_taken_up(stream: Stream) -> None:
    """Whoever comes back with the last id, by header or query, misses nothing and sees nothing twice."""
    with stream.listen() as listener:
        stream.tell(2)
        stream.fill()
        last = next(listener.events())["id"]
    stream.tell(3)
    stream.fill()
    with stream.listen(last_event_id=last) as listener:
        assert [2, 3, 4, 5] == listener.next(4)
    with stream.listen(cursor=last) as listener:
        assert [2, 3] == listener.next(2)


def test_only_what_is_wanted_comes(stream: Stream) -> None:
    """By type and account; a listener who wants little still moves on with the ring."""
    with stream.listen(types="account.*", accounts="USD") as listener:
        for expected in (41, 82, 123):
            stream.tell(40)
            stream.fill()
            stream.tell(1, type_="account.debited")
            stream.fill()
            assert [expected] == listener.next(1)


def test_who_is_behind_catches_up_by_the_list(stream: Stream) -> None:
    """A cursor that the ring does not reach is told so; the list's last cursor then is listened from."""
    stream.tell(1)
    stream.fill()
    client, headers = stream.door.client, stream.door.headers(Role.AUDITOR)
    cursor = client.get("/v1/events", headers=headers).json()["cursor"]
    stream.tell(60)
    stream.fill()
    with stream.listen(cursor=cursor) as listener:
        listener.response.read()
        assert (409, "cursor_behind") == (listener.response.status_code, listener.response.json()["code"])

    page = client.get("/v1/events", params={"cursor": cursor}, headers=headers).json()
    assert 60 == len(page["events"])
    stream.tell(1)
    with stream.listen(cursor=page["cursor"]) as listener:
        stream.fill()
        assert [62] == listener.next(1)


def test_a_list_ahead_of_the_ring_is_listened_from(stream: Stream) -> None:
    """Who has read the list further than the ring is gets what follows, once."""
    stream.tell(2)
    headers = stream.door.headers(Role.AUDITOR)
    cursor = stream.door.client.get("/v1/events", headers=headers).json()["cursor"]
    with stream.listen(cursor=cursor) as listener:
        stream.fill()
        stream.tell(1)
        stream.fill()
        assert [3] == listener.next(1)


def test_who_does_not_read_holds_up_nobody(stream: Stream) -> None:
    """A listener that reads nothing is let go, and its place is free; another has everything meanwhile."""
    sleeper = socket.create_connection(("127.0.0.1", stream.server.port))
    token = stream.door.headers(Role.AUDITOR)["authorization"]
    sleeper.sendall(f"GET /v1/events/stream HTTP/1.1\r\nhost: a\r\nauthorization: {token}\r\n\r\n".encode())
    assert b"200" in sleeper.recv(20)
    with stream.listen() as listener:
        seen = []
        for _ in range(40):
            stream.tell(10, size=50_000)
            stream.fill()
            seen += listener.next(10)
        assert list(range(1, 401)) == seen
    statuses: list[int] = []
    while statuses[-3:] != [200, 200, 200]:
        with stream.listen() as first, stream.listen() as second, stream.listen() as third:
            statuses += [each.response.status_code for each in (first, second, third)]
    sleeper.close()


def test_listeners_are_bounded(stream: Stream) -> None:
    """The fourth of three is told to come again; when one goes there is room."""
    with stream.listen(), stream.listen():
        with stream.listen(), stream.listen() as fourth:
            fourth.response.read()
            assert (503, "stream_unavailable") == (
                fourth.response.status_code, fourth.response.json()["code"],
            )  # fmt: skip
        for _ in range(100):
            with stream.listen() as third:
                if third.response.status_code == 200:
                    return
        raise AssertionError("no room although one has gone")


def test_a_revoked_token_listens_no_longer(stream: Stream) -> None:
    """A stream ends when its caller would not be let in any more, also while much is sent."""
    context = stream.door.context
    with stream.listen() as listener:
        for token in list_tokens(context.store):
            if token.role is Role.AUDITOR:
                revoke_token(context.store, context.clock, token.id, by="test")
        stream.tell(1)
        stream.fill()
        assert "not_allowed" == listener.end()


def test_a_stopping_node_says_so(stream: Stream) -> None:
    """A node that stops ends its streams, and does not wait for who listens."""
    with stream.listen() as listener:
        stream.ring.close()
        assert "closing" == listener.end()


def test_a_ring_that_has_not_begun(door: Door) -> None:
    """Before the ring knows where it is, nobody is told to be up to date."""
    refused = door.client.get("/v1/events/stream", headers=door.headers())
    assert (503, "stream_unavailable") == (refused.status_code, refused.json()["code"])


def test_wrong_wishes(stream: Stream) -> None:
    """A cursor of no feed and a type that does not exist are refused before the stream begins."""
    wrong: list[tuple[dict[str, Any], int]] = [
        ({"cursor": "evt_0"}, 400),
        ({"cursor": "evt_" + "1" * 26}, 410),
        ({"types": "x"}, 400),
        ({"x": "y"}, 422),
    ]
    for asked, status in wrong:
        with stream.listen(**asked) as listener:
            assert status == listener.response.status_code, asked


def test_a_slow_listener_is_told(doors: Callable[..., Door]) -> None:
    """Who reads, but slower than everything happens, falls behind the ring and is told that this is why."""
    stream = Stream(doors(), entries_max=5, pace=Pace(heartbeat=60, check=60, send=60))
    stream.ring.tick()
    try:
        with stream.listen() as listener:
            stream.tell(1, size=3_000_000)
            stream.fill()
            for _ in range(40):
                stream.tell(1, size=1_000_000)
                stream.fill()
            assert "too_slow" == listener.end()
    finally:
        stream.close()
