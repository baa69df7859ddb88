"""What only the embedded chain does: mine on demand, go back to a snapshot, serve many threads."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from node.chain.protocol import Chain
from node.chain.tester import CHAIN_ID, TesterChain
from node.errors import AlreadyKnown, BlockNotFound
from tests.clocks import SetClock
from tests.node.chain.transactions import Account

START = 1_760_000_000


@pytest.fixture
def clock() -> SetClock:
    """A clock thirteen months back."""
    return SetClock(START)


def _send(chain: Chain, name: str) -> bytes:
    signed = Account(name).sign(chain)
    chain.send(signed.raw)
    return signed.hash


def test_block_times_follow_the_clock(clock: SetClock) -> None:
    """A block has the clock's time, or a second more than the block before."""
    chain = TesterChain(clock)
    _send(chain, "a")
    clock.timestamp += 3600.7
    _send(chain, "b")
    _send(chain, "c")
    clock.timestamp = 0
    _send(chain, "d")

    times = [block.timestamp - START for block in chain.blocks(0, 4)]
    assert [0, 1, 3600, 3601, 3602] == times


def test_mining_on_demand(clock: SetClock) -> None:
    """With automatic mining off transactions wait, and are mined together."""
    chain = TesterChain(clock, mine_at_once=False)
    account = Account("many")
    hashes = []
    for nonce in range(3):
        signed = account.sign(chain, nonce=nonce)
        chain.send(signed.raw)
        hashes.append(signed.hash)
    assert 0 == chain.final_height() == chain.nonce(account.address)
    assert chain.receipt(hashes[0]) is None
    with pytest.raises(AlreadyKnown):
        chain.send(account.sign(chain, nonce=1).raw)

    assert 1 == chain.mine()

    assert hashes == [receipt.hash for receipt in chain.block(1).receipts]
    assert [0, 1, 2] == [receipt.index for receipt in chain.block(1).receipts]
    assert [21_000] * 3 == [receipt.gas_used for receipt in chain.block(1).receipts]
    assert 3 == chain.nonce(account.address)
    assert 2 == chain.mine()
    assert () == chain.block(2).receipts


def test_snapshot(clock: SetClock) -> None:
    """After a revert the chain is as it was, and goes on from there."""
    chain = TesterChain(clock)
    kept = _send(chain, "kept")
    snapshot = chain.snapshot()
    for turn in range(2):
        lost = _send(chain, "lost")
        again = _send(chain, f"turn {turn}")
        assert 3 == chain.final_height()

        chain.revert(snapshot)

        assert 1 == chain.final_height()
        assert chain.receipt(kept) is not None
        assert chain.receipt(lost) is chain.receipt(again) is None
        assert 0 == chain.nonce(Account("lost").address)
        with pytest.raises(BlockNotFound):
            chain.block(2)
    _send(chain, "lost")
    assert chain.block(1).hash == chain.block(2).parent_hash


def test_many_threads(clock: SetClock) -> None:
    """Threads that send and read at the same time see one chain, and lose nothing."""
    chain = TesterChain(clock)

    def work(number: int) -> bytes:
        transaction = _send(chain, f"thread {number}")
        assert chain.receipt(transaction) is not None
        assert chain.block(chain.final_height()).height <= chain.final_height()
        return transaction

    with ThreadPoolExecutor(8) as pool:
        hashes = list(pool.map(work, range(40)))

    mined = [receipt.hash for block in chain.blocks(0, 40) for receipt in block.receipts]
    assert sorted(hashes) == sorted(mined)


def test_each_has_its_chain_id(clock: SetClock) -> None:
    """Two embedded chains of one process have their own chain ids."""
    one, two = TesterChain(clock, chain_id=7), TesterChain(clock)

    assert (7, CHAIN_ID) == (one.chain_id(), two.chain_id())
