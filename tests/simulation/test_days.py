"""Days under seeds: whatever happens in whatever order, every rule holds after every step (R1–R10)."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from scripts.days import live_all
from tests.simulation.day import Day, live
from tests.simulation.memory import MemoryDatabase
from tests.simulation.seeds import REGRESSIONS

SEEDS, SEEDS_DEEP = 2_000, 100_000
# Of the deep run: each part may take its time, and none the whole; a core takes a stretch of it at a time.
_PARTS, _STRETCHES = 100, 20


@pytest.fixture(scope="module")
def cores() -> Iterator[ProcessPoolExecutor]:
    """A process for each core."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        yield pool


@pytest.mark.parametrize("seed", REGRESSIONS)
def test_what_once_broke_holds(seed: int, database: MemoryDatabase) -> None:
    """A seed on which something once broke is lived through."""
    live(seed, database)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_days(database: MemoryDatabase) -> None:
    """Two thousand days: all of them hold."""
    for seed in range(SEEDS):
        live(seed, database)


@pytest.mark.deep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(_PARTS))
def test_many_days(part: int, cores: ProcessPoolExecutor) -> None:
    """A hundred thousand days: all of them hold."""
    each = SEEDS_DEEP // _PARTS // _STRETCHES
    firsts = range(SEEDS + part * _STRETCHES * each, SEEDS + (part + 1) * _STRETCHES * each, each)

    lived = sum(cores.map(live_all, [range(first, first + each) for first in firsts]))

    assert SEEDS_DEEP // _PARTS == lived


def test_same_seed_same_day(database: MemoryDatabase) -> None:
    """A seed is the same day each time: every point it passes, in order."""
    traces = []
    for _ in range(2):
        day = Day(7, database)
        day.run()
        traces.append(day.trace)

    assert traces[0] == traces[1]


@pytest.mark.slow
def test_same_seed_same_day_in_another_process(root: Path) -> None:
    """Also where Python orders its sets in another way, the trace is bit for bit the same."""
    outputs = [
        subprocess.run(
            [sys.executable, "-m", "scripts.days", "--seed", "7"],
            cwd=root,
            check=True,
            capture_output=True,
            env={"PYTHONHASHSEED": order, "PYTHONPATH": str(root), "PATH": os.defpath},
        ).stdout
        for order in ("1", "2")
    ]

    assert outputs[0] == outputs[1]


def test_first_days(database: MemoryDatabase) -> None:
    """The first seeds hold; and in them each kind of fault strikes and each final state is reached."""
    points: set[str] = set()
    states: set[str] = set()
    for seed in range(20):
        day = live(seed, database)
        points |= {point for point in day.trace if not point.startswith(("A ", "B "))}
        states |= set(day.world.states().values())

    wanted = {"crash", "chain lost", "chain busy", "commit failed", "held", "twice", "_reorganise"}
    assert set() == wanted - points
    assert {"settled", "rejected", "cancelled"} <= states
