"""One digest per table that is made from the chain: two mirrors of one height agree in all of them (R4)."""

import hashlib

import orjson
from sqlalchemy import Connection, Table, select

from node.store.tables import (
    accounts,
    assets,
    balances,
    blocks,
    cycles,
    events,
    keys,
    member_ids,
    participants,
    postings,
    queued,
    receipts,
    trade_parties,
)

CHAIN_TABLES = (
    blocks,
    receipts,
    events,
    postings,
    balances,
    participants,
    member_ids,
    keys,
    assets,
    accounts,
    cycles,
    queued,
    trade_parties,
)
_ROWS_AT_ONCE = 5_000


def table_digests(connection: Connection) -> dict[str, str]:
    """Return the SHA-256 (hexadecimal) of each table made from the chain.

    Over its rows in the order of its key, each a line of JSON: an array in the order of the columns, bytes
    as hexadecimal text.
    """
    return {table.name: _digest(connection, table) for table in CHAIN_TABLES}


def _digest(connection: Connection, table: Table) -> str:
    digest = hashlib.sha256()
    query = select(table).order_by(*table.primary_key).execution_options(yield_per=_ROWS_AT_ONCE)
    for rows in connection.execute(query).partitions():
        lines = (orjson.dumps(tuple(row), default=bytes.hex) for row in rows)
        digest.update(b"\n".join(lines) + b"\n")
    return digest.hexdigest()
