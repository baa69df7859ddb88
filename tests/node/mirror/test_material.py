"""What proves a block is kept of every block, whoever's it is."""

from itertools import pairwise

import pytest

from node.chain.protocol import Log
from node.clock import SystemClock
from node.follower.checking import Checks
from node.follower.follower import Follower
from node.mirror.levels import Level
from node.mirror.material import Material, material_at, materials_between
from node.store.session import Store
from settlement.evidence import header, trie
from settlement.instruction import Terms
from tests.node.chain_of_events import CONTRACTS, ChainOfEvents, register, settle, transaction

_FOREIGN = Log(index=0, address=b"\x99" * 20, topics=(), data=b"another's")


@pytest.fixture
def chain() -> ChainOfEvents:
    """Blocks of ours, of others only, of both, and of nobody."""
    chain = ChainOfEvents()
    paid = settle(Terms(sequence=1, asset=840, payer=2, payee=3, amount=5))
    chain.mine(register((1, 2, 3)))
    chain.mine(transaction(_FOREIGN, sender=b"\x88" * 20), transaction(sender=b"\x88" * 20))
    chain.mine()
    chain.mine(transaction(_FOREIGN), paid)
    for _ in range(40):
        chain.mine()
    return chain


def _materials(store: Store, chain: ChainOfEvents, level: Level) -> list[Material]:
    follower = Follower(store, chain, CONTRACTS, SystemClock(), checks=Checks(level=level))
    while follower.tick():
        pass
    with store.snapshot() as connection:
        return list(materials_between(connection, 0, chain.final_height()))


def test_the_receipts_of_every_block_are_kept(store: Store, chain: ChainOfEvents) -> None:
    """Also of blocks with nothing of ours: that nothing is, only they prove. Transactions only of ours."""
    found = _materials(store, chain, Level.FULL)

    headers = [header.decode(each.header) for each in found]
    assert [each.number for each in headers] == list(range(45))
    assert all(after.parent_hash == before.hash() for before, after in pairwise(headers))
    assert [each.receipts_root for each in headers] == [trie.root(each.receipts) for each in found]
    assert [0, 1, 0, 0, 2] == [len(each.transactions) for each in found[:5]]
    assert [0, 1, 2, 0, 2] == [len(each.receipts) for each in found[:5]]


def test_a_range_is_what_each_block_is(store: Store, chain: ChainOfEvents) -> None:
    """Both ends are included, and pages end nowhere else."""
    found = _materials(store, chain, Level.FULL)
    with store.snapshot() as connection:
        for first, last in ((0, 0), (0, 15), (0, 16), (3, 20), (44, 44), (40, 60), (5, 4)):
            assert found[first : last + 1] == list(materials_between(connection, first, last))
        assert found[4] == material_at(connection, 4)
        assert None is material_at(connection, 45)


@pytest.mark.parametrize("level", [Level.HEADERS, Level.OFF])
def test_what_was_not_checked_is_not_kept(store: Store, chain: ChainOfEvents, level: Level) -> None:
    """Receipts that nobody held against their header would prove nothing."""
    assert all(each.receipts == each.transactions == () for each in _materials(store, chain, level))
