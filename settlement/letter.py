"""Letters between nodes: JSON signed by a pay key as a JWS (RFC 7515, ES256K of RFC 8812), compact.

`kid` is the key's address, so whoever knows the participants' keys by the chain needs nothing else to check
one. What is signed is SHA-256 over text, which no transaction and no consent of a contract ever is.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import coincurve

from settlement.errors import InvalidLetter
from settlement.instruction import keccak

TYPE = "vostro-letter+jws"
ALGORITHM = "ES256K"
LETTER_BYTES_MAX = 4 * 1024 * 1024
ADDRESS_BYTES = 20
_SIGNATURE_BYTES = 64
_HEADER = frozenset({"alg", "kid", "typ"})
# Two points have a signature's r; which of them is meant, a JWS does not say.
_RECOVERIES = (0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What somebody said: `key` is the 20-byte address that signed it."""

    key: bytes
    said: Mapping[str, Any]


def to_sign(said: Mapping[str, Any], *, key: bytes) -> bytes:
    """Return what the key of an address signs to say something."""
    header = {"alg": ALGORITHM, "kid": "0x" + key.hex(), "typ": TYPE}
    return _encoded(_json(header)) + b"." + _encoded(_json(said))


def digest_to_sign(given: bytes) -> bytes:
    """Return the 32 bytes that are signed; raise `InvalidLetter` for what is not to become a letter."""
    _header(given)
    return hashlib.sha256(given).digest()


def signed(given: bytes, signature: bytes) -> bytes:
    """Return the letter: what was signed, with r ‖ s of its signature; what follows them is left out."""
    return given + b"." + _encoded(signature[:_SIGNATURE_BYTES])


def read_letter(letter: bytes) -> Letter:
    """Return who signed a letter, and what it says; raise `InvalidLetter`."""
    if len(letter) > LETTER_BYTES_MAX:
        raise InvalidLetter(f"a letter has at most {LETTER_BYTES_MAX} bytes, this one {len(letter)}")
    given, _, signature = letter.rpartition(b".")
    key = _header(given)
    content = _decoded(signature)
    digest = hashlib.sha256(given).digest()
    if len(content) != _SIGNATURE_BYTES or key not in (
        _signer(content, each, digest) for each in _RECOVERIES
    ):
        raise InvalidLetter(f"it is not signed by 0x{key.hex()}", param="signature")
    return Letter(key=key, said=_object(given.partition(b".")[2]))


def letter_digest(letter: bytes) -> bytes:
    """Return the 32 bytes that name what a letter says, whichever key signed it."""
    return hashlib.sha256(letter.split(b".")[1]).digest()


def _header(given: bytes) -> bytes:
    """Return the address that a letter's header names."""
    header = _object(given.partition(b".")[0])
    if header.keys() != _HEADER or header["alg"] != ALGORITHM or header["typ"] != TYPE:
        raise InvalidLetter(f"a letter's header has alg {ALGORITHM}, typ {TYPE} and kid", param="header")
    try:
        key = bytes.fromhex(str(header["kid"]).removeprefix("0x"))
    except ValueError:
        key = b""
    if len(key) != ADDRESS_BYTES:
        raise InvalidLetter("its kid is no address", param="kid")
    return key


def _signer(signature: bytes, recovery: int, digest: bytes) -> bytes | None:
    try:
        public = coincurve.PublicKey.from_signature_and_message(
            signature + bytes([recovery]), digest, hasher=None
        )
    except Exception:  # noqa: BLE001 - the library raises plain exceptions for what is no signature
        return None
    return keccak(public.format(compressed=False)[1:])[-ADDRESS_BYTES:]


def _object(part: bytes) -> dict[str, Any]:
    try:
        found = json.loads(_decoded(part), parse_float=_no_fraction, parse_constant=_no_fraction)
    except (ValueError, RecursionError):
        raise InvalidLetter("a part of it is no JSON") from None
    if not isinstance(found, dict):
        raise InvalidLetter("a part of it is no JSON object")
    return found


def _no_fraction(_text: str) -> None:
    raise ValueError("letters have whole numbers only")


def _json(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said, separators=(",", ":"), allow_nan=False).encode()


def _encoded(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")


def _decoded(part: bytes) -> bytes:
    try:
        return base64.b64decode(part + b"=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise InvalidLetter("a part of it is not base64url") from None
