"""JSON that came from somebody else: read within limits, each key once, each field of its form."""

import json
import re
from collections.abc import Iterable
from typing import Any

from settlement.document import SALT_BYTES, Json
from settlement.errors import SettlementError

_MINOR_UNITS = re.compile(r"0|-?[1-9][0-9]{0,19}")
_HEXADECIMAL = re.compile(r"0x(?:[0-9a-f]{2})*")
_STRING_OR_BRACKET = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{]|[\]}]', re.DOTALL)
_DEPTH_MAX = 64


def read_json(content: bytes, *, bytes_max: int, refused: type[SettlementError]) -> dict[str, Any]:
    """Return the JSON object that `content` is; raise `refused` for all else, and for a key given twice."""
    if len(content) > bytes_max:
        raise refused(f"the file has {len(content)} bytes; at most {bytes_max} are read")

    if _depth(content) > _DEPTH_MAX:
        raise refused(f"the file has more than {_DEPTH_MAX} levels")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            names = [name for name, _ in pairs]
            raise refused(f"the key {next(name for name in names if names.count(name) > 1)!r} is there twice")
        return found

    def constant(name: str) -> None:
        raise refused(f"{name} is no JSON")

    try:
        found = json.loads(content.decode("utf-8"), object_pairs_hook=once, parse_constant=constant)
    except ValueError as error:
        raise refused(f"the file is no JSON, or not all of it: {error}") from None
    if not isinstance(found, dict):
        raise refused("the file is no JSON object")
    return found


def _depth(content: bytes) -> int:
    """Return how deep brackets lie in each other: the parser would overflow its own stack."""
    deepest = depth = 0
    for found in _STRING_OR_BRACKET.finditer(content):
        if found[0] in (b"[", b"{"):
            depth += 1
            deepest = max(deepest, depth)
        elif found[0] in (b"]", b"}"):
            depth -= 1
    return deepest


def require_fields(found: dict[str, Any], names: Iterable[str], *, refused: type[SettlementError]) -> None:
    """Raise `refused` unless an object has exactly these fields."""
    wanted = set(names)
    for name in sorted(wanted ^ found.keys()):
        raise refused(
            f"the field {name!r} is {'missing' if name in wanted else 'not known here'}", param=name
        )


def whole(found: dict[str, Any], name: str, *, refused: type[SettlementError]) -> int:
    """Return a field that is a number from 0 to 2^63−1."""
    value = found[name]
    if type(value) is not int or not 0 <= value < 2**63:
        raise refused(f"{name} is no whole number from 0", param=name)
    return value


def minor_units(found: dict[str, Any], name: str, *, refused: type[SettlementError]) -> int:
    """Return a field that is an amount: text of minor units, as everywhere in JSON; negative for a debt."""
    value = found[name]
    if not isinstance(value, str) or not _MINOR_UNITS.fullmatch(value):
        raise refused(f"{name} is no text of minor units", param=name)
    return int(value)


def document_and_salt(
    found: dict[str, Any], *, refused: type[SettlementError]
) -> tuple[dict[str, Json] | None, bytes | None]:
    """Return the fields `document` and `salt`: both, or None for both."""
    document, salt = found["document"], found["salt"]
    if (document is None) != (salt is None) or not isinstance(document, dict | None):
        raise refused("a document comes with its salt, or neither is there", param="document")
    return document, None if salt is None else octets(salt, "salt", SALT_BYTES, refused=refused)


def octets(value: Any, name: str, length: int | None = None, *, refused: type[SettlementError]) -> bytes:
    """Return a value that is bytes in lower-case hexadecimal digits with 0x (of a length, if given)."""
    if not isinstance(value, str) or not _HEXADECIMAL.fullmatch(value):
        raise refused(f"{name} is not in lower-case hexadecimal digits with 0x", param=name)
    read = bytes.fromhex(value[2:])
    if length is not None and len(read) != length:
        raise refused(f"{name} has {len(read)} bytes, not {length}", param=name)
    return read


def octets_list(
    found: dict[str, Any], name: str, *, count_max: int, refused: type[SettlementError]
) -> tuple[bytes, ...]:
    """Return a field that is a list of such bytes."""
    values = found[name]
    if not isinstance(values, list) or len(values) > count_max:
        raise refused(f"{name} is no list, or one of more than {count_max}", param=name)
    return tuple(octets(value, name, refused=refused) for value in values)
