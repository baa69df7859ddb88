"""A database that is away, busy or full: a typed error, nothing half done, and on again afterwards."""

import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from node.errors import StoreFull, StoreMismatch, StoreUnavailable
from node.store.bulk import insert_rows
from node.store.failures import translate
from node.store.session import Store
from node.store.tables import balances
from settlement.errors import BrokenRule
from tests.stores import PostgresqlServer

COLUMNS = ("asset", "participant", "bucket", "balance")


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresqlServer]:
    """A server of this module's own, to be stopped."""
    with PostgresqlServer() as server:
        yield server


@pytest.fixture
def postgresql(server: PostgresqlServer) -> Iterator[Store]:
    """A migrated store on the module's server."""
    with closing(Store(server.url(server.create_database()))) as store:
        store.migrate()
        yield store


def _row(participant: int) -> tuple[int, int, str, int]:
    return 840, participant, "available", 5


def _write(store: Store, participant: int) -> None:
    with store.transaction() as connection:
        insert_rows(connection, balances, COLUMNS, [_row(participant)])


def _held(store: Store) -> list[int]:
    with store.snapshot() as connection:
        return list(connection.scalars(select(balances.c.participant).order_by(balances.c.participant)))


def test_sqlite_away_at_start(tmp_path: Path) -> None:
    """A file that can't be opened is an outage, and the store works once it can."""
    folder = tmp_path / "missing"
    with closing(Store(f"sqlite:///{folder / 'vostro.sqlite'}")) as store:
        with pytest.raises(StoreUnavailable, match="unable to open"):
            store.migrate()
        folder.mkdir()
        store.migrate()
        _write(store, 1)

        assert [1] == _held(store)


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A file of something else is refused and left as it is."""
    path = tmp_path / "letter.txt"
    path.write_bytes(b"Dear customer, " * 100)
    with closing(Store(f"sqlite:///{path}")) as store, pytest.raises(StoreMismatch):
        store.migrate()

    assert b"Dear customer, " * 100 == path.read_bytes()


def test_sqlite_busy(stores: Callable[[str], Store], tmp_path: Path) -> None:
    """Another writer that does not end is an outage after a bounded wait; readers do not notice it."""
    store = stores("sqlite")
    with store.snapshot() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 50")
        path = connection.engine.url.database
    assert path is not None
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(StoreUnavailable, match="locked"):
            _write(store, 1)
        assert [] == _held(store)
        other.execute("ROLLBACK")

    _write(store, 2)
    assert [2] == _held(store)


def test_sqlite_full(stores: Callable[[str], Store]) -> None:
    """A full disk undoes the transaction whole; when there is space again the store goes on."""
    store = stores("sqlite")
    _write(store, 1)
    with store.snapshot() as connection:
        pages = connection.scalar(text("PRAGMA page_count"))
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StoreFull, match="free space"), store.transaction() as connection:
        insert_rows(connection, balances, COLUMNS, (_row(number) for number in range(2, 10_000)))
    assert [1] == _held(store)

    with store.snapshot() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 10_000}")
    _write(store, 2)
    assert [1, 2] == _held(store)


def test_postgresql_away_at_start(server: PostgresqlServer) -> None:
    """A server that is not there is an outage, and the store works once it is."""
    with closing(Store(server.url(server.create_database()))) as store:
        server.stop()
        with pytest.raises(StoreUnavailable):
            store.migrate()
        server.start()
        store.migrate()

        assert [] == _held(store)


def test_postgresql_lost_while_idle(server: PostgresqlServer, postgresql: Store) -> None:
    """A server that went and came back between two transactions is not noticed at all."""
    _write(postgresql, 1)
    server.stop(signal.SIGQUIT)
    server.start()

    _write(postgresql, 2)
    assert [1, 2] == _held(postgresql)


def test_postgresql_lost_in_mid_flight(server: PostgresqlServer, postgresql: Store) -> None:
    """A server that dies in a transaction undoes it; what was committed before stays."""
    _write(postgresql, 1)
    with pytest.raises(StoreUnavailable), postgresql.transaction() as connection:  # noqa: PT012 - in it
        connection.execute(insert(balances).values(dict(zip(COLUMNS, _row(2), strict=True))))
        server.stop(signal.SIGQUIT)
        connection.execute(select(balances))
    server.start()

    assert [1] == _held(postgresql)
    _write(postgresql, 3)
    assert [1, 3] == _held(postgresql)


def test_postgresql_lost_in_bulk(server: PostgresqlServer, postgresql: Store) -> None:
    """A server that dies while rows stream in keeps none of them."""

    def rows() -> Iterator[tuple[int, int, str, int]]:
        for number in range(1, 100_000):
            if number == 5_000:
                server.stop(signal.SIGQUIT)
            yield _row(number)

    with pytest.raises(StoreUnavailable), postgresql.transaction() as connection:
        insert_rows(connection, balances, COLUMNS, rows())
    server.start()

    assert [] == _held(postgresql)
    _write(postgresql, 1)
    assert [1] == _held(postgresql)


def test_postgresql_full(postgresql: Store) -> None:
    """What PostgreSQL says of a full disk (SQLSTATE 53100) is told as such."""
    full = "DO $$ BEGIN RAISE 'could not extend file' USING ERRCODE = '53100'; END $$"
    with pytest.raises(StoreFull, match="free space"), postgresql.transaction() as connection:
        connection.execute(text(full))

    _write(postgresql, 1)
    assert [1] == _held(postgresql)


def test_outages_are_no_broken_rules() -> None:
    """A database that is away or full stops nobody for good: it passes."""
    assert not issubclass(StoreUnavailable, BrokenRule)
    assert not issubclass(StoreFull, BrokenRule)


def test_pool_in_use_names_the_setting() -> None:
    """When every connection is in use the operator is told which setting to raise."""
    assert "VOSTRO_STORE_POOL_SIZE" in translate(PoolTimeout()).detail
