"""The revisions make exactly the tables that the code speaks of."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text

from node.errors import StoreMismatch
from node.store.session import Store
from node.store.tables import metadata

_POSTGRESQL_SCHEMA = """
SELECT 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, l.collname,
       pg_get_expr(d.adbin, d.adrelid)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_collation l ON l.oid = a.attcollation
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
UNION ALL
SELECT 'index', tablename, indexname, indexdef, true, NULL, NULL FROM pg_indexes WHERE schemaname = 'public'
UNION ALL
SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), true, NULL, NULL
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
ORDER BY 1, 2, 3
"""
_SQLITE_SCHEMA = (
    "SELECT type, tbl_name, name, sql FROM sqlite_master WHERE type IN ('table', 'index') ORDER BY 1, 2, 3"
)


def _schema(connection: Connection) -> list[tuple[Any, ...]]:
    postgresql = connection.dialect.name == "postgresql"
    rows = connection.execute(text(_POSTGRESQL_SCHEMA if postgresql else _SQLITE_SCHEMA))
    # SQLite keeps the statement as it was written, line breaks and order of constraints included.
    return [
        tuple(sorted(cell.replace(",", " ").split()) if isinstance(cell, str) else cell for cell in row)
        for row in rows
        if row[1] != "alembic_version"
    ]


@pytest.fixture
def empty_store(store_url: str) -> Iterator[Store]:
    """A store before its first migration."""
    store = Store(store_url)
    yield store
    store.close()


def test_migrated_equals_metadata(store_url: str, stores: Callable[[str], Store]) -> None:
    """A migrated database has the tables, columns, collations, indexes and constraints of the metadata."""
    engine = create_engine(store_url)
    metadata.create_all(engine)

    with stores(engine.dialect.name).snapshot() as migrated, engine.connect() as declared:
        assert _schema(declared) == _schema(migrated)
    engine.dispose()


def test_migrating_twice_changes_nothing(store: Store) -> None:
    """A node that starts on a migrated database leaves it as it is."""
    with store.snapshot() as connection:
        before = _schema(connection)

    store.migrate()

    with store.snapshot() as connection:
        assert before == _schema(connection)


def test_newer_database_is_refused(store: Store) -> None:
    """A database of a later version of the program is refused and left alone."""
    with store.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StoreMismatch, match="9999"):
        store.migrate()


def test_unmigrated_database_is_refused(empty_store: Store) -> None:
    """A database without our tables is a mismatch, said as such, not an outage."""
    with pytest.raises(StoreMismatch, match="migrate"), empty_store.snapshot() as connection:
        connection.execute(metadata.tables["instructions"].select())


def test_broken_revision_leaves_nothing(empty_store: Store) -> None:
    """A migration that fails on the way leaves the database as it was, so that it can be run again."""
    with empty_store.transaction() as connection:
        connection.execute(text("CREATE TABLE transactions (id INTEGER)"))

    with pytest.raises(StoreMismatch):
        empty_store.migrate()

    with empty_store.transaction() as connection:
        connection.execute(text("DROP TABLE transactions"))
    empty_store.migrate()
