"""The keeper: does what is due at a time and nobody asks for. Each duty is done once, by whoever is first."""

import structlog

from node.chain.contracts import Contracts
from node.clock import Clock
from node.services.anchors import anchor_once_a_day
from node.services.deadlines import sweep_queue
from node.settings import Settings
from node.store.session import Store

ACTOR = "keeper"
LOOK_SECONDS = 60

_log = structlog.get_logger("vostro.keeper")


class Keeper:
    """Keeps one store's dates. Several may share a store."""

    def __init__(self, store: Store, contracts: Contracts, clock: Clock, settings: Settings) -> None:
        self._store = store
        self._contracts = contracts
        self._clock = clock
        self._settings = settings
        self._looked_at = -LOOK_SECONDS
        # Up to which deadline the queue is looked through; forgetting it only means looking again.
        self._swept = 0

    def tick(self) -> int:
        """Do what is due and return how much that was; looks once a minute, or when the clock is set back."""
        at = int(self._clock.now())
        if 0 <= at - self._looked_at < LOOK_SECONDS:
            return 0
        with self._store.transaction() as connection:
            done = anchor_once_a_day(connection, self._settings, self._contracts, actor=ACTOR, at=at)
            swept = sweep_queue(connection, after=self._swept, at=at)
        self._looked_at, self._swept = at, swept
        if done:
            _log.info("audit_anchor_asked")
        return int(done)
