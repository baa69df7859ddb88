"""What a database's own error means to the node: the edge at which they all become `StoreError`.

SQLite speaks in result codes (https://www.sqlite.org/rescode.html), PostgreSQL in SQLSTATEs
(PostgreSQL documentation, appendix A).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from node.errors import StoreError, StoreFull, StoreInconsistent, StoreMismatch, StoreUnavailable

# The primary code is the low byte of SQLite's extended one.
_SQLITE_PRIMARY = 0xFF
_SQLITE_AWAY = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
}
_SQLITE_DAMAGED = {sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_CORRUPT}
_DISK_FULL = "53100"
_INTEGRITY_CLASS = "23"
# A standby that took over reading, but not yet writing.
_READ_ONLY_TRANSACTION = "25006"


@contextmanager
def translated() -> Iterator[None]:
    """Raise `StoreError` for whatever a database raises inside."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, psycopg.Error) as error:
        raise translate(error) from error


def translate(error: Exception) -> StoreError:
    """Return the node's error for one of SQLAlchemy, sqlite3 or psycopg."""
    if isinstance(error, PoolTimeout):
        return StoreUnavailable(
            f"every connection of the pool is in use: {error}; raise VOSTRO_STORE_POOL_SIZE"
        )
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    if isinstance(cause, sqlite3.Error):
        return _from_sqlite(cause)
    if isinstance(cause, psycopg.Error):
        return _from_postgresql(cause)
    return StoreMismatch(f"the database can't do what was asked: {cause}")


def _from_sqlite(error: sqlite3.Error) -> StoreError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _SQLITE_PRIMARY
    if code == sqlite3.SQLITE_FULL:
        return StoreFull(f"the database is full: {error}; free space on its disk")
    if code in _SQLITE_AWAY:
        return StoreUnavailable(f"the database can't be used now: {error}")
    if code in _SQLITE_DAMAGED:
        return StoreInconsistent(f"the database refused a row: {error}; find out who wrote it")
    return _mismatch(error)


def _from_postgresql(error: psycopg.Error) -> StoreError:
    state = error.sqlstate or ""
    if state == _DISK_FULL:
        return StoreFull(f"the database is full: {_first_line(error)}; free space on its disk")
    if state.startswith(_INTEGRITY_CLASS):
        return StoreInconsistent(f"the database refused a row: {_first_line(error)}; find out who wrote it")
    if state == _READ_ONLY_TRANSACTION or isinstance(
        error, psycopg.OperationalError | psycopg.InterfaceError
    ):
        return StoreUnavailable(f"the database can't be used now: {_first_line(error)}")
    return _mismatch(error)


def _mismatch(error: Exception) -> StoreMismatch:
    return StoreMismatch(f"the database does not fit this program: {_first_line(error)}; migrate it first")


def _first_line(error: Exception) -> str:
    """Return what went wrong without the lines that quote a row: they hold people's data."""
    return str(error).partition("\n")[0]
