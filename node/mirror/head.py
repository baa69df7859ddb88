"""Which chain the mirror is of, and how far it is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import rfc8785
from sqlalchemy import Connection, insert, select

from node.errors import MirrorBehind, StoreMismatch
from node.store.tables import blocks, deployment


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest mirrored block. `timestamp` in UTC seconds."""

    height: int
    hash: bytes
    timestamp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """The chain a store is of: what makes an instruction's digest another one elsewhere."""

    chain_id: int
    ledger: bytes
    netting: bytes


def head(connection: Connection) -> Head | None:
    """Return the newest mirrored block; None when nothing is mirrored yet."""
    row = connection.execute(
        select(blocks.c.height, blocks.c.hash, blocks.c.timestamp).order_by(blocks.c.height.desc()).limit(1)
    ).one_or_none()
    return row and Head(height=row.height, hash=row.hash, timestamp=row.timestamp)


def hash_at(connection: Connection, height: int) -> bytes | None:
    """Return the hash of a mirrored block; None when it is not mirrored."""
    return connection.scalar(select(blocks.c.hash).where(blocks.c.height == height))


def newest_hashes(connection: Connection, count: int) -> dict[int, bytes]:
    """Return the hashes of the newest mirrored blocks by height, at most `count`."""
    rows = connection.execute(
        select(blocks.c.height, blocks.c.hash).order_by(blocks.c.height.desc()).limit(count)
    )
    return {row.height: row.hash for row in rows}


def height_before(connection: Connection, timestamp: int) -> int | None:
    """Return the height of the newest block before a time (UTC seconds); None when there is none."""
    query = select(blocks.c.height).where(blocks.c.timestamp < timestamp)
    return connection.scalar(query.order_by(blocks.c.timestamp.desc(), blocks.c.height.desc()).limit(1))


def timestamp_of(connection: Connection, height: int) -> int | None:
    """Return the time of a block (UTC seconds); None when it is not mirrored."""
    return connection.scalar(select(blocks.c.timestamp).where(blocks.c.height == height))


def pinned(connection: Connection) -> Pinned:
    """Return the chain this store is of; raise `MirrorBehind` while nothing says so yet."""
    row = connection.execute(select(deployment)).one_or_none()
    if row is None:
        raise MirrorBehind("which chain this is is not known yet; try again when the node has caught up")
    contracts = {name: bytes.fromhex(address) for name, address in json.loads(row.contracts).items()}
    return Pinned(chain_id=row.chain_id, ledger=contracts["Ledger"], netting=contracts["Netting"])


def pin(
    connection: Connection, *, chain_id: int, genesis_hash: bytes, contracts: Mapping[str, bytes]
) -> None:
    """Remember the chain and contracts this mirror is of; raise `StoreMismatch` when it is of others.

    Holds the pin's row, so that followers of one store take turns.
    """
    addresses = rfc8785.dumps({name: address.hex() for name, address in contracts.items()}).decode()
    wanted = (chain_id, genesis_hash, addresses)
    known = connection.execute(select(deployment).with_for_update()).one_or_none()
    if known is None:
        values = dict(zip(("chain_id", "genesis_hash", "contracts"), wanted, strict=True))
        connection.execute(insert(deployment).values(values))
    elif tuple(known) != wanted:
        raise StoreMismatch(
            f"the database mirrors chain {known.chain_id} with genesis {known.genesis_hash.hex()} and "
            f"contracts {known.contracts}, not chain {chain_id} with genesis {genesis_hash.hex()} and "
            f"{addresses}; give this deployment a database of its own"
        )
