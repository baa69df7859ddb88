"""What proves blocks and what is in them, kept so that evidence needs no chain node later."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from node.store.bulk import insert_rows
from node.store.tables import proofs
from settlement.evidence import header, rlp
from settlement.evidence.header import Header

_COLUMNS = ("height", "header", "transactions", "receipts")
# Of a block full of receipts a few megabytes: so many are in memory at once.
_BLOCKS_PER_QUERY = 16
Row = tuple[int, bytes, bytes | None, bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A block's header, transactions and receipts as the chain hashes them; contents only if checked.

    Transactions are kept of a block with something of ours, receipts of each: they prove what is not there.
    `validators` are those who must have sealed it, where a contract keeps them.
    """

    header: bytes
    transactions: tuple[bytes, ...]
    receipts: tuple[bytes, ...]
    validators: tuple[bytes, ...] = ()


def row_of(height: int, material: Material, *, ours: bool) -> Row:
    """Return a row of `proofs`: only a block with something of ours keeps its transactions."""
    if not material.receipts:
        return height, material.header, None, None
    transactions = _joined(material.transactions) if ours else None
    return height, material.header, transactions, _joined(material.receipts)


def insert_material(connection: Connection, rows: Sequence[Row]) -> None:
    """Write rows of `proofs`."""
    insert_rows(connection, proofs, _COLUMNS, rows)


def material_at(connection: Connection, height: int) -> Material | None:
    """Return what is kept of a mirrored block; None when it is not mirrored."""
    row = connection.execute(select(proofs).where(proofs.c.height == height)).one_or_none()
    return None if row is None else _material(row)


def materials_between(connection: Connection, first: int, last: int) -> Iterator[Material]:
    """Yield what is kept of a range of mirrored blocks, both ends included, in order, a few at a time."""
    for start in range(first, last + 1, _BLOCKS_PER_QUERY):
        some = proofs.c.height.between(start, min(last, start + _BLOCKS_PER_QUERY - 1))
        for row in connection.execute(select(proofs).where(some).order_by(proofs.c.height)):
            yield _material(row)


def header_at(connection: Connection, height: int) -> Header | None:
    """Return the header of a mirrored block; None when it is not mirrored."""
    encoded = connection.scalar(select(proofs.c.header).where(proofs.c.height == height))
    return None if encoded is None else header.decode(encoded)


def headers_between(connection: Connection, first: int, last: int) -> list[bytes]:
    """Return the headers of a range of mirrored blocks, both ends included, in order."""
    query = select(proofs.c.header).where(proofs.c.height.between(first, last))
    return list(connection.scalars(query.order_by(proofs.c.height)))


def _material(row: Any) -> Material:
    return Material(header=row.header, transactions=_parts(row.transactions), receipts=_parts(row.receipts))


def _joined(parts: Sequence[bytes]) -> bytes:
    return rlp.encode(list(parts))


def _parts(joined: bytes | None) -> tuple[bytes, ...]:
    return () if joined is None else tuple(rlp.octets(part) for part in rlp.items(rlp.decode(joined)))
