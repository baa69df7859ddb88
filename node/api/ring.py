"""The newest of the feed in memory, for those who listen: filled by one thread, read on the event loop.

What listens asks neither store nor chain; who falls behind the ring is told so and catches up by the list.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from threading import Lock

from node.services.streams.feed import Choice, Entry, end_of, read
from node.store.session import Store

ENTRIES_MAX = 10_000
LISTENERS_MAX = 200
_READ_MAX = 500
_TAKEN_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a listener is sent next, and up to which position that is."""

    frames: bytes
    reached: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds: between signs of life, between looks whether a caller may still listen, and for a send."""

    heartbeat: float = 15.0
    check: float = 15.0
    send: float = 10.0


class Ring:
    """Bounded in entries and in listeners. `tick` is its one thread's; the rest is the event loop's."""

    def __init__(
        self,
        store: Store,
        *,
        entries_max: int = ENTRIES_MAX,
        listeners_max: int = LISTENERS_MAX,
        pace: Pace | None = None,
    ) -> None:
        self.pace = pace or Pace()
        self._store = store
        self._entries: deque[tuple[Entry, bytes]] = deque(maxlen=entries_max)
        self._listeners_max = listeners_max
        self._listeners = 0
        self._newest: int | None = None
        self._lock = Lock()
        self._news = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.closed = False

    def tick(self) -> int:
        """Take over what the feed has new, wake who listens, and return how many entries that was."""
        with self._store.snapshot() as connection:
            if self._newest is None:
                self._newest = end_of(connection)
                return 0
            page = read(connection, after=self._newest, limit=_READ_MAX)
        if page.entries:
            framed = [(entry, frame(entry)) for entry in page.entries]
            with self._lock:
                self._entries.extend(framed)
                self._newest = page.entries[-1].position
            self._wake()
        return len(page.entries)

    def close(self) -> None:
        """Let everybody who listens end."""
        self.closed = True
        self._wake()

    @property
    def newest(self) -> int | None:
        """The position of the newest entry; None before the first tick."""
        return self._newest

    def covers(self, position: int) -> bool:
        """Tell whether everything behind a position is here."""
        with self._lock:
            newest = self._newest or 0
            oldest = self._entries[0][0].position if self._entries else newest + 1
        return position >= oldest - 1

    def take(self, position: int, choice: Choice) -> Taken | None:
        """Return what is wanted behind a position, as much as is sent at once; None: some of it is gone."""
        if not self.covers(position):
            return None
        with self._lock:
            newest = self._newest or 0
            # Positions have no gaps, so the place is known without looking.
            first = len(self._entries) - (newest - position)
            last = min(len(self._entries), first + _TAKEN_MAX)
            some = [self._entries[place] for place in range(max(0, first), last)] if newest > position else []
        wanted = [framed for entry, framed in some if choice.takes(entry)]
        return Taken(frames=b"".join(wanted), reached=some[-1][0].position if some else position)

    def enter(self) -> bool:
        """Count one more who listens, from now on woken; False when there are as many as may be."""
        if self._listeners >= self._listeners_max:
            return False
        self._loop = asyncio.get_running_loop()
        self._listeners += 1
        return True

    def leave(self) -> None:
        """Count one less who listens."""
        self._listeners -= 1

    async def news(self, position: int) -> None:
        """Wait until there is something behind a position, or the ring is closed."""
        while not self.closed and (self._newest or 0) <= position:
            await self._news.wait()

    def _wake(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake_all)

    def _wake_all(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()


def frame(entry: Entry) -> bytes:
    """Return an entry as an event of the stream (HTML, "Server-sent events"): its body is one line."""
    return f"id: {entry.id}\nevent: {entry.type}\ndata: {entry.body}\n\n".encode()
