"""What is drawn up from the mirror says how much of the blocks beneath it was checked."""

from itertools import accumulate, pairwise
from random import Random

import pytest
from sqlalchemy import func, select

from node.clock import SystemClock
from node.follower.checking import Checks
from node.follower.follower import Follower
from node.mirror.levels import Level, lowest_level
from node.store.session import Store
from node.store.tables import verification_levels
from tests.node.chain_of_events import CONTRACTS, ChainOfEvents

_ORDER = list(Level)
_BLOCKS = 24


def _mirror(store: Store, chain: ChainOfEvents, level: Level, until: int) -> None:
    follower = Follower(store, chain, CONTRACTS, SystemClock(), checks=Checks(level=level))
    while follower.tick(until=until):
        pass


def _lowest(store: Store, until: int) -> Level:
    with store.snapshot() as connection:
        return lowest_level(connection, until)


@pytest.mark.parametrize("seed", range(5))
def test_the_least_of_all_blocks_counts(store: Store, seed: int) -> None:
    """Up to any height it is the least of the levels at which the blocks up to there were mirrored."""
    chain, random = ChainOfEvents(), Random(seed)
    for _ in range(_BLOCKS - 1):
        chain.mine()
    # Mostly full, so that the least changes in the middle too.
    levels = random.choices(_ORDER, (20, 2, 1), k=_BLOCKS)
    for height, level in enumerate(levels):
        _mirror(store, chain, level, height)

    least = accumulate(map(_ORDER.index, levels), max)

    assert [_ORDER[place] for place in least] == [_lowest(store, height) for height in range(_BLOCKS)]
    changes = 1 + sum(before is not after for before, after in pairwise(levels))
    with store.snapshot() as connection:
        assert changes == connection.scalar(select(func.count()).select_from(verification_levels))


def test_nothing_mirrored_is_nothing_checked(store: Store) -> None:
    """Where no block stands nothing may be said to have been checked."""
    assert Level.OFF is _lowest(store, 0)
