"""One way to write, one way to read; all or nothing."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, text, update

from node.errors import SettingsInvalid, StoreError, StoreInconsistent
from node.store.session import Store
from node.store.tables import counters

# What takes the file for itself alone; it may while no other process has it open.
_OTHER_PROCESS = """
import sqlite3, sys
print(sqlite3.connect(sys.argv[1], timeout=0).execute("PRAGMA journal_mode = DELETE").fetchone()[0])
"""


def _set(connection: Connection, value: int) -> None:
    connection.execute(insert(counters).values(name="n", value=value))


def _values(store: Store) -> list[int]:
    with store.snapshot() as connection:
        return list(connection.scalars(select(counters.c.value)))


def test_transaction_commits(store: Store) -> None:
    """What a transaction wrote is there when it has ended."""
    with store.transaction() as connection:
        _set(connection, 1)

    assert [1] == _values(store)


def test_transaction_is_all_or_nothing(store: Store) -> None:
    """An error of the caller undoes the transaction, and reaches the caller unchanged."""
    with pytest.raises(ZeroDivisionError), store.transaction() as connection:  # noqa: PT012 - it must end here
        _set(connection, 1)
        1 / 0  # noqa: B018 - the error is the point

    assert [] == _values(store)


def test_snapshot_cannot_write(store: Store) -> None:
    """A snapshot refuses writing, on both stores, and the connection can write again afterwards."""
    with pytest.raises(StoreError), store.snapshot() as connection:
        _set(connection, 1)

    with store.transaction() as connection:
        _set(connection, 2)
    assert [2] == _values(store)


def test_snapshot_does_not_move(store: Store) -> None:
    """Two reads of one snapshot agree, whatever others commit in between."""
    with store.snapshot() as reading:
        before = reading.scalars(select(counters.c.value)).all()
        with store.transaction() as connection:
            _set(connection, 1)
        assert before == reading.scalars(select(counters.c.value)).all()

    assert [1] == _values(store)


def test_writers_wait_for_each_other(store: Store) -> None:
    """Two who take numbers from one row never take the same."""
    with store.transaction() as connection:
        _set(connection, 0)

    def take(times: int) -> None:
        for _ in range(times):
            with store.transaction() as connection:
                row = select(counters.c.value).where(counters.c.name == "n").with_for_update()
                taken = connection.scalars(row).one()
                connection.execute(update(counters).values(value=taken + 1))

    threads = [threading.Thread(target=take, args=(20,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [80] == _values(store)


def test_committed_survives_power_loss(store: Store) -> None:
    """A commit waits for the disk, so that what was acknowledged can't be forgotten (R2)."""
    question = "PRAGMA synchronous" if store.dialect == "sqlite" else "SHOW synchronous_commit"
    with store.snapshot() as connection:
        answer = connection.scalar(text(question))

    assert (2 if store.dialect == "sqlite" else "on") == answer


def test_asynchronous_commit_of_the_database_is_overruled(postgresql_url: str) -> None:
    """A database set to acknowledge before writing is not believed (R2)."""
    store = Store(postgresql_url)
    with store.transaction() as connection:
        name = connection.scalar(text("SELECT current_database()"))
        connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    store.close()

    with store.snapshot() as connection:
        assert "on" == connection.scalar(text("SHOW synchronous_commit"))
    store.close()


def test_broken_constraint_is_loud(store: Store) -> None:
    """A row that the database must refuse is a broken rule, without the row's contents in the message."""
    with pytest.raises(StoreInconsistent) as caught, store.transaction() as connection:
        connection.execute(insert(counters), [{"name": "secret-name", "value": 1}] * 2)

    assert "secret-name" not in caught.value.detail


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mysql://root:secret@localhost/x",
        "not a url",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:x?uri=true",
    ],
)
def test_other_databases_are_refused(url: str) -> None:
    """A URL of another kind of database is refused without repeating it: it may hold a password."""
    with pytest.raises(SettingsInvalid) as caught:
        Store(url)

    assert "secret" not in caught.value.detail


def _modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


@pytest.mark.parametrize("mode", [None, 0o644, 0o666])
def test_files_are_their_owners_alone(tmp_path: Path, mode: int | None) -> None:
    """Database, log and index of SQLite are readable by their owner alone, also where others could before."""
    path = tmp_path / "vostro.sqlite"
    if mode is not None:
        before = Store(f"sqlite:///{path}")
        before.migrate()
        with before.transaction() as connection:
            _set(connection, 1)
            for each in tmp_path.iterdir():
                each.chmod(mode)
    unusual = os.umask(0)
    try:
        store = Store(f"sqlite:///{path}")
        store.migrate()
        with store.transaction() as connection:
            _set(connection, 2) if mode is None else connection.execute(update(counters).values(value=2))
        found = _modes(tmp_path)
    finally:
        os.umask(unusual)
        store.close()

    assert dict.fromkeys(("vostro.sqlite", "vostro.sqlite-wal", "vostro.sqlite-shm"), 0o600) == found
    assert [2] == _values(store)


def test_making_private_keeps_locks(tmp_path: Path) -> None:
    """Another connection of the process drops none of its locks: nobody takes the log away beneath it."""
    path = tmp_path / "vostro.sqlite"
    store = Store(f"sqlite:///{path}")
    store.migrate()
    with store.snapshot() as reading:
        assert [] == list(reading.scalars(select(counters.c.value)))
        Store(f"sqlite:///{path}").migrate()
        tried = subprocess.run(
            [sys.executable, "-c", _OTHER_PROCESS, str(path)], capture_output=True, text=True, check=False
        )

    assert "database is locked" in tried.stderr, tried.stdout
