"""The store: one engine, one way to write, one way to read. The only commit of the node is here."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError

from node.errors import SettingsInvalid
from node.store.failures import translated
from node.store.migrations import migrate

# How long one waits for another writer, a lock or a connection before `StoreUnavailable`.
WAIT_SECONDS_MAX = 30
_CONNECT_SECONDS_MAX = 10
# A server that vanished behind the network is noticed (libpq's names, the last in milliseconds).
_POSTGRESQL_OPTIONS = {
    "connect_timeout": _CONNECT_SECONDS_MAX,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": WAIT_SECONDS_MAX * 1000,
}
_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
_READ_ONLY = "vostro_read_only"
_OWNER_ONLY = 0o600
# SQLite's file system in memory: what the simulation runs on.
_SHARED_MEMORY = "memdb"
_SQLITE_PRAGMAS = (
    f"busy_timeout = {WAIT_SECONDS_MAX * 1000}",
    "journal_mode = WAL",
    # WAL with NORMAL may forget the newest commits when power fails; what was acknowledged must stay (R2).
    "synchronous = FULL",
    "foreign_keys = ON",
    # Without it, INSERT OR REPLACE would delete past the triggers that forbid deleting.
    "recursive_triggers = ON",
    "journal_size_limit = 67108864",
)
# R2 again: a role or database with asynchronous commit would acknowledge what may be lost.
_POSTGRESQL_SESSION = f"""
SELECT set_config('lock_timeout', '{WAIT_SECONDS_MAX}s', false),
       set_config('synchronous_commit', CASE current_setting('synchronous_commit')
                  WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false)
"""


class Store:
    """A database: SQLite or PostgreSQL by its URL. Connects when first used, and again after an outage.

    Every failure of the database leaves as one of `node.errors.StoreError`.
    """

    def __init__(self, url: str, *, password: str | None = None, pool_size: int = 10) -> None:
        """Take the URL, or raise `SettingsInvalid`; `password` replaces one in it."""
        parsed = _parse(url)
        self.dialect = parsed.get_backend_name()
        self._engine = _engine(parsed.set(password=password) if password else parsed, pool_size)

    def migrate(self) -> None:
        """Bring the tables to this version, in one transaction; raise `StoreMismatch` when they are newer."""
        with self.transaction() as connection:
            migrate(connection)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Give a connection whose work is committed at the end, or not at all when anything is raised.

        On SQLite it takes the write lock at once (BEGIN IMMEDIATE), so nothing read in it can have changed
        when it writes. A `StoreUnavailable` from the end itself leaves open whether it was committed.
        """
        with translated(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Give a connection that reads one unmoving state, and can't write."""
        with translated(), self._engine.connect() as connection:
            connection.execution_options(**self._snapshot_options())
            with connection.begin() as begun:
                yield connection
                begun.rollback()

    def close(self) -> None:
        """Close every connection; the store can still be used and would connect again."""
        self._engine.dispose()

    def _snapshot_options(self) -> dict[str, object]:
        if self.dialect == "sqlite":
            return {_READ_ONLY: True}
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def _parse(url: str) -> URL:
    # The URL may hold a password: no message repeats it.
    refused = SettingsInvalid(
        "the store's URL is neither sqlite:///<file> nor postgresql://<user>@<host>/<database>"
    )
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise refused from None
    driver = _DRIVERS.get(parsed.get_backend_name())
    # SQLite without a file is a database in memory, which each connection would have for itself.
    # An address ("file:…?uri=true") would name the file in a second way; shared memory has no other name.
    is_address = "uri" in parsed.query and parsed.query.get("vfs") != _SHARED_MEMORY
    if driver is None or parsed.database in {None, "", ":memory:"} or is_address:
        raise refused
    return parsed.set(drivername=driver)


def _engine(url: URL, pool_size: int) -> Engine:
    sqlite = url.get_backend_name() == "sqlite"
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=WAIT_SECONDS_MAX,
        # One small question per use: a connection that died while it was idle is replaced unnoticed.
        pool_pre_ping=not sqlite,
        # An error message must not quote rows: they hold people's data.
        hide_parameters=True,
        connect_args={"check_same_thread": False} if sqlite else _POSTGRESQL_OPTIONS,
    )
    event.listen(engine, "connect", _prepare_sqlite if sqlite else _prepare_postgresql)
    if sqlite:
        event.listen(engine, "begin", _begin_sqlite)
        if url.query.get("vfs") != _SHARED_MEMORY:
            event.listen(engine, "do_connect", partial(_make_private, Path(str(url.database))))
    return engine


def _make_private(database: Path, *_: object) -> None:
    """Let nobody but the owner read the file; SQLite gives its log and index the same mode.

    What stands already is never opened here: closing it would drop the locks of this process's connections.
    A path that can't be made or changed is left to SQLite, which says what is wrong with it.
    """
    with suppress(OSError):
        os.close(os.open(database, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY))
    for ending in ("", "-wal", "-shm"):
        path = database.with_name(database.name + ending)
        with suppress(OSError):
            if path.stat().st_mode & ~_OWNER_ONLY & 0o777:
                path.chmod(_OWNER_ONLY)


def _prepare_sqlite(connection: DBAPIConnection, _record: object) -> None:
    # The driver's own idea of when a transaction starts is switched off: `_begin_sqlite` says it.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _SQLITE_PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    read_only = bool(connection.get_execution_options().get(_READ_ONLY))
    connection.exec_driver_sql(f"PRAGMA query_only = {read_only:d}")
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _prepare_postgresql(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(_POSTGRESQL_SESSION)
    cursor.close()
    connection.commit()
