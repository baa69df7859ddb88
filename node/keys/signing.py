"""Ethereum signatures: RLP and coincurve, the same bytes as eth-account in a tenth of its time.

Legacy transactions are signed for their chain (EIP-155); with `Fees.priority` set they are of type 2
(EIP-1559).
"""

from typing import Any

import coincurve
import rlp

from node.keys.signer import SignedTransaction, UnsignedTransaction
from settlement.instruction import keccak

_DYNAMIC_FEE_TYPE = b"\x02"
_EIP155_V = 35
_ETHEREUM_V = 27
_R, _S, _V = slice(0, 32), slice(32, 64), 64


def address_of(key: coincurve.PrivateKey) -> bytes:
    """Return the 20-byte address of a key."""
    return keccak(key.public_key.format(compressed=False)[1:])[12:]


def sign_transaction(key: coincurve.PrivateKey, transaction: UnsignedTransaction) -> SignedTransaction:
    """Return the signed bytes and their hash."""
    raw = _dynamic(key, transaction) if transaction.fees.priority is not None else _legacy(key, transaction)
    return SignedTransaction(raw=raw, hash=keccak(raw))


def sign_digest(key: coincurve.PrivateKey, digest: bytes) -> bytes:
    """Return r ‖ s ‖ v (65 bytes, v 27 or 28, s in the lower half) over a 32-byte digest."""
    signature: bytes = key.sign_recoverable(digest, hasher=None)
    return signature[:_V] + bytes([signature[_V] + _ETHEREUM_V])


def _legacy(key: coincurve.PrivateKey, transaction: UnsignedTransaction) -> bytes:
    fields = [
        transaction.nonce,
        transaction.fees.price,
        transaction.gas,
        transaction.to or b"",
        transaction.value,
        transaction.data,
    ]
    recovery, r, s = _sign(key, rlp.encode([*fields, transaction.chain_id, 0, 0]))
    encoded: bytes = rlp.encode([*fields, recovery + _EIP155_V + 2 * transaction.chain_id, r, s])
    return encoded


def _dynamic(key: coincurve.PrivateKey, transaction: UnsignedTransaction) -> bytes:
    fields: list[Any] = [
        transaction.chain_id,
        transaction.nonce,
        transaction.fees.priority,
        transaction.fees.price,
        transaction.gas,
        transaction.to or b"",
        transaction.value,
        transaction.data,
        [],
    ]
    signature = _sign(key, _DYNAMIC_FEE_TYPE + rlp.encode(fields))
    encoded: bytes = rlp.encode([*fields, *signature])
    return _DYNAMIC_FEE_TYPE + encoded


def _sign(key: coincurve.PrivateKey, payload: bytes) -> tuple[int, int, int]:
    signature: bytes = key.sign_recoverable(keccak(payload), hasher=None)
    return signature[_V], int.from_bytes(signature[_R], "big"), int.from_bytes(signature[_S], "big")
