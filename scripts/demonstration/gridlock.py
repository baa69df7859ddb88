"""Twelve payments among the three banks, each larger than all the dollars there are: none can go alone.

They wait in the chain's queue until a bank has it resolved: together they net to little, and settle at once.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from node.clock import time_text
from scripts.demonstration.api import Refused
from scripts.demonstration.cast import BANKS, Player
from scripts.demonstration.ground import Ground
from scripts.demonstration.nodes import Actor
from scripts.demonstration.waiting import SECONDS_MAX, NotFinal, await_final

CURRENCY = "USD"
ROUNDS = 4
_NAME = "GRIDLOCK"
# Who starts the demo again within so long finds them waiting still.
_DAYS = 30
# Above the whole supply, so that the order in which they arrive changes nothing.
_SMALLEST = 1_000_000_000_00
_STEP = 1_375_000_25
_PAUSE_SECONDS = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One of the twelve. `amount` in minor units."""

    payer: Player
    payee: Player
    amount: int
    end_to_end_id: str


def owed() -> Iterator[Owed]:
    """Yield the twelve: each bank pays the next, then the one after, and again."""
    for number in range(ROUNDS):
        for place, bank in enumerate(BANKS):
            yield Owed(
                payer=bank,
                payee=BANKS[(place + 1 + number % 2) % len(BANKS)],
                amount=_SMALLEST + _STEP * (ROUNDS * place + number),
                end_to_end_id=f"{_NAME}-{place + 1}-{number + 1}",
            )


def lock(actors: Sequence[Actor], ground: Ground) -> None:
    """Have each bank send its four, and wait until all twelve queue."""
    now = ground.clock.now()
    deadline = now + _DAYS * 86_400
    for actor in actors:
        payments = [_payment(each, deadline=deadline) for each in owed() if each.payer is actor.player]
        if payments and not any(map(_counts, actor.system.payments())):
            actor.system.pay(f"gridlock-{now:.0f}", payments)
    await_final(actors, ground.chain)


def unlock(actors: Sequence[Actor], ground: Ground) -> Any:
    """Have one bank resolve the queue until it is empty; return the run that did, as its node shows it."""
    system = next(actor.system for actor in actors if actor.player is BANKS[-1])
    give_up = time.monotonic() + SECONDS_MAX
    while system.get("/v1/queue", currency=CURRENCY)["waiting"]:
        if time.monotonic() > give_up:
            raise NotFinal(f"after {SECONDS_MAX:.0f} seconds something waits; see the nodes' log")
        # While what was proposed is on its way, also before a restart, another run is refused.
        with suppress(Refused):
            system.resolve(f"run-{time.time_ns()}", CURRENCY)
        time.sleep(_PAUSE_SECONDS)
    await_final(actors, ground.chain)
    runs = system.get("/v1/queue/runs")["runs"]
    best = max(runs, key=lambda run: int(run["settled_value"]))
    return system.get(f"/v1/queue/runs/{best['id']}")


def _counts(payment: Mapping[str, Any]) -> bool:
    """Tell whether it is one of the twelve, and waits or has settled."""
    name: str = payment["end_to_end_id"]
    return name.startswith(_NAME) and payment["state"] != "expired"


def _payment(each: Owed, *, deadline: float) -> Mapping[str, Any]:
    return {
        "payee": {"bic": each.payee.bic},
        "amount": str(each.amount),
        "currency": CURRENCY,
        "end_to_end_id": each.end_to_end_id,
        "queue": True,
        "deadline": time_text(int(deadline)),
    }
