"""The resolver: runs the queue when a run is due by itself (`VOSTRO_QUEUE_RUN_…`)."""

import structlog

from node.chain.contracts import Contracts
from node.chain.protocol import Chain
from node.clock import Clock, Random
from node.errors import ChainError, MirrorBehind, QueueRunRefused
from node.services.queue.runs import run_queue
from node.services.queue.triggers import Due, due_runs
from node.settings import Settings
from node.store.session import Store

ACTOR = "resolver"
LOOK_SECONDS = 2

_log = structlog.get_logger("vostro.keeper")


class Resolver:
    """Resolves one store's queue. Several may share a store: a proposal that comes second is refused."""

    def __init__(
        self,
        store: Store,
        chain: Chain,
        contracts: Contracts,
        *,
        clock: Clock,
        random: Random,
        settings: Settings,
    ) -> None:
        self._store = store
        self._chain = chain
        self._contracts = contracts
        self._clock = clock
        self._random = random
        self._settings = settings
        self._looked_at = 0
        self._ran_at = 0

    def tick(self) -> int:
        """Run what is due and return how many runs proposed something; looks every two seconds."""
        now = int(self._clock.now())
        if 0 <= now - self._looked_at < LOOK_SECONDS:
            return 0
        self._looked_at = now
        with self._store.snapshot() as connection:
            due = due_runs(connection, self._settings, looked_at=self._ran_at, now=now)
        if due:
            self._ran_at = now
        return sum(self._run(each) for each in due)

    def _run(self, due: Due) -> int:
        try:
            run_id = run_queue(
                self._store,
                self._chain,
                self._contracts,
                self._clock,
                self._random,
                code=due.code,
                trigger=due.trigger,
                actor=ACTOR,
            )
        except (QueueRunRefused, MirrorBehind, ChainError) as error:
            _log.info("queue_not_run", currency=due.code, code=error.code)
            return 0
        if run_id is not None:
            _log.info("queue_run", currency=due.code, trigger=due.trigger, run=run_id)
        return int(run_id is not None)
