"""Double entry in rows: two postings for each movement of value, and the balances they lead to (R5)."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, select, tuple_

from node.store.bulk import insert_rows, upsert_rows
from node.store.tables import balances, postings
from settlement.errors import ImpossibleBalance
from settlement.posting import ENTRIES, Bucket

# height, log index, name of the event, asset, payer, payee, amount in minor units
Movement: TypeAlias = tuple[int, int, str, int, int, int, int]
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

# ENTRIES once more as plain tuples: (index of the debited side, its bucket, of the credited, its bucket).
_RULES = {
    name: (int(entry.debit[0]), entry.debit[1].value, int(entry.credit[0]), entry.credit[1].value)
    for name, entry in ENTRIES.items()
}


def post(connection: Connection, movements: Sequence[Movement]) -> None:
    """Write the postings of movements, in the order of the chain, and the new balances.

    Raise `ImpossibleBalance` when something is locked below zero, or an issuer owes less than nothing.
    """
    running = _load(connection, movements)
    insert_rows(connection, postings, _POSTING_COLUMNS, list(_rows(movements, running)))
    _check(running)
    upsert_rows(
        connection, balances, _BALANCE_COLUMNS, [(*place, balance) for place, balance in running.items()]
    )


def _load(connection: Connection, movements: Sequence[Movement]) -> dict[Place, int]:
    """Return the balances that movements start from; 0 where nothing was ever posted."""
    running: dict[Place, int] = {}
    for _, _, name, asset, *sides, _ in movements:
        debited, debit_bucket, credited, credit_bucket = _RULES[name]
        running[asset, sides[debited], debit_bucket] = 0
        running[asset, sides[credited], credit_bucket] = 0
    places = list(running)
    key = tuple_(balances.c.asset, balances.c.participant, balances.c.bucket)
    for first in range(0, len(places), _PLACES_PER_QUERY):
        query = select(balances).where(key.in_(places[first : first + _PLACES_PER_QUERY]))
        for asset, participant, bucket, balance in connection.execute(query):
            running[asset, participant, bucket] = balance
    return running


def _rows(movements: Sequence[Movement], running: dict[Place, int]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of `postings`, debit first, keeping `running` up to date."""
    for height, log_index, name, asset, *sides, amount in movements:
        debit_side, debit_bucket, credit_side, credit_bucket = _RULES[name]
        debited, credited = sides[debit_side], sides[credit_side]
        place = (asset, debited, debit_bucket)
        running[place] = balance = running[place] - amount
        yield height, log_index, 0, asset, debited, debit_bucket, credited, -amount, balance
        place = (asset, credited, credit_bucket)
        running[place] = balance = running[place] + amount
        yield height, log_index, 1, asset, credited, credit_bucket, debited, amount, balance


def _check(running: dict[Place, int]) -> None:
    for (asset, participant, bucket), balance in running.items():
        if (bucket == Bucket.LOCKED and balance < 0) or (bucket == Bucket.ISSUED and balance > 0):
            raise ImpossibleBalance(
                f"participant {participant} would have {balance} {bucket} of asset {asset}: "
                "rebuild the mirror and compare"
            )
