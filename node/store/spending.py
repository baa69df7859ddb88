"""What each key has signed for on each UTC day, in a database file of the signer's own.

It is not the node's database: whoever writes into that one must not be able to lift the signer's limits.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Column, Connection, Index, MetaData, Table, delete, select
from sqlalchemy.dialects import sqlite

from node.store.bulk import insert_rows
from node.store.session import Store
from node.store.tables.metadata import Digest, Whole

# A payment that is signed again within so many days is not counted again.
REMEMBERED_DAYS = 31
_PER_QUERY = 500

_metadata = MetaData()
_totals = Table(
    "totals",
    _metadata,
    Column("key", Digest, primary_key=True),
    Column("day", Whole, primary_key=True),  # since 1970-01-01
    Column("asset", Whole, primary_key=True),
    Column("amount", Whole, nullable=False),
)
_signed = Table(
    "signed",
    _metadata,
    Column("key", Digest, primary_key=True),
    Column("word", Digest, primary_key=True),  # the terms of a payment, 32 bytes
    Column("day", Whole, nullable=False),
    Index("ix_signed_day", "day"),
)


class SpendingBook:
    """The file of one signer. Several processes may share it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._store = Store(f"sqlite:///{path}", pool_size=1)
        self._ready = False

    @contextmanager
    def page(self, key: bytes, day: int) -> Iterator["SpendingPage"]:
        """Give one key's page of a day; what is added to it stands at the end, unless anything is raised."""
        if not self._ready:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._store.transaction() as connection:
            if not self._ready:
                _metadata.create_all(connection)
            yield SpendingPage(connection, key, day)
        self._ready = True

    def close(self) -> None:
        """Close the file; it can still be used and would open again."""
        self._store.close()


class SpendingPage:
    """What a key has signed for on a day."""

    def __init__(self, connection: Connection, key: bytes, day: int) -> None:
        self._connection = connection
        self._key = key
        self._day = day

    def totals(self) -> dict[int, int]:
        """Return the day's sums by asset."""
        query = select(_totals.c.asset, _totals.c.amount).where(
            _totals.c.key == self._key, _totals.c.day == self._day
        )
        return {row.asset: row.amount for row in self._connection.execute(query)}

    def counted(self, words: list[bytes]) -> set[bytes]:
        """Return those of the words that were counted before, on whatever day."""
        found: set[bytes] = set()
        for start in range(0, len(words), _PER_QUERY):
            some = words[start : start + _PER_QUERY]
            query = select(_signed.c.word).where(_signed.c.key == self._key, _signed.c.word.in_(some))
            found.update(self._connection.scalars(query))
        return found

    def add(self, words: list[bytes], totals: Mapping[int, int]) -> None:
        """Count further words, and set the sums of their assets to what they are then."""
        self._connection.execute(delete(_signed).where(_signed.c.day < self._day - REMEMBERED_DAYS))
        insert_rows(
            self._connection, _signed, ("key", "word", "day"), ((self._key, w, self._day) for w in words)
        )
        statement = sqlite.insert(_totals)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["key", "day", "asset"], set_={"amount": statement.excluded.amount}
            ),
            [
                {"key": self._key, "day": self._day, "asset": asset, "amount": amount}
                for asset, amount in totals.items()
            ],
        )
