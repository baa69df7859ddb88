"""What every write shares: its idempotency key, and its answer, which is the same bytes ever after."""

from typing import Annotated

from fastapi import Depends, Header, Response

from node.api.body import read_body
from node.api.openapi import IDEMPOTENCY_KEY
from node.services.answers import KEY_CHARACTERS_MAX, Answer

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
Body = Annotated[bytes, Depends(read_body)]
JSON = "application/json"
XML = "application/xml"
REPLAYED = "Idempotent-Replayed"


def written(answer: Answer) -> Response:
    """Return the HTTP answer to a write."""
    headers = {REPLAYED: "true"} if answer.replayed else None
    return Response(answer.body, status_code=answer.status, media_type=JSON, headers=headers)
