"""Valid sets without a search: the fair baseline, greedy filling, and repair of a set that is not valid."""

from collections import deque
from collections.abc import Iterable

from settlement.liquidity.queue import Queue
from settlement.liquidity.rule import Positions

_ROUNDS_MAX = 20


def drop_last(queue: Queue) -> Positions:
    """Start with all; while an account does not bear it, take out its last payment, by priority and then
    queue order.

    The outcome is the largest valid set that takes of each payer a beginning of its own queue. It is
    unique: no order of the accounts changes it, since a payer's outflow is the only thing of it that can
    hurt it (Bech and Soramäki, Gridlock resolution in interbank payment systems, Bank of Finland 9/2001).
    """
    positions = Positions(queue, range(len(queue.payments)))
    own: list[list[int]] = [[] for _ in queue.accounts]
    for place in sorted(range(len(queue.payments)), key=lambda at: (not positions.urgent[at], at)):
        own[positions.payers[place]].append(place)
    waiting = deque(range(len(queue.accounts)))
    while waiting:
        payer = waiting.popleft()
        while positions.breach(payer) is not None:
            dropped = own[payer].pop()
            positions.remove(dropped)
            waiting.append(positions.payees[dropped])
    return positions


def fill(positions: Positions, order: Iterable[int]) -> None:
    """Add to a valid set what fits, in the order given but urgent payments first, until nothing does."""
    left = sorted((at for at in order if at not in positions.chosen), key=lambda at: not positions.urgent[at])
    for _ in range(_ROUNDS_MAX):
        rest = []
        for place in left:
            positions.add(place)
            # Whoever is paid bears more than before.
            if positions.breach(positions.payers[place]) is not None:
                positions.remove(place)
                rest.append(place)
        if len(rest) == len(left):
            return
        left = rest
