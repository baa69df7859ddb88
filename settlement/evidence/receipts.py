"""Receipts as they stand in a block's trie (EIP-658, EIP-2718), and their blooms (yellow paper, 4.3.1).

On the path of every event, so the bytes before a log's data, which hardly ever differ, are made once: 1 µs
an event where the libraries take 100. Property-tested equal to them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from settlement.errors import InvalidReceipt, InvalidRlp
from settlement.evidence import rlp
from settlement.instruction import keccak

BLOOM_BYTES = 256
ADDRESS_BYTES, TOPIC_BYTES = 20, 32
TOPICS_MAX = 4
_TYPE_MAX = 0x7F
_LIST_MIN = 0xC0
_HEADS_MAX = 16_384
_BLOOM_PREFIX = rlp.string_prefix(BLOOM_BYTES)
_FIELDS, _LOG_FIELDS = 4, 3
_BLOOM_BITS = 2047


class Written(Protocol):
    """A log as a contract wrote it: 20 bytes, up to four topics of 32 bytes, any bytes."""

    @property
    def address(self) -> bytes:
        """Return the contract that wrote it."""
        ...

    @property
    def topics(self) -> tuple[bytes, ...]:
        """Return its topics in order."""
        ...

    @property
    def data(self) -> bytes:
        """Return its data."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLog:
    """A log read from a receipt."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptBody:
    """A receipt read from its bytes. `kind` is the transaction's type (EIP-2718), 0 for a legacy one.

    `gas_used` counts from the beginning of the block.
    """

    kind: int
    succeeded: bool
    gas_used: int
    bloom: bytes
    logs: tuple[ReceiptLog, ...]


def encode(*, kind: int, succeeded: bool, gas_used: int, logs: Sequence[Written]) -> tuple[bytes, int]:
    """Return a receipt's bytes in the trie and its bloom; `gas_used` counts from the block's beginning."""
    parts: list[bytes] = []
    bloom = 0
    for log in logs:
        data = log.data
        head, bits = _head(log.address, log.topics, len(data))
        bloom |= bits
        # The one byte that is its own encoding needs no prefix; the head has counted one.
        parts += (head, data) if len(data) != 1 else (_whole_log(log), b"")
    written = b"".join(parts)
    payload = b"".join(
        (
            b"\x01" if succeeded else b"\x80",
            rlp.encode(rlp.whole(gas_used)),
            _BLOOM_PREFIX,
            bloom.to_bytes(BLOOM_BYTES, "big"),
            rlp.list_prefix(len(written)),
            written,
        )
    )
    encoded = rlp.list_prefix(len(payload)) + payload
    return (bytes([kind]) + encoded if kind else encoded), bloom


def decode(encoded: bytes) -> ReceiptBody:
    """Read a receipt from the trie; raise `InvalidReceipt` unless it is the only form of what it says."""
    kind = encoded[0] if encoded and encoded[0] <= _TYPE_MAX else 0
    if not encoded or (kind == 0 and encoded[0] < _LIST_MIN):
        raise InvalidReceipt("a receipt is a list, or its type and a list; this is neither")
    try:
        status, gas_used, bloom, logs = rlp.items(rlp.decode(encoded[1:] if kind else encoded), _FIELDS)
        found = ReceiptBody(
            kind=kind,
            succeeded=_status(status),
            gas_used=rlp.number(gas_used, bytes_max=8),
            bloom=rlp.octets(bloom, BLOOM_BYTES),
            logs=tuple(_log(entry) for entry in rlp.items(logs)),
        )
    except InvalidRlp as error:
        raise InvalidReceipt(f"these bytes are no receipt: {error.detail}") from None
    if bloom_of(found.logs) != int.from_bytes(found.bloom, "big"):
        raise InvalidReceipt("the receipt's bloom is not that of its logs")
    return found


def bloom_of(logs: Sequence[Written]) -> int:
    """Return the bloom of logs as a number of 2048 bits."""
    bloom = 0
    for log in logs:
        bloom |= _bits(log.address, log.topics)
    return bloom


@lru_cache(_HEADS_MAX)
def _head(address: bytes, topics: tuple[bytes, ...], length: int) -> tuple[bytes, int]:
    """Return the bytes of a log up to its data, and its bloom."""
    before = rlp.encode(address) + rlp.encode(list(topics)) + rlp.string_prefix(length)
    return rlp.list_prefix(len(before) + length) + before, _bits(address, topics)


def _whole_log(log: Written) -> bytes:
    return rlp.encode([log.address, list(log.topics), log.data])


def _bits(address: bytes, topics: tuple[bytes, ...]) -> int:
    bits = _bit_set(address)
    for topic in topics:
        bits |= _bit_set(topic)
    return bits


@lru_cache(_HEADS_MAX)
def _bit_set(word: bytes) -> int:
    """Return the three bits that a word sets: the low eleven of each of the first three pairs of its hash."""
    digest = keccak(word)
    bits = 0
    for place in (0, 2, 4):
        bits |= 1 << (int.from_bytes(digest[place : place + 2], "big") & _BLOOM_BITS)
    return bits


def _status(item: rlp.Item) -> bool:
    found = rlp.number(item, bytes_max=1)
    if found > 1:
        raise InvalidRlp(f"the status {found} is neither 0 nor 1")
    return found == 1


def _log(item: rlp.Item) -> ReceiptLog:
    address, topics, data = rlp.items(item, _LOG_FIELDS)
    return ReceiptLog(
        address=rlp.octets(address, ADDRESS_BYTES),
        topics=tuple(rlp.octets(topic, TOPIC_BYTES) for topic in rlp.items(topics, *range(TOPICS_MAX + 1))),
        data=rlp.octets(data),
    )
