"""What every write shares: its idempotency key, and its answer, which is the same bytes ever after."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Annotated

from fastapi import Depends, Header, Response

from node.api.body import read_body
from node.api.openapi import IDEMPOTENCY_KEY
from node.errors import InFlight
from node.services.answers import KEY_CHARACTERS_MAX, Answer
from node.services.versions import Seen

IdempotencyKey = Annotated[
    str,
    Header(
        alias=IDEMPOTENCY_KEY,
        description=(
            f"1 to {KEY_CHARACTERS_MAX} printable characters of the caller's choice, new for each request; "
            "the same key with the same body gets the first answer again"
        ),
        examples=["2026-11-22-0001"],
        json_schema_extra={"minLength": 1, "maxLength": KEY_CHARACTERS_MAX},
    ),
]
VERSION_TEXT = 'Changes when the object does. `If-Match: "…"` has it changed in this version only'
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description='The `version` that was seen, as `"…"`; several between commas. Default, and `*`: any',
        examples=['"8f14e45fceea167a"'],
        max_length=1000,
    ),
]
Body = Annotated[bytes, Depends(read_body)]
JSON = "application/json"
XML = "application/xml"
CSV = "text/csv"
_TAG = re.compile(r'(W/)?"([^"]*)"')
# Every version is the last field of its object, and no text can end so.
_VERSION = re.compile(rb'"version":"([0-9a-fx]+)"}$')
REPLAYED = "Idempotent-Replayed"


class Desk:
    """The writes that this process is working on. Forgotten when they are answered, and when it dies."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._names: set[tuple[str, str]] = set()

    @contextmanager
    def working_on(self, actor: str, name: str) -> Iterator[None]:
        """Hold a write of an actor by its key, or what else names it; raise `InFlight` while it is held."""
        held = actor, name
        with self._lock:
            if held in self._names:
                raise InFlight("the same request is in flight; ask again in a second for its answer")
            self._names.add(held)
        try:
            yield
        finally:
            with self._lock:
                self._names.discard(held)


def versions_in(if_match: str | None) -> Seen:
    """Return the versions that an `If-Match` names (RFC 9110, 13.1.1): its strong tags; None: any."""
    if if_match is None or if_match.strip() == "*":
        return None
    return frozenset(version for weak, version in _TAG.findall(if_match) if not weak)


def tag_of(version: str) -> str:
    """Return a version as an entity tag."""
    return f'"{version}"'


def written(answer: Answer) -> Response:
    """Return the HTTP answer to a write, with the tag of the object where it is one that has versions."""
    headers = {REPLAYED: "true"} if answer.replayed else {}
    if found := _VERSION.search(answer.body):
        headers["ETag"] = tag_of(found[1].decode())
    return Response(answer.body, status_code=answer.status, media_type=JSON, headers=headers)
