"""What else is signed for a nonce: the same payload at a higher price, or a call of nothing that cancels it.

Of all versions the chain takes one. When a later one than the first was mined it changes places with the
first, so that `transactions` always names the hash that stands on chain.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, insert, select, update

from node.chain.protocol import Fees
from node.errors import LeaseLost
from node.outbox.leases import Lease, require_lease
from node.store.tables import replacements, transactions


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """Signed bytes for a nonce. `cancels`: they call nothing, so that the nonce is used for nothing."""

    hash: bytes
    raw: bytes
    fees: Fees
    signed_at: int
    cancels: bool = False


def versions_of(connection: Connection, numbers: Sequence[int]) -> Mapping[int, Sequence[Version]]:
    """Return what replaced transactions (by their row's number), oldest first."""
    found: defaultdict[int, list[Version]] = defaultdict(list)
    if not numbers:
        return found
    query = select(replacements).where(replacements.c.transaction_id.in_(numbers))
    for row in connection.execute(query.order_by(replacements.c.id)).mappings():
        found[row["transaction_id"]].append(_version(row))
    return found


def record_replacement(connection: Connection, lease: Lease, transaction: int, version: Version) -> None:
    """Write a further version of a transaction; raise `LeaseLost` when it has ended meanwhile."""
    require_lease(connection, lease)
    query = select(transactions.c.id).where(
        transactions.c.id == transaction, transactions.c.concluded_at.is_(None)
    )
    if connection.scalar(query.with_for_update()) is None:
        raise LeaseLost("the transaction has ended meanwhile; nothing was signed in its place")
    connection.execute(
        insert(replacements).values(
            transaction_id=transaction, fence=lease.fence, **_values(version), cancels=version.cancels
        )
    )


def adopt(connection: Connection, transaction: int, *, first: Version, mined: Version) -> None:
    """Let the version that was mined change places with the first."""
    connection.execute(update(replacements).where(replacements.c.hash == mined.hash).values(**_values(first)))
    connection.execute(update(transactions).where(transactions.c.id == transaction).values(**_values(mined)))


def ask_cancel(connection: Connection, transaction_hash: bytes, *, at: int) -> bool:
    """Note that a person wants a transaction cancelled; False when none of that hash is in flight."""
    done = connection.execute(
        update(transactions)
        .where(transactions.c.hash == transaction_hash, transactions.c.concluded_at.is_(None))
        .values(cancel_asked_at=at)
    )
    return done.rowcount == 1


def _values(version: Version) -> dict[str, object]:
    return {
        "hash": version.hash,
        "raw": version.raw,
        "gas_price": version.fees.price,
        "priority_fee": version.fees.priority,
        "signed_at": version.signed_at,
    }


def _version(row: RowMapping) -> Version:
    return Version(
        hash=row["hash"],
        raw=row["raw"],
        cancels=row["cancels"],
        fees=Fees(price=row["gas_price"], priority=row["priority_fee"]),
        signed_at=row["signed_at"],
    )
