"""Small queues of every kind: reserves, credit, urgency, day and bilateral limits, accounts below their
floor.
"""

from collections.abc import Iterator
from itertools import combinations

from hypothesis import strategies as st

from settlement.liquidity.queue import Account, BilateralLimit, Payment, Queue
from settlement.liquidity.rule import Positions

_NAMES = "ABCD"
_SMALL = st.integers(min_value=0, max_value=12)


@st.composite
def queues(draw: st.DrawFn, *, payments_max: int = 8) -> Queue:
    """A queue of up to four participants and a few payments."""
    names = _NAMES[: draw(st.integers(min_value=2, max_value=len(_NAMES)))]
    accounts = tuple(
        Account(
            participant=name,
            balance=draw(st.integers(min_value=-6, max_value=12)),
            reserve=draw(st.sampled_from([0, 0, 3, 9])),
            credit=draw(st.sampled_from([0, 0, 4, 6])),
            outflow_left=draw(st.none() | st.none() | _SMALL),
            urgent_elsewhere=draw(st.sampled_from([0, 0, 0, 1])),
        )
        for name in names
    )
    pairs = st.permutations(names).map(lambda order: order[:2])
    payments = tuple(
        Payment(
            id=f"T{number}",
            payer=payer,
            payee=payee,
            amount=draw(st.integers(min_value=1, max_value=15)),
            urgent=draw(st.sampled_from([False, False, True])),
        )
        for number, (payer, payee) in enumerate(draw(st.lists(pairs, max_size=payments_max)))
    )
    limited = draw(st.lists(pairs, max_size=2, unique_by=tuple))
    limits = tuple(
        BilateralLimit(payer=payer, payee=payee, left=draw(st.integers(min_value=-3, max_value=12)))
        for payer, payee in limited
    )
    return Queue(asset="USD", accounts=accounts, payments=payments, limits=limits)


def valid_sets(queue: Queue) -> Iterator[Positions]:
    """Every set that settles."""
    places = range(len(queue.payments))
    for size in range(len(queue.payments) + 1):
        for chosen in combinations(places, size):
            positions = Positions(queue, chosen)
            if not positions.breaches():
                yield positions
