"""First answers, kept for ever: the same request gets the same bytes, whatever has happened since."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

from sqlalchemy import Connection, insert, select

from node.clock import Clock
from node.errors import IdempotencyConflict, RequestRefused
from node.store.session import Store
from node.store.tables import idempotency
from settlement.errors import InvalidValue

Done = TypeVar("Done")

KEY_CHARACTERS_MAX = 255


class InvalidIdempotencyKey(InvalidValue):
    """An idempotency key that is empty, too long or not printable ASCII."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What tells one request from another: who asks, under which key, and what exactly."""

    actor: str
    key: str
    digest: bytes
    # What is raised when the key was used with another body.
    conflict: type[RequestRefused] = IdempotencyConflict


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is answered: an HTTP status and a JSON body. `replayed`: it was given before."""

    status: int
    body: bytes
    replayed: bool = False


def request_of(*, actor: str, key: str, operation: str, body: bytes) -> Request:
    """Return the request that a body under a key is; raise `InvalidIdempotencyKey`."""
    if not 1 <= len(key) <= KEY_CHARACTERS_MAX or not key.isascii() or not key.isprintable():
        raise InvalidIdempotencyKey(
            f"an idempotency key has 1 to {KEY_CHARACTERS_MAX} printable ASCII characters",
            param="idempotency_key",
        )
    return Request(actor=actor, key=key, digest=hashlib.sha256(operation.encode() + b"\0" + body).digest())


def first_answer(connection: Connection, request: Request) -> Answer | None:
    """Return the answer this request had before, if any; raise its conflict when the body was another."""
    row = connection.execute(
        select(idempotency.c.body_digest, idempotency.c.status, idempotency.c.answer).where(
            idempotency.c.actor == request.actor, idempotency.c.key == request.key
        )
    ).one_or_none()
    if row is None:
        return None
    if row.body_digest != request.digest:
        raise request.conflict(
            f"{request.key!r} was used before with another body: "
            "send the first body again for its answer, or use a new one"
        )
    return Answer(status=row.status, body=row.answer.encode(), replayed=True)


def keep_answer(connection: Connection, request: Request, answer: Answer, *, at: int) -> None:
    """Keep the first answer to a request, in the transaction that does what it says."""
    connection.execute(
        insert(idempotency).values(
            actor=request.actor,
            key=request.key,
            body_digest=request.digest,
            status=answer.status,
            answer=answer.body.decode(),
            created_at=at,
        )
    )


def once(
    store: Store,
    clock: Clock,
    request: Request,
    act: Callable[[Connection, int], Done],
    shown: Callable[[Done], bytes],
    *,
    status: int = HTTPStatus.OK,
) -> Answer:
    """Do what a request asks, or return the first answer to it; `act` gets the time (UTC seconds)."""
    at = int(clock.now())
    with store.transaction() as connection:
        if answered := first_answer(connection, request):
            return answered
        answer = Answer(status=status, body=shown(act(connection, at)))
        keep_answer(connection, request, answer, at=at)
    return answer
