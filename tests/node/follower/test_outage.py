"""A follower whose database fails in the middle goes on where the last whole tick ended."""

import signal
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from sqlalchemy import text

from node.chain.protocol import Block
from node.errors import StoreFull, StoreUnavailable
from node.follower.follower import Follower
from node.follower.rebuild import picture
from node.store.incidents import open_incidents
from node.store.session import Store
from settlement.instruction import Terms
from tests.clocks import SetClock
from tests.node.chain_of_events import CONTRACTS, START, ChainOfEvents, register, settle
from tests.stores import PostgresqlServer

CLOCK = SetClock(START)


@pytest.fixture
def server() -> Iterator[PostgresqlServer]:
    """A server of this test's own, to be stopped."""
    with PostgresqlServer() as server:
        yield server


def _grow(chain: ChainOfEvents, blocks: int) -> None:
    if chain.final_height() == 0:
        chain.mine(register(range(1, 22)))
    for _ in range(blocks):
        first = 1 + 200 * chain.final_height()
        chain.mine(
            settle(
                *(
                    Terms(sequence=first + number, asset=840, payer=2, payee=3 + number % 19, amount=7)
                    for number in range(200)
                )
            )
        )


def _catch_up(store: Store, chain: ChainOfEvents) -> None:
    follower = Follower(store, chain, CONTRACTS, CLOCK)
    while follower.tick():
        pass


def test_database_lost_in_a_tick(server: PostgresqlServer, stores: Callable[[str], Store]) -> None:
    """A server that dies under a tick costs the tick; the mirror ends as if nothing had happened."""

    class Deadly(ChainOfEvents):
        def blocks(self, first: int, last: int) -> list[Block]:
            if first > 2 and not died:
                died.append(first)
                server.stop(signal.SIGQUIT)
            return super().blocks(first, last)

    died: list[int] = []
    chain = Deadly()
    _grow(chain, 6)
    with closing(Store(server.url(server.create_database()))) as store:
        store.migrate()
        follower = Follower(store, chain, CONTRACTS, CLOCK, blocks_max=3)
        assert 3 == follower.tick()
        with pytest.raises(StoreUnavailable):
            follower.tick()
        server.start()
        while follower.tick():
            pass
        found = picture(store)
        with store.snapshot() as connection:
            assert () == open_incidents(connection)

    untouched = stores("sqlite")
    _catch_up(untouched, chain)
    assert picture(untouched) == found


def test_disk_full_in_a_tick(stores: Callable[[str], Store]) -> None:
    """A full disk stops the mirror where it is, whole; with space again it catches up."""
    store, untouched = stores("sqlite"), stores("sqlite")
    chain = ChainOfEvents()
    _grow(chain, 1)
    _catch_up(store, chain)
    before = picture(store)
    _grow(chain, 20)
    with store.snapshot() as connection:
        pages = connection.scalar(text("PRAGMA page_count"))
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 20}")

    with pytest.raises(StoreFull):
        _catch_up(store, chain)
    assert before == picture(store)

    with store.snapshot() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 100_000}")
        assert () == open_incidents(connection)
    _catch_up(store, chain)
    _catch_up(untouched, chain)
    assert picture(untouched) == picture(store)
