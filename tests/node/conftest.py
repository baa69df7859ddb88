"""Fixtures of the node's tests."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from node.store.session import Store
from tests.stores import PostgresqlServer


def _migrated(url: str) -> None:
    store = Store(url)
    store.migrate()
    store.close()


@pytest.fixture(scope="session")
def _migrated_database(postgresql_server: PostgresqlServer) -> str:
    """A migrated database to copy: quicker than to migrate for each test."""
    database = postgresql_server.create_database()
    _migrated(postgresql_server.url(database))
    return database


@pytest.fixture(scope="session")
def _migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy."""
    path = tmp_path_factory.mktemp("migrated") / "vostro.sqlite"
    _migrated(f"sqlite:///{path}")
    return path


@pytest.fixture
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], Store]]:
    """A function that makes a migrated, empty store: `stores("sqlite")`, `stores("postgresql")`."""
    made: list[Store] = []
    databases: list[str] = []

    def make(dialect: str) -> Store:
        if dialect == "sqlite":
            path = tmp_path / f"store-{len(made)}.sqlite"
            shutil.copy(request.getfixturevalue("_migrated_file"), path)
            made.append(Store(f"sqlite:///{path}"))
        else:
            server: PostgresqlServer = request.getfixturevalue("postgresql_server")
            database = server.create_database(request.getfixturevalue("_migrated_database"))
            databases.append(database)
            made.append(Store(server.url(database)))
        return made[-1]

    yield make
    for store in made:
        store.close()
    for database in databases:
        request.getfixturevalue("postgresql_server").drop_database(database)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, stores: Callable[[str], Store]) -> Store:
    """A migrated, empty store; a test that asks for it runs once on SQLite and once on PostgreSQL."""
    return stores(request.param)
