"""A real SQLite in memory: one database for all days, put back to its first state before each."""

import sqlite3
from itertools import count
from typing import Any

from node.store.session import Store

_names = count(1)


class MemoryDatabase:
    """SQLite's own file system in memory: several connections, real locks, no disk.

    `keep` makes what is in it now the state that `reset` goes back to. The statements that SQLAlchemy has
    compiled stay, which is most of what a day would take otherwise.
    """

    def __init__(self) -> None:
        name = f"file:/vostro-{next(_names)}"
        # Without a connection the database is gone.
        self._database = sqlite3.connect(f"{name}?vfs=memdb", uri=True)
        self._first = sqlite3.connect(":memory:")
        self.store = Store(f"sqlite:///{name}?vfs=memdb&uri=true")
        self.store.migrate()
        self.keep()

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Read what is committed, past the node's code."""
        return self._database.execute(statement).fetchall()

    def keep(self) -> None:
        """Let `reset` go back to the state of now."""
        self._database.backup(self._first)

    def reset(self) -> None:
        """Go back; nobody may be reading."""
        self._first.backup(self._database)

    def close(self) -> None:
        """Let go of the memory."""
        self.store.close()
        self._first.close()
        self._database.close()
