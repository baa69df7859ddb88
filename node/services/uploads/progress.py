"""How far a file that is read in the background has come, and who is reading it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, delete, func, or_, select, update

from node.errors import NodeError
from node.services.requests import PaymentRequest
from node.store.bulk import insert_rows
from node.store.session import Store
from node.store.tables import upload_pieces, upload_refusals, uploads
from settlement.errors import Fault

CLAIM_SECONDS = 120
_REFUSAL_COLUMNS = (
    "upload_id", "position", "path", "code", "detail",
    "end_to_end_id", "uetr", "currency", "amount", "document", "at",
)  # fmt: skip


class UploadState(StrEnum):
    """Where a file stands that is read in the background."""

    CHECKING = "checking"
    TAKING = "taking"
    ACCEPTED = "accepted"
    REFUSED = "refused"


OPEN = (UploadState.CHECKING.value, UploadState.TAKING.value)


class ClaimLost(NodeError):
    """Somebody else reads this file now, after it stood still too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file, and how many of its transactions were checked, taken, and refused when their turn came.

    `transactions` None: not all are counted yet. `repeats`: the file that it is, if that was accepted before.
    """

    id: str
    actor: str
    entered_by: str
    form: str
    body_digest: bytes
    bytes: int
    state: UploadState
    checked: int
    taken: int
    transactions: int | None
    repeats: str | None
    faults: tuple[Fault, ...]
    created_at: int
    updated_at: int


def upload_of(row: RowMapping) -> Upload:
    """Return a row of `uploads` as what it says."""
    said = {name: row[name] for name in Upload.__slots__}
    faults = tuple(Fault(**fault) for fault in orjson.loads(row["faults"]))
    return Upload(**{**said, "state": UploadState(row["state"]), "faults": faults})


def claim(store: Store, reader: str, *, at: int) -> Upload | None:
    """Return the oldest file that waits to be read, from now on this reader's; None when there is none."""
    free = or_(uploads.c.claimed_by == reader, uploads.c.claimed_until < at)
    waiting = (
        select(uploads)
        .where(uploads.c.state.in_(OPEN), free)
        .order_by(uploads.c.created_at, uploads.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    with store.snapshot() as connection:
        if connection.scalar(select(uploads.c.id).where(uploads.c.state.in_(OPEN)).limit(1)) is None:
            return None
    with store.transaction() as connection:
        row = connection.execute(waiting).mappings().first()
        if row is None:
            return None
        mine = {"claimed_by": reader, "claimed_until": at + CLAIM_SECONDS}
        connection.execute(update(uploads).where(uploads.c.id == row["id"]).values(mine))
        return upload_of(row)


def note(connection: Connection, upload: Upload, reader: str, *, at: int, **values: Any) -> None:
    """Write how far a file has come; raise `ClaimLost` where somebody else reads it."""
    said = {**values, "claimed_until": at + CLAIM_SECONDS, "updated_at": at}
    mine = (uploads.c.id == upload.id) & (uploads.c.claimed_by == reader) & uploads.c.state.in_(OPEN)
    if connection.execute(update(uploads).where(mine).values(said)).rowcount != 1:
        raise ClaimLost(f"the file {upload.id} is read by another process")


def end(
    connection: Connection,
    upload: Upload,
    reader: str,
    state: UploadState,
    *,
    at: int,
    faults: Sequence[Fault] = (),
    repeats: str | None = None,
) -> None:
    """Write how a file ended, and drop its pieces: what was taken of it is in the documents."""
    told = orjson.dumps([asdict(fault) for fault in faults]).decode()
    note(connection, upload, reader, at=at, state=state.value, faults=told, repeats=repeats)
    connection.execute(delete(upload_pieces).where(upload_pieces.c.upload_id == upload.id))


def pieces(store: Store, upload_id: str) -> Iterator[bytes]:
    """Yield what a file holds, each piece read when it is needed."""
    position = 0
    while True:
        with store.snapshot() as connection:
            here = (upload_pieces.c.upload_id == upload_id) & (upload_pieces.c.position == position)
            data: bytes | None = connection.scalar(select(upload_pieces.c.data).where(here))
        if data is None:
            return
        yield data
        position += 1


def refused_between(store: Store, upload_id: str, first: int, end: int) -> set[int]:
    """Return which transactions of a stretch of a file were refused when their turn came."""
    position = upload_refusals.c.position
    where = (upload_refusals.c.upload_id == upload_id) & (position >= first) & (position < end)
    with store.snapshot() as connection:
        return set(connection.scalars(select(position).where(where)))


def refuse(store: Store, upload_id: str, refused: Iterable[tuple[Fault, PaymentRequest]], *, at: int) -> None:
    """Write which transactions could not be taken when their turn came, and why."""
    rows = [
        (
            upload_id, fault.transaction, fault.path, fault.code, fault.detail,
            asked.end_to_end_id, asked.uetr, asked.currency, int(asked.amount),
            orjson.dumps(asked.document).decode(), at,
        )
        for fault, asked in refused
    ]  # fmt: skip
    with store.transaction() as connection:
        insert_rows(connection, upload_refusals, _REFUSAL_COLUMNS, rows)


def refusals(connection: Connection, upload_id: str, *, limit: int) -> tuple[int, list[Fault]]:
    """Return how many transactions of a file were refused when their turn came, and the first of them."""
    where = upload_refusals.c.upload_id == upload_id
    count = connection.scalar(select(func.count()).select_from(upload_refusals).where(where)) or 0
    query = select(upload_refusals).where(where).order_by(upload_refusals.c.position).limit(limit)
    found = connection.execute(query).mappings()
    return count, [
        Fault(transaction=row["position"], path=row["path"], code=row["code"], detail=row["detail"])
        for row in found
    ]
