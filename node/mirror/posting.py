"""Double entry in rows: the postings of events with the balances they lead to (R5)."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, select, tuple_

from node.store.bulk import insert_rows, upsert_rows
from node.store.tables import balances, postings
from settlement.errors import ImpossibleBalance
from settlement.posting import Bucket

# height, log index, line, asset, participant, bucket, counterparty, amount (negative for a debit)
Change: TypeAlias = tuple[int, int, int, int, int, str, int, int]
# asset, participant, bucket
Place: TypeAlias = tuple[int, int, str]

_POSTING_COLUMNS = (
    "height",
    "log_index",
    "line",
    "asset",
    "participant",
    "bucket",
    "counterparty",
    "amount",
    "balance",
)
_BALANCE_COLUMNS = ("asset", "participant", "bucket", "balance")
# Well below the number of variables that SQLite takes in one statement.
_PLACES_PER_QUERY = 1000


def post(connection: Connection, changes: Sequence[Change]) -> None:
    """Write the postings of changes, in the order of the chain, and the new balances.

    Raise `ImpossibleBalance` when something is locked below zero, or an issuer owes less than nothing.
    """
    running = _load(connection, changes)
    insert_rows(connection, postings, _POSTING_COLUMNS, list(_rows(changes, running)))
    _check(running)
    upsert_rows(
        connection, balances, _BALANCE_COLUMNS, [(*place, balance) for place, balance in running.items()]
    )


def _load(connection: Connection, changes: Sequence[Change]) -> dict[Place, int]:
    """Return the balances that changes start from; 0 where nothing was ever posted."""
    running: dict[Place, int] = {change[3:6]: 0 for change in changes}
    places = list(running)
    key = tuple_(balances.c.asset, balances.c.participant, balances.c.bucket)
    for first in range(0, len(places), _PLACES_PER_QUERY):
        query = select(balances).where(key.in_(places[first : first + _PLACES_PER_QUERY]))
        for asset, participant, bucket, balance in connection.execute(query):
            running[asset, participant, bucket] = balance
    return running


def _rows(changes: Sequence[Change], running: dict[Place, int]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of `postings`, keeping `running` up to date."""
    for change in changes:
        place = change[3:6]
        running[place] = balance = running[place] + change[7]
        yield (*change, balance)


def _check(running: dict[Place, int]) -> None:
    for (asset, participant, bucket), balance in running.items():
        if (bucket == Bucket.LOCKED and balance < 0) or (bucket == Bucket.ISSUED and balance > 0):
            raise ImpossibleBalance(
                f"participant {participant} would have {balance} {bucket} of asset {asset}: "
                "rebuild the mirror and compare"
            )
