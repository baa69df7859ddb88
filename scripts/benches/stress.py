"""A day of 10,000 payments among 32 banks replayed under stress: seconds and memory."""

import random
import resource
import time
from collections.abc import Iterator
from typing import Any

from scripts.benches.liquidity import synthetic
from settlement.liquidity.day import Day, Sent
from settlement.liquidity.scenario import Away, Default, Scenario
from settlement.liquidity.stress import stress

PARTICIPANTS, PAYMENTS, VARIATIONS = 32, 10_000, 100
# What each has when the day opens, percent of what it sends.
SHARES = (1, 5, 20)
_HOUR = 3_600
_SCENARIOS = {
    "as it was": Scenario(),
    "the third in default at 11": Scenario(defaults=(Default(participant="P2", at=11 * _HOUR),)),
    "halved": Scenario(is_halved=True),
    "the first away from 10 to 12": Scenario(
        away=(Away(participant="P0", begins_at=10 * _HOUR, ends_at=12 * _HOUR),)
    ),
}


def run() -> Iterator[dict[str, Any]]:
    """Yield, for each share and scenario, the seconds of a replay; then of all variations, and the memory."""
    for share in SHARES:
        day = synthetic_day(share)
        for name, scenario in _SCENARIOS.items():
            started = time.perf_counter()
            found = stress(day, scenario)
            seconds = time.perf_counter() - started
            case = f"share {share} %, {name}"
            yield _figure(f"{case}: left when the day closes", len(found.replay.left), "payments")
            yield _figure(f"{case}: time", seconds, "s")
        started = time.perf_counter()
        stress(day, variations=VARIATIONS)
        yield _figure(f"share {share} %, {VARIATIONS} variations: time", time.perf_counter() - started, "s")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield _figure("memory of the process at most", memory, "MiB")


def synthetic_day(share: int) -> Day:
    """Return a day whose payments come at any time from 8 to 18."""
    queue, chance = synthetic(PARTICIPANTS, PAYMENTS, share, 0), random.Random(share)  # noqa: S311 - a bench
    times = sorted(chance.randrange(8 * _HOUR, 18 * _HOUR) for _ in queue.payments)
    sent = (Sent(at=at, payment=payment) for at, payment in zip(times, queue.payments, strict=True))
    return Day(asset="USD", opens_at=0, closes_at=24 * _HOUR, accounts=queue.accounts, events=tuple(sent))


def _figure(case: str, value: float, unit: str) -> dict[str, Any]:
    return {"case": case, "value": round(value, 3), "unit": unit, "n": PAYMENTS}
