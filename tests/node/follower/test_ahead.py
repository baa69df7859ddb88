"""Fetching ahead changes when blocks come, and nothing else."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from node.chain.protocol import Block
from node.errors import ChainUnavailable
from node.follower.ahead import Ahead
from node.follower.follower import Follower
from node.follower.rebuild import picture
from node.store.session import Store
from settlement.errors import MirrorGap
from settlement.instruction import Terms
from tests.clocks import SetClock
from tests.node.chain_of_events import CONTRACTS, START, ChainOfEvents, register, settle

_WAIT_SECONDS_MAX = 30


class _Watched(ChainOfEvents):
    """A chain that remembers which blocks it was asked for, and fails when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[int, int]] = []
        self.answered = Event()
        self.fails = False
        self.mine(register((1, 2, 3)))
        for sequence in range(1, 9):
            self.mine(settle(Terms(sequence=sequence, asset=840, payer=2, payee=3, amount=sequence)))

    def blocks(self, first: int, last: int) -> list[Block]:
        self.asked.append((first, last))
        self.answered.set()
        if self.fails:
            raise ChainUnavailable("the RPC node is away; try again")
        return super().blocks(first, last)


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(max_workers=1) as executor:
        yield executor


def _followed(store: Store, chain: ChainOfEvents, executor: ThreadPoolExecutor | None) -> Follower:
    return Follower(store, chain, CONTRACTS, SetClock(START), ahead=executor, blocks_max=2)


def test_mirrors_the_same(store: Store, sqlite_url: str, executor: ThreadPoolExecutor) -> None:
    """The mirror is digest by digest the one filled block after block; no block is asked for twice."""
    chain, plain = _Watched(), Store(sqlite_url)
    plain.migrate()
    following, alone = _followed(store, chain, executor), _followed(plain, _Watched(), None)

    assert [2, 2, 2, 2, 2, 0] == [following.tick() for _ in range(6)]
    while alone.tick():
        pass
    assert picture(plain) == picture(store)
    assert [(0, 1), (2, 3), (4, 5), (6, 7), (8, 9)] == chain.asked
    plain.close()


def test_goes_no_further_than_final(store: Store, executor: ThreadPoolExecutor) -> None:
    """Nothing above `until` is asked for, so that a block which is not final yet is never kept for later."""
    chain = _Watched()
    following = _followed(store, chain, executor)

    assert [2, 1, 0] == [following.tick(until=2) for _ in range(3)]
    assert [(0, 1), (2, 2)] == chain.asked


def test_failure_ahead_is_the_next_ticks(store: Store, executor: ThreadPoolExecutor) -> None:
    """What fails ahead is raised by the tick that wants it; the one after it asks anew."""
    chain = _Watched()
    following = _followed(store, chain, executor)
    chain.answered.clear()
    ahead = Ahead(chain, executor)
    assert 2 == len(ahead.blocks(0, 1, final=9))
    chain.fails = True
    chain.answered.clear()
    ahead.begin(2, 3)
    assert chain.answered.wait(_WAIT_SECONDS_MAX)
    chain.fails = False

    with pytest.raises(ChainUnavailable):
        ahead.blocks(2, 3, final=9)
    assert [2, 3] == [block.height for block in ahead.blocks(2, 3, final=9)]
    assert 2 == following.tick()


@pytest.mark.parametrize(("first", "final"), [(1, 9), (2, 2)], ids=["another block", "no longer final"])
def test_drops_what_is_not_wanted(executor: ThreadPoolExecutor, first: int, final: int) -> None:
    """Blocks that were begun are taken only when they are those wanted, and final as far as they go."""
    chain = _Watched()
    ahead = Ahead(chain, executor)
    ahead.begin(2, 3)

    assert [first] == [block.height for block in ahead.blocks(first, first, final=final)]


def test_changed_meanwhile_is_found(store: Store, executor: ThreadPoolExecutor) -> None:
    """Blocks fetched ahead, and rewritten before they were mirrored, are an incident at their successor."""
    chain = _Watched()
    following = _followed(store, chain, executor)
    assert 2 == following.tick()
    executor.submit(int).result()  # what was begun has ended
    chain.cut(1)
    for sequence in range(11, 19):
        chain.mine(settle(Terms(sequence=sequence, asset=840, payer=2, payee=3, amount=sequence)))

    assert 2 == following.tick()
    with pytest.raises(MirrorGap, match="block 3 was final"):
        following.tick()
