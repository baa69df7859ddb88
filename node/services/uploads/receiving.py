"""Keeping a file that is to be read in the background, and telling how far it has come."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

import orjson
from sqlalchemy import Connection, func, insert, select

from node.clock import Clock, Random
from node.errors import NotFound, QueueFull
from node.services.answers import Answer, once, request_of
from node.services.audit import append_audit
from node.services.identifiers import new_id
from node.services.incoming_files import FileForm
from node.services.submissions import FAULTS_MAX
from node.services.uploads.progress import OPEN, UploadState, refusals, upload_of
from node.store.bulk import insert_rows
from node.store.session import Store
from node.store.tables import files, upload_pieces, uploads
from settlement.errors import Fault

# Files that wait to be read, or are being read, at most.
WAITING_MAX = 16
PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProgress:
    """How far a file has come. `refused`: its transactions that could not be taken when their turn came.

    `transactions` None: not all are counted yet. `faults`: why the file was refused, or each of those, first
    1,000. `repeats`: the file that it is, if that was accepted before.
    """

    file_id: str
    state: str
    transactions: int | None
    checked: int
    taken: int
    refused: int
    repeats: str | None
    faults: tuple[Fault, ...]
    created_at: int
    updated_at: int


def receive(
    store: Store,
    clock: Clock,
    random: Random,
    *,
    actor: str,
    entered_by: str,
    form: FileForm,
    body: bytes,
    key: str,
) -> Answer:
    """Keep a file, and answer with its id before anything of it is read; raise `QueueFull`."""
    identifier = new_id("file", clock, random)

    def keep(connection: Connection, at: int) -> str:
        open_ones = select(func.count()).select_from(uploads).where(uploads.c.state.in_(OPEN))
        if (connection.scalar(open_ones) or 0) >= WAITING_MAX:
            raise QueueFull(f"{WAITING_MAX} files wait to be read; send this one when one of them is done")
        digest = hashlib.sha256(body).digest()
        connection.execute(
            insert(uploads).values(
                id=identifier,
                actor=actor,
                entered_by=entered_by,
                form=form.value,
                body_digest=digest,
                bytes=len(body),
                state=UploadState.CHECKING.value,
                checked=0,
                taken=0,
                faults="[]",
                claimed_until=0,
                created_at=at,
                updated_at=at,
            )
        )
        insert_rows(connection, upload_pieces, ("upload_id", "position", "data"), _pieces(identifier, body))
        append_audit(
            connection,
            at=at,
            actor=actor,
            action="file_received",
            subject=identifier,
            detail={"bytes": len(body), "digest": digest.hex()},
        )
        return identifier

    request = request_of(actor=actor, key=key, operation="upload", body=body)
    return once(store, clock, request, keep, received, status=HTTPStatus.ACCEPTED)


def received(identifier: str) -> bytes:
    """Return the answer to whoever sent a file: where it is to be asked for."""
    return orjson.dumps({"file_id": identifier, "state": UploadState.CHECKING.value})


def _pieces(identifier: str, body: bytes) -> Iterator[tuple[str, int, bytes]]:
    for position, start in enumerate(range(0, len(body), PIECE_BYTES)):
        yield identifier, position, body[start : start + PIECE_BYTES]


def file_progress(store: Store, file_id: str) -> FileProgress:
    """Return how far a file has come, whichever way it was sent; raise `NotFound`."""
    with store.snapshot() as connection:
        row = connection.execute(select(uploads).where(uploads.c.id == file_id)).mappings().first()
        if row is None:
            return _accepted_at_once(connection, file_id)
        refused, why = refusals(connection, file_id, limit=FAULTS_MAX)
    upload = upload_of(row)
    return FileProgress(
        file_id=upload.id,
        state=upload.state.value,
        transactions=upload.transactions,
        checked=upload.checked,
        taken=upload.taken - refused,
        refused=refused,
        repeats=upload.repeats,
        faults=upload.faults or tuple(why),
        created_at=upload.created_at,
        updated_at=upload.updated_at,
    )


def _accepted_at_once(connection: Connection, file_id: str) -> FileProgress:
    row = connection.execute(select(files).where(files.c.id == file_id)).mappings().first()
    if row is None:
        raise NotFound(f"no file of this node has the id {file_id!r}")
    count, at = row["transactions"], row["created_at"]
    return FileProgress(
        file_id=file_id,
        state=UploadState.ACCEPTED.value,
        transactions=count,
        checked=count,
        taken=count,
        refused=0,
        repeats=None,
        faults=(),
        created_at=at,
        updated_at=at,
    )
