"""The rows that make a request accepted: instructions, outbox, the answer, the audit entry, the file."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import count
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, func, insert, select

from node.errors import QueueFull
from node.mirror.head import Pinned
from node.outbox.actions import ACTION_OF_KIND, Action
from node.outbox.rows import enqueue, waiting_count
from node.services.answers import Answer, keep_answers
from node.services.audit import Entry, append_entries
from node.services.policies.verdicts import Judged, keep_verdicts
from node.services.requests import Prepared
from node.services.returns import write_returns
from node.services.reviews import needs, write_reviews
from node.services.submissions import Known, NewFile, Submission
from node.store.bulk import insert_rows
from node.store.counters import take_numbers
from node.store.tables import events, files, instructions
from settlement.approval import Need
from settlement.instruction import InstructionKind, OneLeg, Terms

SERIES = "sequence"
ID_PREFIX = {InstructionKind.PAYMENT: "pay", InstructionKind.ISSUE: "iss", InstructionKind.REDEMPTION: "red"}
_PLURAL = {
    InstructionKind.PAYMENT: "payments",
    InstructionKind.ISSUE: "issues",
    InstructionKind.REDEMPTION: "redemptions",
}
_HIGHEST = select(func.max(events.c.sequence)).where(events.c.initiator == bindparam("initiator"))
_WORD_BYTES = 32
_COLUMNS = (
    "id", "kind", "payer", "sequence", "asset", "payee", "amount", "urgent", "terms", "commitment", "head",
    "digest", "salt", "document", "uetr", "content_digest", "end_to_end_id", "value_date", "deadline",
    "queue", "file_id", "file_position", "created_at", "created_by",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A submission made ready: `items` in the order of its requests, `ids` for those that are new."""

    submission: Submission
    items: Sequence[Prepared | Known]
    ids: Sequence[str]

    @property
    def new(self) -> list[tuple[int, Prepared]]:
        """What is to be written, each with its position."""
        return [(place, item) for place, item in enumerate(self.items) if isinstance(item, Prepared)]


def write(
    connection: Connection,
    drafts: Sequence[Draft],
    *,
    kind: InstructionKind,
    limits: Mapping[int, int],
    judged: Sequence[Judged],
    payer: int,
    chain: Pinned,
    outbox_max: int,
    at: int,
) -> list[Answer]:
    """Write drafts of one kind, all or none; return the first answer to each.

    `limits`: above which amount of an asset one person is not enough; `judged`: what the rules say of each
    new item, in order, or nothing.
    """
    ids = [identifier for draft in drafts for identifier in draft.ids]
    items = [item for draft in drafts for _, item in draft.new]
    require_room(connection, len(items), outbox_max=outbox_max)
    for draft in drafts:
        _write_file(connection, draft.submission, at=at)
    first = take_numbers(connection, SERIES, len(items), above=highest_on_chain(connection, payer))
    rows = _rows(drafts, kind=kind, payer=payer, chain=chain, first=first, at=at)
    insert_rows(connection, instructions, _COLUMNS, rows)
    write_returns(connection, list(zip(ids, items, strict=True)))
    found = needs(connection, items, payer=payer, limits=limits, judged=judged, at=at)
    held = {identifier: need for identifier, need in zip(ids, found, strict=True) if need is not None}
    if judged:
        keep_verdicts(connection, judged, ids, at=at)
    entered_by = {each: draft.submission.entered_by for draft in drafts for each in draft.ids}
    write_reviews(connection, held, entered_by=entered_by, at=at)
    # What may not settle yet waits on chain, where its payee and the liquidity runs see it.
    for action, early in ((ACTION_OF_KIND[kind], False), (Action.SUBMIT, True)):
        named = [each for each, item in zip(ids, items, strict=True) if (item.not_before > 0) is early]
        enqueue(connection, action, named, at=at, held=held)
    answers = [Answer(status=HTTPStatus.ACCEPTED, body=_body(draft)) for draft in drafts]
    given = [
        (known_by, answer)
        for draft, answer in zip(drafts, answers, strict=True)
        for known_by in draft.submission.known_by
    ]
    keep_answers(connection, given, at=at)
    append_entries(connection, [_entry(draft, held) for draft in drafts], at=at)
    return answers


def require_room(connection: Connection, count: int, *, outbox_max: int) -> None:
    """Raise `QueueFull` unless so many more may wait in the outbox."""
    if waiting_count(connection) + count > outbox_max:
        raise QueueFull(f"the outbox holds at most {outbox_max} instructions; try again when it has drained")


def _write_file(connection: Connection, submission: Submission, *, at: int) -> None:
    if isinstance(submission.file, NewFile):
        write_file(
            connection, submission.file, len(submission.requests), created_by=submission.asked_by, at=at
        )


def write_file(connection: Connection, file: NewFile, transactions: int, *, created_by: str, at: int) -> None:
    """Write that a file of so many transactions is accepted."""
    connection.execute(
        insert(files).values(
            id=file.id,
            sender=file.sender,
            message_id=file.message_id,
            message_name=file.message_name,
            body_digest=file.body_digest,
            transactions=transactions,
            created_at=at,
            created_by=created_by,
        )
    )


def _rows(
    drafts: Sequence[Draft], *, kind: InstructionKind, payer: int, chain: Pinned, first: int, at: int
) -> Iterator[tuple[Any, ...]]:
    """Yield the instructions, numbered in their order."""
    sequences = count(first)
    for draft in drafts:
        file = draft.submission.file
        for identifier, (position, item) in zip(draft.ids, draft.new, strict=True):
            sequence = next(sequences)
            yield (
                identifier, kind.value, payer, sequence, item.asset, item.payee, item.amount, item.urgent,
                *_words(item, kind, payer, sequence, chain), item.salt, item.document, item.uetr,
                item.content_digest, item.end_to_end_id, item.value_date, item.deadline, item.queue,
                file and file.id, file and file.position(position), at, draft.submission.asked_by,
            )  # fmt: skip


def highest_on_chain(connection: Connection, initiator: int) -> int:
    """Return the highest sequence seen on chain: above this store's own when it was set back by a restore."""
    highest: int | None = connection.scalar(_HIGHEST, {"initiator": initiator})
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
    form = OneLeg(terms=terms, valid_from=item.not_before, valid_until=item.deadline)
    digest = form.digest(chain_id=chain.chain_id, ledger=chain.ledger, commitment=item.commitment)
    return terms.encoded(), item.commitment, form.head.to_bytes(_WORD_BYTES, "big"), digest


def _body(draft: Draft) -> bytes:
    unused = iter(draft.ids)
    listed = [
        {
            "id": item.id if isinstance(item, Known) else next(unused),
            "uetr": item.uetr,
            "end_to_end_id": item.end_to_end_id,
        }
        for item in draft.items
    ]
    file = draft.submission.file
    head = {} if not isinstance(file, NewFile) else {"file_id": file.id, "message_id": file.message_id}
    return orjson.dumps({**head, _PLURAL[draft.submission.kind]: listed})


def _entry(draft: Draft, held: Mapping[str, Need]) -> Entry:
    """Return what the audit log keeps: counts, and one digest over all ids and commitments."""
    submission, digest = draft.submission, hashlib.sha256()
    for identifier, (_, item) in zip(draft.ids, draft.new, strict=True):
        digest.update(identifier.encode() + item.commitment)
    known = len(draft.items) - len(draft.ids)
    waiting = sum(identifier in held for identifier in draft.ids)
    detail: Mapping[str, int | str] = {
        "accepted": len(draft.ids),
        "known": known,
        "digest": digest.hexdigest(),
    }
    return Entry(
        actor=submission.asked_by,
        action=f"{_PLURAL[submission.kind]}_accepted",
        subject=submission.file.id if submission.file else submission.request.key,
        detail={**detail, **({"awaiting_approval": waiting} if waiting else {})},
    )
