"""Signed transactions: committed with the rows they carry before they leave, and concluded once (R6)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, insert, select, update

from node.chain.protocol import Fees
from node.errors import ForeignTransaction, LeaseLost
from node.outbox.actions import Action
from node.outbox.leases import Lease, require_lease
from node.outbox.nonces import WRITER
from node.outbox.replacements import Version, versions_of
from node.outbox.rows import IS_WAITING
from node.store.incidents import was_cleared
from node.store.tables import outbox, transactions


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A signed transaction that is not concluded, and everything that was signed for its nonce.

    `versions`: oldest first, at least one; the newest is what every retry sends.
    """

    id: int
    key: bytes
    nonce: int
    hash: bytes
    payload_digest: bytes
    cancel_asked: bool
    versions: tuple[Version, ...]

    @property
    def newest(self) -> Version:
        """Return what is to be sent."""
        return self.versions[-1]

    @property
    def subject(self) -> str:
        """Return its name in incidents."""
        return f"transaction {self.hash.hex()}"


def unconcluded(connection: Connection, *, key: bytes, chain_id: int) -> list[Sent]:
    """Return the transactions of a key whose end is not dealt with, by nonce."""
    query = select(transactions).where(
        transactions.c.key == key,
        transactions.c.chain_id == chain_id,
        transactions.c.concluded_at.is_(None),
    )
    found = connection.execute(query.order_by(transactions.c.nonce)).mappings().all()
    further = versions_of(connection, [row["id"] for row in found])
    return [_sent(row, further.get(row["id"], ())) for row in found]


def record_signed(
    connection: Connection,
    lease: Lease,
    version: Version,
    *,
    chain_id: int,
    nonce: int,
    payload_digest: bytes,
    rows: Sequence[int],
    action: Action,
) -> Sent:
    """Write a signed transaction and give it its rows; raise `LeaseLost` when they are not free any more."""
    require_lease(connection, lease)
    made = connection.execute(
        insert(transactions)
        .values(
            key=lease.key,
            chain_id=chain_id,
            nonce=nonce,
            hash=version.hash,
            raw=version.raw,
            payload_digest=payload_digest,
            fence=lease.fence,
            signed_at=version.signed_at,
            gas_price=version.fees.price,
            priority_fee=version.fees.priority,
        )
        .returning(*transactions.c)
    )
    row = made.mappings().one()
    given = connection.execute(
        update(outbox)
        .where(
            outbox.c.id.in_(rows),
            IS_WAITING,
            outbox.c.action == action.value,
        )
        .values(transaction_id=row["id"])
    )
    if given.rowcount != len(rows):
        raise LeaseLost("rows of the outbox were taken or changed meanwhile; nothing was signed for them")
    return _sent(row, ())


def conclude(
    connection: Connection, transaction: int, *, at: int, error: str | None, abandoned: bool = False
) -> bool:
    """Mark a transaction as dealt with; False when somebody else has done so."""
    done = connection.execute(
        update(transactions)
        .where(transactions.c.id == transaction, transactions.c.concluded_at.is_(None))
        .values(concluded_at=at, error=error, abandoned=abandoned)
    )
    return done.rowcount == 1


def is_given_up(connection: Connection, sent: Sent) -> bool:
    """Tell whether a person has seen that the nonce of a transaction went to a stranger's."""
    return was_cleared(connection, writer=WRITER, code=ForeignTransaction.code, subject=sent.subject)


def hold(connection: Connection, instruction: str) -> None:
    """Make whoever would conclude a transaction of this instruction wait until the caller has committed."""
    carrying = select(outbox.c.transaction_id).where(outbox.c.instruction_id == instruction)
    connection.execute(select(transactions.c.id).where(transactions.c.id.in_(carrying)).with_for_update())


def _sent(row: RowMapping, further: Sequence[Version]) -> Sent:
    first = Version(
        hash=row["hash"],
        raw=row["raw"],
        cancels=False,
        fees=Fees(price=row["gas_price"], priority=row["priority_fee"]),
        signed_at=row["signed_at"],
    )
    return Sent(
        id=row["id"],
        key=row["key"],
        nonce=row["nonce"],
        hash=row["hash"],
        payload_digest=row["payload_digest"],
        cancel_asked=row["cancel_asked_at"] is not None,
        versions=(first, *further),
    )
