"""What scripts/simulate runs."""

import argparse
import gc
import logging
import sys
import time
import traceback
from collections.abc import Iterable, Sequence
from functools import cache

import structlog

from tests.simulation.day import Day, live, prepared
from tests.simulation.memory import MemoryDatabase

_PROGRESS_SECONDS = 30
_OBJECTS_BEFORE_COLLECTION = 50_000


def main(arguments: Sequence[str]) -> int:
    """Live the seeds that were asked for; 0 when every rule held."""
    parser = argparse.ArgumentParser(prog="scripts/simulate")
    asked = parser.add_mutually_exclusive_group(required=True)
    asked.add_argument("--seeds", type=int, metavar="N")
    asked.add_argument("--seed", type=int, metavar="S")
    parser.add_argument("--from", type=int, default=1, metavar="S", dest="first")
    options = parser.parse_args(arguments)
    if options.seed is not None:
        return _one(options.seed, _database())
    return _many(range(options.first, options.first + options.seeds), _database())


def live_all(seeds: range) -> int:
    """Live the days of these seeds, in a process of its own; return how many held every rule."""
    for seed in seeds:
        live(seed, _database())
    return len(seeds)


@cache
def _database() -> MemoryDatabase:
    """The one database of this process; what the node logs of a fault is no news here."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    database = prepared()
    # What has been imported stays: looking through it again and again took a twelfth of each day.
    gc.freeze()
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTION)
    return database


def _one(seed: int, database: MemoryDatabase) -> int:
    day = Day(seed, database)
    try:
        digest = day.run()
    except Exception:  # noqa: BLE001 - whatever it is, its trace is what was asked for
        print("\n".join(day.trace))
        traceback.print_exc()
        return 1
    print("\n".join(day.trace))
    print(f"seed {seed}: every rule held; digest of the trace {digest}")
    return 0


def _many(seeds: Iterable[int], database: MemoryDatabase) -> int:
    started = told = time.monotonic()
    count = 0
    for count, seed in enumerate(seeds, 1):
        try:
            live(seed, database)
        except Exception:  # noqa: BLE001 - whatever it is, the seed is what must be known
            traceback.print_exc()
            print(f"seed {seed} broke: scripts/simulate --seed {seed}; keep it in tests/simulation/seeds.py")
            return 1
        if time.monotonic() - told > _PROGRESS_SECONDS:
            told = time.monotonic()
            print(f"{count} seeds in {told - started:.0f} seconds", flush=True)
    print(f"{count} seeds, every rule held, in {time.monotonic() - started:.0f} seconds")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
