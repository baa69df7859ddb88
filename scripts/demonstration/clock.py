"""The demo's clock: set forward through the months that are played, up to today."""

import time


class DemoClock:
    """Tells a time that runs on by itself from wherever it was set.

    All nodes of the demo and the embedded chain share it, so that month after month passes for all at once.
    """

    def __init__(self, start: float) -> None:
        self._ahead = start - time.time()  # read and written whole: no lock is needed

    def now(self) -> float:
        """Return UTC seconds since the epoch."""
        return time.time() + self._ahead

    def sleep(self, seconds: float) -> None:
        """Wait, in real seconds."""
        time.sleep(seconds)

    def set(self, moment: float) -> None:
        """Go on from `moment`; never back, for blocks and audit rows would run backwards with it."""
        ahead = moment - time.time()
        if ahead < self._ahead:
            raise ValueError(
                f"the demo's clock stands at {self.now():.0f} and does not go back to {moment:.0f}"
            )
        self._ahead = ahead
