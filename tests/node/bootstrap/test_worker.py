"""A worker ticks, waits out what passes, and ends loudly on what nobody foresaw."""

from collections.abc import Callable, Iterator
from threading import Event

import pytest

from node.bootstrap.worker import Worker, WorkerCrashed, WorkerFailing
from node.errors import ChainUnavailable
from settlement.errors import MirrorGap, SettlementError

_WAIT_SECONDS_MAX = 10


class Ticks:
    """A tick that does what it is told, in order, and then nothing more."""

    def __init__(self, *results: int | Exception) -> None:
        self.results = list(results)
        self.done = Event()
        self.count = 0

    def __call__(self) -> int:
        self.count += 1
        if not self.results:
            self.done.set()
            return 0
        result = self.results.pop(0)
        if isinstance(result, Exception):
            if not self.results:
                self.done.set()
            raise result
        return result


@pytest.fixture
def alarms() -> list[tuple[str, SettlementError]]:
    """What was remembered as an incident."""
    return []


@pytest.fixture
def started(alarms: list[tuple[str, SettlementError]]) -> Iterator[Callable[[Ticks], Worker]]:
    """Start a worker on ticks; it ends with the test."""
    workers: list[Worker] = []

    def start(ticks: Ticks) -> Worker:
        worker = Worker(
            "follower", ticks, pause_seconds=0.001, alarm=lambda name, error: alarms.append((name, error))
        )
        workers.append(worker)
        worker.start()
        assert ticks.done.wait(_WAIT_SECONDS_MAX)
        return worker

    yield start
    for worker in workers:
        worker.stop()
        worker.join()


def test_ticks_until_stopped(started: Callable[[Ticks], Worker]) -> None:
    """A worker goes on while there is work, and ends after the tick in which it is stopped."""
    ticks = Ticks(3, 2, 1)
    worker = started(ticks)
    worker.check()
    worker.stop()
    worker.join()
    count = ticks.count
    assert count >= 4
    worker.check()
    assert count == ticks.count


def test_tries_again(started: Callable[[Ticks], Worker], alarms: list[tuple[str, SettlementError]]) -> None:
    """A chain that was away and came back leaves no trace on the health page, and no incident."""
    worker = started(Ticks(ChainUnavailable("refused"), ChainUnavailable("refused"), 1))
    worker.check()
    assert [] == alarms


def test_says_why(started: Callable[[Ticks], Worker]) -> None:
    """While the chain is away the health page says so."""

    class Away(Ticks):
        def __call__(self) -> int:
            self.done.set()
            raise ChainUnavailable("refused")

    worker = started(Away())
    with pytest.raises(WorkerFailing, match="chain_unavailable: refused"):
        _until_raises(worker)


def test_remembers_a_broken_rule(
    started: Callable[[Ticks], Worker], alarms: list[tuple[str, SettlementError]]
) -> None:
    """A broken rule is remembered as an incident, once, and the worker lives on to see it cleared."""
    gap = MirrorGap("the parent of block 7 is not block 6")
    started(Ticks(gap, gap, gap, 1))
    assert [("follower", gap)] == alarms


def test_crashes_loudly(
    started: Callable[[Ticks], Worker], alarms: list[tuple[str, SettlementError]]
) -> None:
    """What nobody foresaw ends the worker with an incident that names it, and nothing of its words."""
    worker = started(Ticks(RuntimeError("secret")))
    worker.join()
    with pytest.raises(WorkerCrashed, match="RuntimeError"):
        worker.check()
    assert ["worker_crashed"] == [error.code for _, error in alarms]
    assert "secret" not in alarms[0][1].detail


def _until_raises(worker: Worker) -> None:
    for _ in range(_WAIT_SECONDS_MAX * 1000):
        worker.check()
        Event().wait(0.001)
