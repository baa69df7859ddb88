"""The follower mirrors final blocks once, in order, and freezes when the chain is not the one it knew."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from node.chain.contracts import Contracts
from node.chain.protocol import Block
from node.errors import (
    ChainUnavailable,
    EndpointBehind,
    StoreMismatch,
    UndecodableLog,
    WriterStopped,
    WrongChain,
    WrongGenesis,
)
from node.follower.follower import BEHIND_LOOKS_MIN, BEHIND_SECONDS_MAX, Follower
from node.follower.rebuild import picture, rebuild
from node.mirror.head import head
from node.store.incidents import clear_incident, open_incidents
from node.store.session import Store
from node.store.tables import blocks, events
from settlement.errors import MirrorGap
from settlement.instruction import Terms
from tests.clocks import SetClock
from tests.node.chain_of_events import CONTRACTS, START, ChainOfEvents, log, register, settle, transaction

CLOCK = SetClock(START)


def _payment(sequence: int) -> Terms:
    return Terms(sequence=sequence, asset=840, payer=2, payee=3, amount=sequence)


@pytest.fixture
def chain() -> ChainOfEvents:
    """A chain of five blocks: genesis, the registrations, three with a payment each."""
    chain = ChainOfEvents()
    chain.mine(register((1, 2, 3)))
    for sequence in (1, 2, 3):
        chain.mine(settle(_payment(sequence)))
    return chain


def _follower(
    store: Store, chain: ChainOfEvents, contracts: Contracts = CONTRACTS, most: int = 256
) -> Follower:
    return Follower(store, chain, contracts, CLOCK, blocks_max=most)


def _height(store: Store) -> int | None:
    with store.snapshot() as connection:
        found = head(connection)
        return found.height if found else None


def _incidents(store: Store) -> list[str]:
    with store.snapshot() as connection:
        return [incident.code for incident in open_incidents(connection)]


def test_mirrors_from_genesis_to_the_newest_block(store: Store, chain: ChainOfEvents) -> None:
    """Ticks bring every block, the genesis block included, and then say that there is none."""
    follower = _follower(store, chain, most=2)

    assert [2, 2, 1, 0] == [follower.tick() for _ in range(4)]
    assert 4 == _height(store)


def test_goes_on_where_it_ended(store: Store, chain: ChainOfEvents) -> None:
    """A follower that starts anew takes up at the mirror's head: backfill and live are one path."""
    _follower(store, chain).tick()
    chain.mine(settle(_payment(4)))

    assert 1 == _follower(store, chain).tick()
    assert 5 == _height(store)


def test_stops_at_the_height_asked_for(store: Store, chain: ChainOfEvents) -> None:
    """No block above `until` is mirrored."""
    follower = _follower(store, chain)

    assert [3, 0] == [follower.tick(until=2), follower.tick(until=2)]
    assert 2 == _height(store)


def test_two_followers_write_once(store: Store, chain: ChainOfEvents) -> None:
    """Two followers of one store, at the same blocks, leave each block once and raise nothing."""
    first, second = _follower(store, chain, most=1), _follower(store, chain, most=1)

    class Overtaken(ChainOfEvents):
        def blocks(self, first: int, last: int) -> list[Block]:
            second.tick()
            return super().blocks(first, last)

    overtaken = Overtaken()
    overtaken.mined = chain.mined
    slow = _follower(store, overtaken, most=1)
    first.tick()

    assert 0 == slow.tick()
    assert 1 == _height(store)
    with store.snapshot() as connection:
        assert 2 == connection.scalar(select(func.count()).select_from(blocks))


def test_changed_block_freezes(store: Store, chain: ChainOfEvents) -> None:
    """A mirrored block with another hash is an incident, found with no new block there (R10)."""
    _follower(store, chain).tick()
    chain.cut(3)
    chain.mine(settle(_payment(9)))

    with pytest.raises(MirrorGap, match="block 4 was final"):
        _follower(store, chain).tick()

    assert ["mirror_gap"] == _incidents(store)


def test_changed_parent_freezes(store: Store, chain: ChainOfEvents) -> None:
    """A new block on another parent than the mirror's head is an incident; the mirror stays as it is."""
    follower = _follower(store, chain)
    follower.tick()
    before = picture(store)
    chain.cut(2)
    for sequence in (7, 8, 9):
        chain.mine(settle(_payment(sequence)))

    with pytest.raises(MirrorGap, match="block 4 was final"):
        follower.tick()

    assert before == picture(store)
    assert ["mirror_gap"] == _incidents(store)


def test_shorter_chain_freezes(store: Store, chain: ChainOfEvents) -> None:
    """A chain that ends below the mirror's head was set back: an incident."""
    follower = _follower(store, chain)
    follower.tick()
    chain.cut(2)

    _behind(follower, CLOCK)
    CLOCK.sleep(BEHIND_SECONDS_MAX)
    with pytest.raises(MirrorGap, match="ends at block 2, the mirror at 4"):
        follower.tick()

    assert ["mirror_gap"] == _incidents(store)


@pytest.mark.parametrize("jump", [0, 10**6, -(10**6)])
def test_endpoint_that_lags_is_waited_for(store: Store, chain: ChainOfEvents, jump: int) -> None:
    """A node whose blocks are the mirror's and end earlier is no incident, also when the clock jumps."""
    clock = SetClock(START)
    follower = Follower(store, chain, CONTRACTS, clock)
    follower.tick()
    kept = list(chain.mined)
    chain.cut(2)

    clock.sleep(jump)
    _behind(follower, clock)
    chain.mined = kept
    assert 0 == follower.tick()
    chain.cut(2)
    clock.sleep(BEHIND_SECONDS_MAX)
    _behind(follower, clock)

    assert [] == _incidents(store)


def test_shorter_chain_with_another_block_freezes_at_once(store: Store, chain: ChainOfEvents) -> None:
    """A chain that ends below the mirror's head with a block the mirror has otherwise was rewritten."""
    follower = _follower(store, chain)
    follower.tick()
    chain.cut(3)
    chain.mine(settle(_payment(9)))
    chain.mined[3] = replace(chain.mined[3], hash=b"\x07" * 32)
    del chain.mined[4:]

    with pytest.raises(MirrorGap, match="block 3 was final"):
        follower.tick()

    assert ["mirror_gap"] == _incidents(store)


def _behind(follower: Follower, clock: SetClock) -> None:
    """It waits, as often as it looks, for less than the limit."""
    for _ in range(BEHIND_LOOKS_MIN):
        with pytest.raises(EndpointBehind):
            follower.tick()
        clock.sleep(1)


def test_another_genesis_freezes(store: Store, chain: ChainOfEvents) -> None:
    """A chain that begins with another block is not the deployment's: an incident."""
    _follower(store, chain).tick()
    chain.mined[0] = replace(chain.mined[0], hash=b"\x01" * 32)

    with pytest.raises(WrongGenesis):
        _follower(store, chain).tick()

    assert ["wrong_genesis"] == _incidents(store)


def test_another_chain_id_freezes(store: Store, chain: ChainOfEvents) -> None:
    """An endpoint of another chain is noticed before anything of it is mirrored."""
    chain.served_chain_id = 1

    with pytest.raises(WrongChain):
        _follower(store, chain).tick()

    assert ["wrong_chain"] == _incidents(store)
    assert _height(store) is None


def test_log_that_is_no_event_freezes(store: Store, chain: ChainOfEvents) -> None:
    """A log of one of our contracts that is none of its events is an incident: another code runs there."""
    chain.mine(transaction(replace(log("Ledger", "Voided", 2, 5), topics=(b"\x09" * 32,))))

    with pytest.raises(UndecodableLog):
        _follower(store, chain).tick()

    assert ["undecodable_log"] == _incidents(store)


def test_frozen_until_a_person_has_looked(store: Store, chain: ChainOfEvents) -> None:
    """A frozen follower does nothing, also after a restart, until its incident is cleared (R10)."""
    kept = list(chain.mined)
    _follower(store, chain).tick()
    chain.cut(3)
    chain.mine(settle(_payment(9)))
    with pytest.raises(MirrorGap):
        _follower(store, chain).tick()
    chain.mined = kept
    chain.mine(settle(_payment(4)))

    with pytest.raises(WriterStopped, match="block 4 was final"):
        _follower(store, chain).tick()
    with store.transaction() as connection:
        clear_incident(connection, open_incidents(connection)[0].id, by="officer", at=START)

    assert 1 == _follower(store, chain).tick()


def test_unreachable_endpoint_is_no_incident(store: Store, chain: ChainOfEvents) -> None:
    """An endpoint that is away is waited for; when it answers again it is checked again."""

    class Away(ChainOfEvents):
        away = True

        def final_height(self) -> int:
            if self.away:
                raise ChainUnavailable("connection refused")
            return super().final_height()

    endpoint = Away()
    follower = Follower(store, endpoint, CONTRACTS, CLOCK)
    with pytest.raises(ChainUnavailable):
        follower.tick()
    assert [] == _incidents(store)
    endpoint.away, endpoint.served_chain_id = False, 1

    with pytest.raises(WrongChain):
        follower.tick()


def test_store_of_another_deployment_is_refused(store: Store, chain: ChainOfEvents) -> None:
    """A store that mirrors other contracts is refused and left alone."""
    _follower(store, chain).tick()
    others = Contracts(
        replace(CONTRACTS.deployment, contracts={**CONTRACTS.deployment.contracts, "Ledger": b"\x01" * 20})
    )
    chain.mine(settle(_payment(4)))

    with pytest.raises(StoreMismatch, match="a database of its own"):
        _follower(store, chain, others).tick()

    assert 4 == _height(store)


def test_failed_tick_leaves_nothing(store: Store, chain: ChainOfEvents) -> None:
    """A tick that fails at its last block keeps none of its blocks."""
    chain.mine(settle(_payment(3)))  # the same sequence a second time

    with pytest.raises(Exception, match="refused a row"):
        _follower(store, chain).tick()

    assert _height(store) is None
    with store.snapshot() as connection:
        assert [] == connection.execute(select(events)).all()


def test_rebuild_wants_a_fresh_store(stores: Callable[[str], Store], chain: ChainOfEvents) -> None:
    """A rebuild never writes into a store that mirrors something."""
    store = stores("sqlite")
    _follower(store, chain).tick()

    with pytest.raises(StoreMismatch, match="not fresh"):
        list(rebuild(store, chain, CONTRACTS, CLOCK, height=4))


def test_rebuild_wants_the_whole_chain(stores: Callable[[str], Store], chain: ChainOfEvents) -> None:
    """A rebuild to a height that the chain does not reach says so."""
    with pytest.raises(MirrorGap, match="2 blocks before height 6"):
        list(rebuild(stores("sqlite"), chain, CONTRACTS, CLOCK, height=6))
