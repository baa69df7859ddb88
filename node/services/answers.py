"""First answers, kept for ever: the same request gets the same bytes, whatever has happened since."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, select, tuple_

from node.clock import Clock
from node.errors import IdempotencyConflict, RequestRefused
from node.store.bulk import insert_rows
from node.store.session import Store
from node.store.tables import idempotency
from settlement.errors import InvalidValue

Done = TypeVar("Done")

KEY_CHARACTERS_MAX = 255
_COLUMNS = ("actor", "key", "body_digest", "status", "answer", "created_at")


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
    return first_answers(connection, [request])[0]


def first_answers(connection: Connection, requests: Sequence[Request]) -> list[Answer | None]:
    """Return the answer that each request had before, if any; raise the first conflict."""
    keys = tuple_(idempotency.c.actor, idempotency.c.key)
    query = select(*(idempotency.c[name] for name in _COLUMNS))
    asked = [(request.actor, request.key) for request in requests]
    rows = {(row.actor, row.key): row for row in connection.execute(query.where(keys.in_(asked)))}
    return [_first_answer(rows.get(key), request) for key, request in zip(asked, requests, strict=True)]


def _first_answer(row: Row[Any] | None, request: Request) -> Answer | None:
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
    keep_answers(connection, [(request, answer)], at=at)


def keep_answers(connection: Connection, given: Sequence[tuple[Request, Answer]], *, at: int) -> None:
    """Keep the first answers to several requests."""
    rows = [
        (request.actor, request.key, request.digest, answer.status, answer.body.decode(), at)
        for request, answer in given
    ]
    insert_rows(connection, idempotency, _COLUMNS, rows)


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
