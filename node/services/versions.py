"""Which version of an object a caller has seen: its change is refused once the object has moved on."""

import hashlib
from collections.abc import Collection
from typing import TypeAlias

import orjson

from node.errors import PreconditionFailed

# The versions that a caller takes the object in; None: in any.
Seen: TypeAlias = Collection[str] | None
_CHARACTERS = 16


def version_of(*state: str | int | None) -> str:
    """Return the version of an object whose state is this: equal states have equal versions."""
    return hashlib.sha256(orjson.dumps(state)).hexdigest()[:_CHARACTERS]


def require_version(seen: Seen, present: str) -> None:
    """Raise `PreconditionFailed` where the object is in none of the versions that the caller has seen."""
    if seen is not None and present not in seen:
        raise PreconditionFailed(
            f"it has moved on to the version {present!r} since you saw it; look at it again", param="If-Match"
        )
