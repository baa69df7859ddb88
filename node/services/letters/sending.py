"""Letters that this node sends: in order to each participant, until it has answered or their time is over."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from node.clock import Clock, Random
from node.errors import LettersFull
from node.mirror.head import pinned
from node.mirror.registry import keys_of
from node.services.identifiers import new_id
from node.store.tables import letters_sent, participants
from settlement.errors import InvalidLetter
from settlement.letter import letter_digest, read_letter
from settlement.participant import KeyRole

# Open letters of one node at most.
OPEN_MAX = 20_000
UNDELIVERABLE = "undeliverable"
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 1, 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A letter that is due. `endpoint`: where its recipient takes letters; None where it named nothing."""

    number: int
    id: str
    recipient: int
    endpoint: str | None
    said: Mapping[str, Any]


def post(
    connection: Connection,
    clock: Clock,
    random: Random,
    *,
    recipient: int,
    kind: str,
    content: Mapping[str, Any],
    until: int,
) -> str:
    """Put a letter to a participant into the post and return its id; `until` (UTC seconds) it is tried.

    Raise `LettersFull`.
    """
    waiting = connection.scalar(
        select(func.count()).select_from(letters_sent).where(letters_sent.c.ended_at.is_(None))
    )
    if waiting is not None and waiting >= OPEN_MAX:
        raise LettersFull(f"{OPEN_MAX} letters wait for their recipients; try again when some are answered")
    identifier, now = new_id("letter", clock, random), int(clock.now())
    connection.execute(
        insert(letters_sent).values(
            id=identifier,
            recipient=recipient,
            kind=kind,
            content=json.dumps(content, separators=(",", ":")),
            created_at=now,
            until=until,
            next_at=0,
        )
    )
    return identifier


def due_letters(connection: Connection, *, own: int, at: int, count: int) -> list[Outgoing]:
    """Return the next letters that are due, the oldest open one of each recipient."""
    oldest = (
        select(func.min(letters_sent.c.number))
        .where(letters_sent.c.ended_at.is_(None))
        .group_by(letters_sent.c.recipient)
    )
    query = (
        select(letters_sent, participants.c.endpoint)
        .outerjoin(participants, participants.c.id == letters_sent.c.recipient)
        .where(letters_sent.c.number.in_(oldest), letters_sent.c.next_at <= at)
        .order_by(letters_sent.c.next_at, letters_sent.c.number)
        .limit(count)
    )
    rows = connection.execute(query).mappings().all()
    return [_outgoing(connection, row, own=own) for row in rows]


def _outgoing(connection: Connection, row: RowMapping, *, own: int) -> Outgoing:
    chain = pinned(connection)
    return Outgoing(
        number=row["number"],
        id=row["id"],
        recipient=row["recipient"],
        endpoint=row["endpoint"],
        said={
            "chain": chain.chain_id,
            "ledger": "0x" + chain.ledger.hex(),
            "from": own,
            "to": row["recipient"],
            "id": row["id"],
            "kind": row["kind"],
            "at": row["created_at"],
            "content": json.loads(row["content"]),
        },
    )


def signing_key(connection: Connection, *, own: int, held: set[bytes], at: int) -> bytes | None:
    """Return the address of the newest pay key that is valid and that this process holds."""
    valid = [
        each
        for each in keys_of(connection, own)
        if each.role is KeyRole.PAY and each.valid_at(at) and each.address in held
    ]
    return max(valid, key=lambda each: each.number).address if valid else None


def record_receipt(connection: Connection, sent: Outgoing, letter: bytes, receipt: bytes, *, at: int) -> None:
    """Write what the recipient answered; raise `InvalidLetter` for what is no receipt of this letter."""
    found = read_letter(receipt)
    said = found.said
    keys = {key.address: key for key in keys_of(connection, sent.recipient) if key.role is KeyRole.PAY}
    expected = {"from": sent.recipient, "to": sent.said["from"], "kind": "receipt", "id": sent.id}
    signer = keys.get(found.key)
    if (
        signer is None
        or not signer.valid_at(at)
        or any(said.get(name) != it for name, it in expected.items())
    ):
        raise InvalidLetter("the answer is no receipt of the participant that the letter was for")
    content = said.get("content")
    if not isinstance(content, dict) or content.get("letter") != letter_digest(letter).hex():
        raise InvalidLetter("the answer is the receipt of another letter")
    refusal = None if content.get("taken") is True else str(content.get("refusal", "refused"))
    _end(connection, sent.number, at=at, receipt=receipt.decode(), refusal=refusal)


def record_failure(connection: Connection, sent: Outgoing, error: str, *, at: int) -> None:
    """Write why an attempt failed: the next one comes later, or never when its time is over."""
    row = connection.execute(
        select(letters_sent.c.attempts, letters_sent.c.until).where(letters_sent.c.number == sent.number)
    ).one()
    pause = min(_FIRST_PAUSE_SECONDS << min(row.attempts, 16), _LONGEST_PAUSE_SECONDS)
    connection.execute(
        update(letters_sent)
        .where(letters_sent.c.number == sent.number)
        .values(attempts=row.attempts + 1, next_at=at + pause, error=error)
    )
    if at + pause > row.until:
        _end(connection, sent.number, at=at, receipt=None, refusal=UNDELIVERABLE)


def _end(connection: Connection, number: int, *, at: int, receipt: str | None, refusal: str | None) -> None:
    connection.execute(
        update(letters_sent)
        .where(letters_sent.c.number == number, letters_sent.c.ended_at.is_(None))
        .values(ended_at=at, receipt=receipt, refusal=refusal)
    )
