"""Time and chance: the two things of the outside world that every process needs and no test may patch."""

import secrets
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time; the only source of it."""

    def now(self) -> float:
        """Return UTC seconds since the epoch."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Random(Protocol):
    """Gives bytes nobody can guess; the only source of them."""

    def bytes(self, count: int) -> bytes:
        """Return `count` random bytes."""
        ...


def time_text(seconds: int) -> str:
    """Return UTC seconds as RFC 3339."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Return UTC seconds since the epoch."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class SystemRandom:
    """The operating system's generator."""

    def bytes(self, count: int) -> bytes:
        """Return `count` random bytes."""
        return secrets.token_bytes(count)
