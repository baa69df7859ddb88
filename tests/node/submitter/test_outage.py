"""A database that dies at a commit of the submitter, or is full: everything settles once all the same."""

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import pytest
from sqlalchemy import event, text

from node.errors import StoreError, StoreFull
from node.store.incidents import open_incidents
from node.store.session import Store
from node.submitter.submitter import LEASE_SECONDS, Submitter
from tests.simulation.world import World, world
from tests.stores import PostgresqlServer

_PAYMENTS = 7
_COMMITS = 6


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresqlServer]:
    """A server of this module's own, to be stopped."""
    with PostgresqlServer() as server:
        yield server


def _work(made: World, submitter: Submitter) -> None:
    for _ in range(50):
        submitter.tick()
        made.mine()
        made.clock.sleep(4)


def _settles(made: World) -> None:
    made.clock.sleep(LEASE_SECONDS + 1)
    made.run(made.submitter())
    assert {"settled": _PAYMENTS} == Counter(made.states().values())
    assert _PAYMENTS == len(made.chain.paid) == len(set(made.chain.paid))
    with made.store.snapshot() as connection:
        assert () == open_incidents(connection)


@pytest.mark.slow
@pytest.mark.parametrize("at", range(_COMMITS))
def test_postgresql_killed_at_a_commit(server: PostgresqlServer, at: int) -> None:
    """The server dies as the submitter's n-th commit begins; back again, all settles once."""
    with closing(Store(server.url(server.create_database()))) as store:
        store.migrate()
        made = world(store)
        made.accept(*range(1, _PAYMENTS + 1))
        commits = []

        def die(_: object) -> None:
            commits.append(at)
            if len(commits) == at + 1:
                server.stop(signal.SIGQUIT)

        event.listen(store._engine, "commit", die)
        submitter = made.submitter()
        for _ in range(20):
            if len(commits) > at:
                break
            with suppress(StoreError):
                submitter.tick()
                made.mine()
                made.clock.sleep(4)
        event.remove(store._engine, "commit", die)
        assert len(commits) > at
        server.start()
        _settles(made)


def test_disk_full_under_the_submitter(stores: Callable[[str], Store]) -> None:
    """Without room nothing leaves that is not written; with room again all goes on."""
    store = stores("sqlite")
    made = world(store)
    made.accept(*range(1, _PAYMENTS + 1))
    with store.snapshot() as connection:
        pages = connection.scalar(text("PRAGMA page_count"))
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    submitter = made.submitter()
    with pytest.raises(StoreFull):
        _work(made, submitter)
    made.check()
    with store.snapshot() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 100_000}")
    _settles(made)
