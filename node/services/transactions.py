"""Transactions in flight, for a person who looks after one that is stuck."""

from dataclasses import dataclass

from sqlalchemy import func, select

from node.clock import Clock
from node.errors import NotFound
from node.outbox.replacements import ask_cancel
from node.services.audit import append_audit
from node.store.session import Store
from node.store.tables import outbox, replacements, transactions

SHOWN_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class InFlight:
    """A transaction whose end is not dealt with. `gas_price` in wei, of the newest version of it."""

    hash: bytes
    key: bytes
    nonce: int
    age_seconds: int
    rows: int
    versions: int
    gas_price: int
    cancel_asked: bool


def in_flight(store: Store, clock: Clock) -> list[InFlight]:
    """Return what is in flight by key and nonce; the first `SHOWN_MAX`."""
    further = replacements.c.transaction_id == transactions.c.id
    rows = select(func.count()).where(outbox.c.transaction_id == transactions.c.id).scalar_subquery()
    count = select(func.count()).where(further).scalar_subquery()
    newest = (
        select(replacements.c.gas_price)
        .where(further)
        .order_by(replacements.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(transactions, rows.label("rows"), count.label("further"), newest.label("newest_price"))
        .where(transactions.c.concluded_at.is_(None))
        .order_by(transactions.c.key, transactions.c.nonce)
        .limit(SHOWN_MAX)
    )
    with store.snapshot() as connection:
        found = connection.execute(query).mappings().all()
    return [
        InFlight(
            hash=row["hash"],
            key=row["key"],
            nonce=row["nonce"],
            age_seconds=max(0, int(clock.now()) - row["signed_at"]),
            rows=row["rows"],
            versions=1 + row["further"],
            gas_price=row["gas_price"] if row["newest_price"] is None else row["newest_price"],
            cancel_asked=row["cancel_asked_at"] is not None,
        )
        for row in found
    ]


def cancel(store: Store, clock: Clock, transaction_hash: bytes, *, by: str, actor: str) -> None:
    """Ask the submitter to use a transaction's nonce for nothing; raise `NotFound` when it is not in flight.

    The chain decides which of the two is mined. If it is the cancellation, the rows go again.
    """
    at = int(clock.now())
    with store.transaction() as connection:
        if not ask_cancel(connection, transaction_hash, at=at):
            raise NotFound(f"no transaction in flight has the hash 0x{transaction_hash.hex()}")
        append_audit(
            connection,
            at=at,
            actor=actor,
            action="cancel_asked",
            subject=transaction_hash.hex(),
            detail={"by": by},
        )
