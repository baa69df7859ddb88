"""The rows that make a request accepted: instructions, outbox, the answer, the audit entry, the file."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

import orjson
from sqlalchemy import Connection, func, insert, select

from node.errors import QueueFull
from node.mirror.head import Pinned
from node.outbox.actions import ACTION_OF_KIND
from node.outbox.rows import enqueue, waiting_count
from node.services.answers import Answer, Request, keep_answer
from node.services.audit import append_audit
from node.services.policies.verdicts import Judged, keep_verdicts
from node.services.requests import Prepared
from node.services.reviews import needs, write_reviews
from node.store.bulk import insert_rows
from node.store.counters import take_numbers
from node.store.tables import events, files, instructions
from settlement.document import Json
from settlement.instruction import InstructionKind, OneLeg, Terms

SERIES = "sequence"
ID_PREFIX = {InstructionKind.PAYMENT: "pay", InstructionKind.ISSUE: "iss", InstructionKind.REDEMPTION: "red"}
_PLURAL = {
    InstructionKind.PAYMENT: "payments",
    InstructionKind.ISSUE: "issues",
    InstructionKind.REDEMPTION: "redemptions",
}
_WORD_BYTES = 32
_COLUMNS = (
    "id", "kind", "payer", "sequence", "asset", "payee", "amount", "urgent", "terms", "commitment", "head",
    "digest", "salt", "document", "uetr", "content_digest", "end_to_end_id", "value_date", "deadline",
    "queue", "file_id", "file_position", "created_at", "created_by",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An instruction that was accepted before, found by its UETR."""

    id: str
    uetr: str
    end_to_end_id: str
    content_digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A message file that is being accepted. `sender` is its BIC as registered."""

    id: str
    sender: str
    message_id: str
    message_name: str
    body_digest: bytes


def write(
    connection: Connection,
    request: Request,
    *,
    keyed: Request | None,
    asked_by: str,
    entered_by: str,
    limits: Mapping[int, int],
    judged: Sequence[Judged],
    kind: InstructionKind,
    payer: int,
    chain: Pinned,
    items: Sequence[Prepared | Known],
    ids: Sequence[str],
    file: NewFile | None,
    outbox_max: int,
    at: int,
) -> Answer:
    """Write what was prepared, under `ids` (one for each `Prepared`, in order); return the first answer.

    `limits`: above which amount of an asset one person is not enough; `judged`: what the rules say of each
    `Prepared`, or nothing.
    """
    new = [(position, item) for position, item in enumerate(items) if isinstance(item, Prepared)]
    if waiting_count(connection) + len(new) > outbox_max:
        raise QueueFull(f"the outbox holds at most {outbox_max} instructions; try again when it has drained")
    if file is not None:
        _write_file(connection, file, transactions=len(items), at=at, actor=asked_by)
    first = take_numbers(connection, SERIES, len(new), above=_highest_on_chain(connection, payer))
    file_id = file.id if file else None
    rows = [
        (
            identifier, kind.value, payer, first + offset, item.asset, item.payee, item.amount, item.urgent,
            *_words(item, kind, payer, first + offset, chain), item.salt, item.document, item.uetr,
            item.content_digest, item.end_to_end_id, item.value_date, item.deadline, item.queue, file_id,
            position if file_id else None, at, asked_by,
        )
        for offset, (identifier, (position, item)) in enumerate(zip(ids, new, strict=True))
    ]  # fmt: skip
    insert_rows(connection, instructions, _COLUMNS, rows)
    found = needs(connection, [item for _, item in new], payer=payer, limits=limits, judged=judged, at=at)
    held = {identifier: need for identifier, need in zip(ids, found, strict=True) if need is not None}
    if judged:
        keep_verdicts(connection, judged, ids, at=at)
    write_reviews(connection, held, entered_by=entered_by, at=at)
    enqueue(connection, ACTION_OF_KIND[kind], ids, at=at, held=held)
    answer = Answer(status=HTTPStatus.ACCEPTED, body=_body(kind, items, ids, file))
    for known_by in (request, keyed):
        if known_by is not None:
            keep_answer(connection, known_by, answer, at=at)
    append_audit(
        connection,
        at=at,
        actor=asked_by,
        action=f"{_PLURAL[kind]}_accepted",
        subject=file.id if file else request.key,
        detail=_detail(ids, new, known=len(items) - len(new), waiting=len(held)),
    )
    return answer


def _write_file(connection: Connection, file: NewFile, *, transactions: int, at: int, actor: str) -> None:
    connection.execute(
        insert(files).values(
            id=file.id,
            sender=file.sender,
            message_id=file.message_id,
            message_name=file.message_name,
            body_digest=file.body_digest,
            transactions=transactions,
            created_at=at,
            created_by=actor,
        )
    )


def _highest_on_chain(connection: Connection, initiator: int) -> int:
    """Return the highest sequence seen on chain: above this store's own when it was set back by a restore."""
    highest: int | None = connection.scalar(
        select(func.max(events.c.sequence)).where(events.c.initiator == initiator)
    )
    return highest or 0


def _words(
    item: Prepared, kind: InstructionKind, payer: int, sequence: int, chain: Pinned
) -> tuple[bytes, bytes, bytes | None, bytes | None]:
    """Return what the chain will say of it: terms, commitment; and head and digest where it may queue."""
    terms = Terms(
        sequence=sequence,
        asset=item.asset,
        payer=payer,
        payee=item.payee,
        amount=item.amount,
        urgent=item.urgent,
    )
    if kind is not InstructionKind.PAYMENT:
        return terms.encoded(), item.commitment, None, None
    form = OneLeg(terms=terms, valid_until=item.deadline)
    digest = form.digest(chain_id=chain.chain_id, ledger=chain.ledger, commitment=item.commitment)
    return terms.encoded(), item.commitment, form.head.to_bytes(_WORD_BYTES, "big"), digest


def _body(
    kind: InstructionKind, items: Sequence[Prepared | Known], ids: Sequence[str], file: NewFile | None
) -> bytes:
    unused = iter(ids)
    listed = [
        {
            "id": item.id if isinstance(item, Known) else next(unused),
            "uetr": item.uetr,
            "end_to_end_id": item.end_to_end_id,
        }
        for item in items
    ]
    head = {} if file is None else {"file_id": file.id, "message_id": file.message_id}
    return orjson.dumps({**head, _PLURAL[kind]: listed})


def _detail(
    ids: Sequence[str], new: Sequence[tuple[int, Prepared]], *, known: int, waiting: int
) -> dict[str, Json]:
    """Return what the audit log keeps: counts, and one digest over all ids and commitments."""
    digest = hashlib.sha256()
    for identifier, (_, item) in zip(ids, new, strict=True):
        digest.update(identifier.encode() + item.commitment)
    detail: dict[str, Json] = {"accepted": len(ids), "known": known, "digest": digest.hexdigest()}
    return detail | ({"awaiting_approval": waiting} if waiting else {})
