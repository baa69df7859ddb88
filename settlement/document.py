"""The document of an instruction, and the salted digest by which the chain commits to it.

The document holds everything that the instruction's message said (parties, purpose, references);
it stays with the two banks. The chain sees only `commitment`.
"""

import hashlib
from collections.abc import Mapping
from typing import TypeAlias

import rfc8785

from settlement.errors import InvalidDocument

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"

SALT_BYTES = 32
_DOMAIN = b"vostro.document.v1"


def canonical(document: Mapping[str, Json]) -> bytes:
    """Return the one byte form of a document (RFC 8785); raise `InvalidDocument`."""
    try:
        return rfc8785.dumps(document)
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise InvalidDocument(f"the document has no canonical form: {error}", param="document") from error


def commitment(canonical_document: bytes, salt: bytes) -> bytes:
    """Return the 32-byte digest that goes on chain: SHA-256 over domain, 32-byte salt and document.

    The salt hides a guessable document; its fixed length keeps salt and document apart.
    """
    if len(salt) != SALT_BYTES:
        raise InvalidDocument(f"a salt has {SALT_BYTES} bytes, this one {len(salt)}", param="salt")
    return hashlib.sha256(_DOMAIN + salt + canonical_document).digest()
