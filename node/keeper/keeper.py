"""The keeper: does what is due at a time and nobody asks for. Each duty is done once, by whoever is first."""

import structlog

from node.chain.contracts import Contracts
from node.chain.protocol import Chain
from node.clock import Clock
from node.errors import MirrorBehind
from node.services.anchors import anchor_once_a_day
from node.services.breaks import last_run, reconcile_and_record
from node.services.deadlines import end_unapproved, sweep_queue
from node.services.payments import patience_of
from node.services.trades.ending import end_trades
from node.settings import Settings
from node.store.session import Store
from settlement.errors import UnresolvedParty

ACTOR = "keeper"
LOOK_SECONDS = 60
RECONCILE_SECONDS = 3600

_log = structlog.get_logger("vostro.keeper")


class Keeper:
    """Keeps one store's dates. Several may share a store."""

    def __init__(
        self, store: Store, chain: Chain, contracts: Contracts, clock: Clock, settings: Settings
    ) -> None:
        self._store = store
        self._chain = chain
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
            ended = end_unapproved(connection, at=at)
            swept = sweep_queue(connection, after=self._swept, at=at)
            ended += end_trades(connection, self._contracts, patience=patience_of(self._settings), at=at)
        self._looked_at, self._swept = at, swept
        if done:
            _log.info("audit_anchor_asked")
        return int(done) + ended + self._reconcile(at)

    def _reconcile(self, at: int) -> int:
        """Compare once an hour, whoever did it last, everything once a day; nothing without a mirror."""
        with self._store.snapshot() as connection:
            last = last_run(connection)
        if last is not None and 0 <= at - last < RECONCILE_SECONDS:
            return 0
        try:
            found = reconcile_and_record(
                self._store,
                self._chain,
                self._contracts,
                self._settings,
                actor=ACTOR,
                at=at,
                everything=False,
            )
        except (MirrorBehind, UnresolvedParty):
            return 0
        _log.info("reconciled", height=found.height, breaks=len(found.breaks))
        return 1
