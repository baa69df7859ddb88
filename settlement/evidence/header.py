"""Block headers: their one encoding, and their hash.

Fields in the order of the yellow paper (4.3), then those that later rules appended: base fee (EIP-1559),
withdrawals (EIP-4895), blobs (EIP-4844), beacon root (EIP-4788), requests (EIP-7685). A header has all up to
some one of them.
"""

from dataclasses import dataclass, fields

from settlement.errors import InvalidHeader, InvalidRlp
from settlement.evidence import rlp
from settlement.instruction import keccak

HEADER_BYTES_MAX = 64 * 1024
# Number of bytes of each field; of a number, the most it may have, as a negative.
_LENGTHS = {
    "parent_hash": 32,
    "ommers_hash": 32,
    "beneficiary": 20,
    "state_root": 32,
    "transactions_root": 32,
    "receipts_root": 32,
    "bloom": 256,
    "difficulty": -32,
    "number": -8,
    "gas_limit": -8,
    "gas_used": -8,
    "timestamp": -8,
    "extra_data": None,
    "mix_hash": 32,
    "nonce": 8,
    "base_fee": -32,
    "withdrawals_root": 32,
    "blob_gas_used": -8,
    "excess_blob_gas": -8,
    "beacon_root": 32,
    "requests_hash": 32,
}
_ALWAYS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A block's header. What a chain's rules do not have yet is None, and so is all after it."""

    parent_hash: bytes
    ommers_hash: bytes
    beneficiary: bytes
    state_root: bytes
    transactions_root: bytes
    receipts_root: bytes
    bloom: bytes
    difficulty: int
    number: int
    gas_limit: int
    gas_used: int
    timestamp: int
    extra_data: bytes
    mix_hash: bytes
    nonce: bytes
    base_fee: int | None = None
    withdrawals_root: bytes | None = None
    blob_gas_used: int | None = None
    excess_blob_gas: int | None = None
    beacon_root: bytes | None = None
    requests_hash: bytes | None = None

    def encoded(self) -> bytes:
        """Return its RLP; raise `InvalidHeader` for a field after one that is not there."""
        values = [getattr(self, name) for name in _NAMES]
        present = sum(value is not None for value in values)
        if None in values[:present]:
            raise InvalidHeader(f"a header without {_NAMES[values.index(None)]} has a later field")
        return rlp.encode([rlp.whole(each) if isinstance(each, int) else each for each in values[:present]])

    def hash(self) -> bytes:
        """Return the hash of its encoding: the block's, unless the engine leaves its seals out (`seals`)."""
        return keccak(self.encoded())


_NAMES = tuple(field.name for field in fields(Header))


def decode(encoded: bytes) -> Header:
    """Read a header; raise `InvalidHeader` unless this is the only encoding of what it says."""
    if len(encoded) > HEADER_BYTES_MAX:
        raise InvalidHeader(f"a header of {len(encoded)} bytes; at most {HEADER_BYTES_MAX} are read")
    try:
        found = rlp.items(rlp.decode(encoded), *range(_ALWAYS, len(_NAMES) + 1))
        values = {name: _value(name, item) for name, item in zip(_NAMES, found, strict=False)}
    except InvalidRlp as error:
        raise InvalidHeader(f"these bytes are no header: {error.detail}") from None
    return Header(**values)  # type: ignore[arg-type]  # `_value` gave each its type


def _value(name: str, item: rlp.Item) -> int | bytes:
    length = _LENGTHS[name]
    if length is not None and length < 0:
        return rlp.number(item, bytes_max=-length)
    return rlp.octets(item, length)
