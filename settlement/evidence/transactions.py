"""Signed transactions as they stand in a block's trie (EIP-155, EIP-2718), and who signed them."""

from collections.abc import Mapping
from dataclasses import dataclass

from settlement.errors import InvalidRlp, InvalidTransaction
from settlement.evidence import rlp
from settlement.evidence.signature import signer
from settlement.instruction import keccak

TRANSACTION_BYTES_MAX = 1024 * 1024
_TYPE_MAX = 0x7F
_LIST_MIN = 0xC0
_ADDRESS_BYTES = 20
# The fields of each type in their order; the last three are the signature. 0: legacy.
FIELDS: Mapping[int, tuple[str, ...]] = {
    0: ("nonce", "gas_price", "gas", "to", "value", "data", "v", "r", "s"),
    1: ("chain_id", "nonce", "gas_price", "gas", "to", "value", "data", "access_list", "v", "r", "s"),
    2: (
        *("chain_id", "nonce", "priority", "fee", "gas", "to", "value", "data", "access_list"),
        *("v", "r", "s"),
    ),
    3: (
        *("chain_id", "nonce", "priority", "fee", "gas", "to", "value", "data", "access_list"),
        *("blob_fee", "blob_hashes", "v", "r", "s"),
    ),
    4: (
        *("chain_id", "nonce", "priority", "fee", "gas", "to", "value", "data", "access_list"),
        *("authorisations", "v", "r", "s"),
    ),
}
_SIGNATURE = 3
_LEGACY_V = (27, 28)
_EIP155_V = 35


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionBody:
    """A transaction read from its bytes. `chain_id` is None for a legacy one that is valid on any chain."""

    hash: bytes
    chain_id: int | None
    sender: bytes
    nonce: int
    to: bytes | None
    data: bytes


def encode(kind: int, values: Mapping[str, rlp.Item]) -> bytes:
    """Return the bytes of a signed transaction; raise `InvalidTransaction` for a type not known here."""
    if kind not in FIELDS:
        raise InvalidTransaction(f"transactions of type {kind} are not known here")
    encoded = rlp.encode([values[name] for name in FIELDS[kind]])
    return bytes([kind]) + encoded if kind else encoded


def decode(raw: bytes) -> TransactionBody:
    """Read a transaction from the trie and recover who signed it; raise `InvalidTransaction`."""
    if not 0 < len(raw) <= TRANSACTION_BYTES_MAX:
        raise InvalidTransaction(f"a transaction of {len(raw)} bytes")
    kind = raw[0] if raw[0] <= _TYPE_MAX else 0
    if kind not in FIELDS or (kind == 0 and raw[0] < _LIST_MIN):
        raise InvalidTransaction(f"a transaction that begins with {raw[0]:#04x} is of no known type")
    names = FIELDS[kind]
    try:
        fields = rlp.items(rlp.decode(raw[1:] if kind else raw), len(names))
        given = dict(zip(names, fields, strict=True))
        to = rlp.octets(given["to"])
        chain_id, recovery, payload = _signed(kind, fields)
        signature = b"".join(rlp.number(given[name]).to_bytes(32, "big") for name in ("r", "s"))
        sender = signer(keccak(payload), signature + bytes([recovery]))
        if sender is None:
            raise InvalidTransaction("a transaction with nobody's signature")
        return TransactionBody(
            hash=keccak(raw),
            chain_id=chain_id,
            sender=sender,
            nonce=rlp.number(given["nonce"], bytes_max=8),
            to=rlp.octets(to, _ADDRESS_BYTES) if to else None,
            data=rlp.octets(given["data"]),
        )
    except InvalidRlp as error:
        raise InvalidTransaction(f"these bytes are no transaction: {error.detail}") from None


def _signed(kind: int, fields: list[rlp.Item]) -> tuple[int | None, int, bytes]:
    """Return the chain id, the recovery bit, and what was signed."""
    unsigned, v = fields[:-_SIGNATURE], rlp.number(fields[-_SIGNATURE])
    if kind:
        if v > 1:
            raise InvalidTransaction(f"a typed transaction whose signature has y parity {v}")
        return rlp.number(fields[0]), v, bytes([kind]) + rlp.encode(unsigned)
    if v in _LEGACY_V:
        return None, v - _LEGACY_V[0], rlp.encode(unsigned)
    if v < _EIP155_V:
        raise InvalidTransaction(f"a legacy transaction whose signature has v {v}")
    chain_id, recovery = divmod(v - _EIP155_V, 2)
    return chain_id, recovery, rlp.encode([*unsigned, rlp.whole(chain_id), b"", b""])
