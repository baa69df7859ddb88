"""The feeder: tells what is new, in bounded ticks. Several may share a store; each entry is told once."""

from node.chain.protocol import Chain
from node.clock import Clock
from node.services.streams.telling import begin, forget, has_begun, tell
from node.settings import Settings
from node.store.session import Store
from settlement.errors import UnknownParticipant

FORGET_SECONDS = 60


class Feeder:
    """Keeps one store's feed."""

    def __init__(self, store: Store, chain: Chain, clock: Clock, settings: Settings) -> None:
        self._store = store
        self._chain = chain
        self._clock = clock
        self._settings = settings
        self._begun = False
        self._forgot_at = 0

    def tick(self) -> int:
        """Tell the next of what is new; return 0 when it may rest: also before the bank is admitted."""
        at = int(self._clock.now())
        try:
            if not self._begun:
                self._begin(at)
            told = tell(self._store, self._settings, at=at)
        except UnknownParticipant:
            return 0
        return told + self._forget(at)

    def _begin(self, at: int) -> None:
        with self._store.snapshot() as connection:
            begun = has_begun(connection)
        if not begun:
            begin(self._store, self._settings, height=self._chain.final_height(), at=at)
        self._begun = True

    def _forget(self, at: int) -> int:
        if 0 <= at - self._forgot_at < FORGET_SECONDS:
            return 0
        self._forgot_at = at
        return forget(self._store, self._settings, at=at)
