"""A worker: one thread that ticks. Each tick does bounded work and returns how much it did.

What is expected to pass (the chain or the store is away, a person must look) is logged once and tried
again with growing pauses. What nobody foresaw ends the thread: an incident is raised, and the health
page says so until the process is started again.
"""

from collections.abc import Callable
from threading import Event, Thread

import structlog

from node.errors import NodeError, WriterStopped
from settlement.errors import BrokenRule, SettlementError

PAUSE_SECONDS_MAX = 5.0
STOP_SECONDS_MAX = 30.0

_log = structlog.get_logger("vostro.worker")


class WorkerCrashed(NodeError):
    """A worker met something nobody foresaw and has ended; the log has it whole."""


class WorkerFailing(NodeError):
    """A worker can't do its work at the moment, and tries again."""

    status = 503


class Worker:
    """Runs `tick` until it is stopped. `alarm` is called with what must be remembered as an incident."""

    def __init__(
        self,
        name: str,
        tick: Callable[[], int],
        *,
        pause_seconds: float,
        alarm: Callable[[str, SettlementError], None],
    ) -> None:
        self.name = name
        self._tick = tick
        self._pause_seconds = pause_seconds
        self._alarm = alarm
        self._stopping = Event()
        self._failure: SettlementError | None = None
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end after its present tick."""
        self._stopping.set()

    def join(self) -> None:
        """Wait for the end, as long as one tick may take."""
        if self._thread.ident is not None:
            self._thread.join(STOP_SECONDS_MAX)

    def check(self) -> None:
        """Raise why the work is not being done, if it is not."""
        if self._failure is not None:
            raise self._failure
        if self._thread.ident is not None and not self._thread.is_alive() and not self._stopping.is_set():
            raise WorkerCrashed(f"the {self.name} has ended; start the node again")

    def _run(self) -> None:
        pause = self._pause_seconds
        while not self._stopping.is_set():
            try:
                done = self._tick()
            except SettlementError as error:
                self._note(error)
                self._stopping.wait(pause)
                pause = min(pause * 2, PAUSE_SECONDS_MAX)
            except Exception as error:  # noqa: BLE001 - whatever it is, it must be seen and stop this worker
                _log.exception("worker_crashed", worker=self.name)
                crash = WorkerCrashed(
                    f"the {self.name} met {type(error).__name__}; see the log, then start the node again"
                )
                self._failure = crash
                self._remember(crash)
                return
            else:
                self._recover()
                pause = self._pause_seconds
                if done == 0:
                    self._stopping.wait(pause)

    def _note(self, error: SettlementError) -> None:
        """Keep the reason for the health page; log it when it is news; remember a broken rule (R10)."""
        known = self._failure
        self._failure = WorkerFailing(f"the {self.name}: {error.code}: {error.detail}")
        if known is not None and known.detail == self._failure.detail:
            return
        _log.error("worker_failing", worker=self.name, code=error.code, detail=error.detail)
        if isinstance(error, BrokenRule) and not isinstance(error, WriterStopped):
            self._remember(error)

    def _recover(self) -> None:
        if self._failure is not None:
            _log.info("worker_recovered", worker=self.name)
            self._failure = None

    def _remember(self, error: SettlementError) -> None:
        try:
            self._alarm(self.name, error)
        except SettlementError as failure:
            # The store is away: the worker's own state still says on the health page why it stopped.
            _log.error("incident_not_remembered", worker=self.name, code=failure.code, detail=failure.detail)
