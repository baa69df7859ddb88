"""Lets what trickles in gather: one transaction for many payments costs hardly more than for one.

The first payment after a pause goes at once; what comes behind it waits for the next transaction, unless it
is enough for a whole one.
"""

from node.clock import Clock
from node.outbox.work import is_enough
from node.settings import Settings
from node.store.session import Store
from settlement.participant import KeyRole


class Linger:
    """When each key of this process last signed. Forgetting it only means signing sooner."""

    def __init__(self, store: Store, clock: Clock, settings: Settings) -> None:
        self._store = store
        self._clock = clock
        self._seconds = settings.batch_linger_seconds
        self._enough = settings.batch_payments_max
        self._signed_at: dict[bytes, float] = {}

    def holds(self, key: bytes, role: KeyRole) -> bool:
        """Tell whether the next transaction of a key waits for more to carry."""
        signed_at = self._signed_at.get(key)
        # A clock that was set back holds nothing up.
        if signed_at is None or not 0 <= self._clock.now() - signed_at < self._seconds:
            return False
        with self._store.snapshot() as connection:
            return not is_enough(connection, role=role, count=self._enough)

    def note(self, key: bytes) -> None:
        """Begin the wait of a key: it has just signed."""
        self._signed_at[key] = self._clock.now()
