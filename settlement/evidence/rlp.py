"""Recursive length prefix (yellow paper, appendix B): every value has one form, others are refused."""

from collections.abc import Sequence
from typing import TypeAlias

from settlement.errors import InvalidRlp

Item: TypeAlias = "bytes | list[Item]"

_STRING, _LONG_STRING, _LIST, _LONG_LIST = 0x80, 0xB7, 0xC0, 0xF7
_SHORT_MAX = 55
# No header, receipt, transaction or trie node comes near; a hostile file must not exhaust the stack.
_DEPTH_MAX = 16


def encode(item: Item) -> bytes:
    """Return the RLP of bytes or of a list of items."""
    if isinstance(item, list):
        return encode_list([encode(each) for each in item])
    if len(item) == 1 and item[0] < _STRING:
        return item
    return string_prefix(len(item)) + item


def encode_list(encoded: Sequence[bytes]) -> bytes:
    """Return the RLP of a list whose items are RLP already."""
    payload = b"".join(encoded)
    return list_prefix(len(payload)) + payload


def string_prefix(length: int) -> bytes:
    """Return what stands before a string of this many bytes (of one byte: unless it is below 0x80)."""
    return _prefix(length, _STRING, _LONG_STRING)


def list_prefix(length: int) -> bytes:
    """Return what stands before a list whose items have this many bytes."""
    return _prefix(length, _LIST, _LONG_LIST)


def whole(number: int) -> bytes:
    """Return a number as RLP has it: big-endian, no leading zero, 0 as no bytes."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def number(item: Item, *, bytes_max: int = 32) -> int:
    """Read a number; raise `InvalidRlp` for a list, a leading zero or too many bytes."""
    if isinstance(item, list) or len(item) > bytes_max or item[:1] == b"\0":
        raise InvalidRlp("a number is a list, begins with a zero byte, or is too large")
    return int.from_bytes(item, "big")


def octets(item: Item, length: int | None = None) -> bytes:
    """Read bytes (of a length, if given); raise `InvalidRlp`."""
    if isinstance(item, list) or (length is not None and len(item) != length):
        raise InvalidRlp(f"{'bytes' if length is None else f'{length} bytes'} expected, something else found")
    return item


def items(item: Item, *lengths: int) -> list[Item]:
    """Read a list (of one of these lengths, if given); raise `InvalidRlp`."""
    if not isinstance(item, list) or (lengths and len(item) not in lengths):
        raise InvalidRlp("a list of another length expected, or bytes found instead of a list")
    return item


def decode(data: bytes) -> Item:
    """Return the one item that `data` is; raise `InvalidRlp` unless it is that item's only encoding."""
    item, end = _decode(data, 0, len(data), 0)
    if end != len(data):
        raise InvalidRlp(f"{len(data) - end} bytes follow where nothing may follow")
    return item


def _prefix(length: int, short: int, long: int) -> bytes:
    if length <= _SHORT_MAX:
        return bytes([short + length])
    size = whole(length)
    return bytes([long + len(size)]) + size


def _decode(data: bytes, start: int, limit: int, depth: int) -> tuple[Item, int]:
    """Return the item that begins at `start` and where it ends; nothing of it lies at `limit` or beyond."""
    if start >= limit:
        raise InvalidRlp("an item is missing")
    first = data[start]
    if first < _STRING:
        return data[start : start + 1], start + 1
    is_list = first >= _LIST
    begin, end = _extent(data, start, limit, is_list=is_list)
    if not is_list:
        if end - begin == 1 and data[begin] < _STRING:
            raise InvalidRlp("a byte below 0x80 has a prefix, which it must not have")
        return data[begin:end], end
    if depth == _DEPTH_MAX:
        raise InvalidRlp(f"more than {_DEPTH_MAX} lists within each other")
    found: list[Item] = []
    while begin < end:
        item, begin = _decode(data, begin, end, depth + 1)
        found.append(item)
    return found, end


def _extent(data: bytes, start: int, limit: int, *, is_list: bool) -> tuple[int, int]:
    """Return where the content of the prefixed item at `start` begins and ends."""
    short, long = (_LIST, _LONG_LIST) if is_list else (_STRING, _LONG_STRING)
    first, begin = data[start], start + 1
    if first <= long:
        length = first - short
    else:
        size = data[begin : begin + first - long]
        length, begin = int.from_bytes(size, "big"), begin + first - long
        if length <= _SHORT_MAX or size[0] == 0:
            raise InvalidRlp("a length is not in its shortest form")
    if begin + length > limit:
        raise InvalidRlp("an item is longer than what holds it")
    return begin, begin + length
