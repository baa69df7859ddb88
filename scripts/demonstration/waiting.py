"""Waiting until nothing is on its way: every instruction final, every mirror at the chain's newest block."""

import time
from collections.abc import Sequence

from node.chain.protocol import Chain
from node.mirror.head import head
from scripts.demonstration.nodes import Actor

SECONDS_MAX = 90.0
_PAUSE_SECONDS = 0.05
_ON_THEIR_WAY = ("accepted", "submitted", "unknown")


class NotFinal(Exception):
    """Something is still on its way, or a mirror behind, after `SECONDS_MAX`."""


def await_final(actors: Sequence[Actor], chain: Chain) -> None:
    """Return when all is final and mirrored everywhere; raise `NotFinal`, or why a worker can't work."""
    give_up = time.monotonic() + SECONDS_MAX
    # A mirror that does not know its own bank yet can't list payments; what ends meanwhile moves the others.
    while waiting := _behind(actors, chain) or _on_their_way(actors) or _behind(actors, chain):
        if time.monotonic() > give_up:
            for actor in actors:
                for worker in actor.node.workers:
                    worker.check()
            raise NotFinal(f"after {SECONDS_MAX:.0f} seconds: {waiting}; the nodes' log says more")
        time.sleep(_PAUSE_SECONDS)


def _behind(actors: Sequence[Actor], chain: Chain) -> str:
    """Return which mirrors have not reached the chain's newest final block; empty when all have."""
    height = chain.final_height()
    late = [actor.player.key for actor in actors if _mirrored_height(actor) < height]
    return f"the mirror of {', '.join(late)} is below block {height}" if late else ""


def _on_their_way(actors: Sequence[Actor]) -> str:
    for actor in actors:
        for state in _ON_THEIR_WAY:
            page = actor.system.get("/v1/payments", state=state, limit="1")["payments"]
            if page:
                return f"{actor.player.key} has {page[0]['id']} {state}"
    return ""


def _mirrored_height(actor: Actor) -> int:
    with actor.node.context.store.snapshot() as connection:
        mirrored = head(connection)
    return -1 if mirrored is None else mirrored.height
