"""How often a caller may ask: a bucket of tokens for each actor, and for each address of strangers."""

import math
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from node.clock import Clock
from node.errors import TooManyRequests
from node.settings import Settings

# Beyond so many the one that has asked least lately is forgotten, and so gets a full bucket again.
CALLERS_MAX = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class Buckets:
    """A bucket for each caller: it holds `burst` requests and gets `per_second` back."""

    def __init__(
        self, policy: str, clock: Clock, *, burst: int, per_second: int, callers_max: int = CALLERS_MAX
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._burst = burst
        self._per_second = per_second
        self._callers_max = callers_max
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = Lock()

    def take(self, caller: str) -> dict[str, str]:
        """Count a request, and return what the caller is told of its limit; raise `TooManyRequests`."""
        with self._lock:
            bucket = self._filled(caller)
            self._require(bucket)
            bucket.tokens -= 1
            return self._told(bucket)

    def require(self, caller: str) -> None:
        """Raise `TooManyRequests` where nothing is left; count nothing."""
        with self._lock:
            self._require(self._filled(caller))

    def spend(self, caller: str) -> None:
        """Count a request that was already answered; below nothing there is only nothing."""
        with self._lock:
            bucket = self._filled(caller)
            bucket.tokens = max(0.0, bucket.tokens - 1)

    def _filled(self, caller: str) -> _Bucket:
        now = self._clock.now()
        bucket = self._buckets.setdefault(caller, _Bucket(self._burst, now))
        self._buckets.move_to_end(caller)
        if len(self._buckets) > self._callers_max:
            self._buckets.popitem(last=False)
        # A clock that was set back fills nothing.
        gained = max(0.0, now - bucket.filled_at) * self._per_second
        bucket.tokens = min(self._burst, bucket.tokens + gained)
        bucket.filled_at = now
        return bucket

    def _require(self, bucket: _Bucket) -> None:
        if bucket.tokens < 1:
            seconds = math.ceil((1 - bucket.tokens) / self._per_second)
            raise TooManyRequests(
                f"at most {self._per_second} requests a second after a burst of {self._burst}; "
                f"ask again in {seconds} s",
                retry_after_seconds=seconds,
                told=self._told(bucket),
            )

    def _told(self, bucket: _Bucket) -> dict[str, str]:
        """Return the header fields of draft-ietf-httpapi-ratelimit-headers: quota and what is left of it."""
        window = math.ceil(self._burst / self._per_second)
        full_in = math.ceil((self._burst - bucket.tokens) / self._per_second)
        return {
            "RateLimit-Policy": f'"{self._policy}";q={self._burst};w={window}',
            "RateLimit": f'"{self._policy}";r={int(bucket.tokens)};t={full_in}',
        }


class Rates:
    """The buckets of one node: for those it knows, and for strangers."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.actors = Buckets(
            "actor", clock, burst=settings.actor_burst, per_second=settings.actor_requests_per_second
        )
        self.strangers = Buckets(
            "address", clock, burst=settings.stranger_burst, per_second=settings.stranger_requests_per_second
        )
