"""One writer per key: who may take its nonces now, and under which fencing number."""

from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, select, update
from sqlalchemy.dialects import postgresql, sqlite

from node.errors import LeaseLost
from node.store.tables import leases


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to sign with a key until `expires_at` (UTC seconds). `fence` goes up with each new holder."""

    key: bytes
    holder: str
    fence: int
    expires_at: int


def take_lease(connection: Connection, *, key: bytes, holder: str, now: int, seconds: int) -> Lease | None:
    """Return this holder's lease, new or prolonged; None while somebody else's runs."""
    row = _locked(connection, key)
    if row is None:
        row = _first(connection, key)
    own = row["holder"] == holder
    if not own and now < row["expires_at"] <= now + seconds:
        # One that ends later than any lease can was given by a clock that was wrong.
        return None
    fence = row["fence"] if own and now < row["expires_at"] else row["fence"] + 1
    connection.execute(
        update(leases).where(leases.c.key == key).values(holder=holder, fence=fence, expires_at=now + seconds)
    )
    return Lease(key=key, holder=holder, fence=fence, expires_at=now + seconds)


def is_held_by_another(connection: Connection, *, key: bytes, holder: str, now: int, seconds: int) -> bool:
    """Tell whether taking the lease would fail now; it waits for nobody."""
    row = connection.execute(select(leases).where(leases.c.key == key)).mappings().one_or_none()
    return row is not None and row["holder"] != holder and now < row["expires_at"] <= now + seconds


def require_lease(connection: Connection, lease: Lease) -> None:
    """Raise `LeaseLost` unless the lease is still the newest of its key; nobody can take it until commit."""
    row = _locked(connection, lease.key)
    if row is None or (row["holder"], row["fence"]) != (lease.holder, lease.fence):
        raise LeaseLost(
            f"another process writes with key 0x{lease.key.hex()} now; this one goes back in line"
        )


def _locked(connection: Connection, key: bytes) -> RowMapping | None:
    return (
        connection.execute(select(leases).where(leases.c.key == key).with_for_update())
        .mappings()
        .one_or_none()
    )


def _first(connection: Connection, key: bytes) -> RowMapping:
    """Make the row of a key that never had one, expired and without a holder."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(
        dialect.insert(leases).values(key=key, holder="", fence=0, expires_at=0).on_conflict_do_nothing()
    )
    row = _locked(connection, key)
    assert row is not None
    return row
