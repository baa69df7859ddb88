"""Queues resolved: what settles of the proven bound, and in how long; synthetic queues of three sizes."""

import math
import random
import time
from collections.abc import Iterator
from typing import Any

from node.services.highs import Highs
from scripts.benches import netted, proposals
from settlement.liquidity.heuristics import drop_last
from settlement.liquidity.queue import Account, Payment, Queue
from settlement.liquidity.resolve import resolve

SEEDS = 5
# Participants, payments, and the shares (percent) of a participant's own queued outflow that it has.
SIZES = ((32, 1_000, (1, 2, 5, 10)), (100, 10_000, (1, 2, 5)), (1_000, 100_000, (1,)))


def run() -> Iterator[dict[str, Any]]:
    """Yield what a set and a netting cycle take on a chain; then, for each synthetic queue, what settles."""
    yield from proposals.run()
    yield from netted.run()
    for participants, payments, shares in SIZES:
        for share in shares:
            for seed in range(SEEDS):
                yield from _figures(participants, payments, share, seed)


def synthetic(participants: int, payments: int, share: int, seed: int) -> Queue:
    """Return a queue: activity Zipf-1, amounts log-normal (median exp(10.3) units, sigma 2.2), two
    decimals.
    """
    chance = random.Random(f"{participants} {payments} {share} {seed}")  # noqa: S311 - a bench, no secret
    activity = [1 / rank for rank in range(1, participants + 1)]
    outflow = [0] * participants
    waiting = []
    for number, payer in enumerate(chance.choices(range(participants), activity, k=payments)):
        payee = payer
        while payee == payer:
            payee = chance.choices(range(participants), activity)[0]
        amount = max(1, round(100 * math.exp(chance.gauss(10.3, 2.2))))
        outflow[payer] += amount
        waiting.append(Payment(id=f"T{number}", payer=f"P{payer}", payee=f"P{payee}", amount=amount))
    accounts = (
        Account(participant=f"P{at}", balance=total * share // 100) for at, total in enumerate(outflow)
    )
    return Queue(asset="USD", accounts=tuple(accounts), payments=tuple(waiting))


def _figures(participants: int, payments: int, share: int, seed: int) -> Iterator[dict[str, Any]]:
    queue = synthetic(participants, payments, share, seed)
    started, worked = time.perf_counter(), time.process_time()
    found = resolve(queue, Highs())
    seconds, processor = time.perf_counter() - started, time.process_time() - worked
    queued = sum(payment.amount for payment in queue.payments)
    case = f"{participants:,} × {payments:,}, share {share} %, seed {seed}"
    values = (
        ("of the proven bound", 100 * found.value / found.bound, "%"),
        ("of the queued value", 100 * found.value / queued, "%"),
        ("heuristics alone, of the proven bound", 100 * resolve(queue).value / found.bound, "%"),
        ("drop-last, of the proven bound", 100 * drop_last(queue).measure()[1] / found.bound, "%"),
        (f"time, {found.programs} programs", seconds, "s"),
        ("processor time", processor, "s"),
    )
    for what, value, unit in values:
        yield {"case": f"{case}: {what}", "value": round(value, 3), "unit": unit, "n": payments}
