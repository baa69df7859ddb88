"""A clock that a test sets."""


class SetClock:
    """Stands still until somebody sleeps on it or sets it; never waits."""

    def __init__(self, timestamp: float) -> None:
        self.timestamp = timestamp

    def now(self) -> float:
        """The time it was set to, and what was slept since."""
        return self.timestamp

    def sleep(self, seconds: float) -> None:
        """Go on by so much."""
        self.timestamp += seconds
