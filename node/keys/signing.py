"""Ethereum signatures: RLP and coincurve, the same bytes as eth-account in a tenth of its time.

Legacy transactions are signed for their chain (EIP-155); with `Fees.priority` set they are of type 2
(EIP-1559). Where the key is does not matter here: it is asked for a signature over 32 bytes.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import coincurve
import rlp

from node.errors import SigningError
from node.keys.signer import SignedTransaction, UnsignedTransaction
from settlement.instruction import keccak

# From a 32-byte digest to r ‖ s ‖ recovery (65 bytes, recovery 0 or 1), s in the lower half of the order.
Sign = Callable[[bytes], bytes]

_DYNAMIC_FEE_TYPE = b"\x02"
_EIP155_V = 35
_ETHEREUM_V = 27
_R, _S, _V = slice(0, 32), slice(32, 64), 64
_WORD_BYTES = 32
# The order of secp256k1 (SEC 2, 2.4.1).
_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141


def address_of(key: coincurve.PrivateKey) -> bytes:
    """Return the 20-byte address of a private key."""
    return address_of_public(key.public_key)


def address_of_public(key: coincurve.PublicKey) -> bytes:
    """Return the 20-byte address of a public key."""
    return keccak(key.format(compressed=False)[1:])[12:]


def in_memory(key: coincurve.PrivateKey) -> Sign:
    """Return how a key in this process's memory signs."""
    return partial(key.sign_recoverable, hasher=None)


def recoverable(address: bytes, digest: bytes, signature: bytes) -> bytes:
    """Complete a bare r ‖ s (64 bytes), as a token gives it, to what `Sign` returns.

    Either s is right for the curve, Ethereum takes only the lower one (EIP-2). Raise `SigningError` unless
    it is a signature of this address over this digest.
    """
    s = int.from_bytes(signature[_S], "big")
    low = signature[_R] + min(s, _ORDER - s).to_bytes(_WORD_BYTES, "big")
    for recovery in (b"\0", b"\1"):
        try:
            signed_by = coincurve.PublicKey.from_signature_and_message(low + recovery, digest, hasher=None)
        except ValueError:
            continue  # the curve has no such point
        if address_of_public(signed_by) == address:
            return low + recovery
    raise SigningError(f"the token's signature is not one of 0x{address.hex()}; nothing was sent with it")


def sign_transaction(sign: Sign, transaction: UnsignedTransaction) -> SignedTransaction:
    """Return the signed bytes and their hash."""
    raw = _dynamic(sign, transaction) if transaction.fees.priority is not None else _legacy(sign, transaction)
    return SignedTransaction(raw=raw, hash=keccak(raw))


def sign_digest(sign: Sign, digest: bytes) -> bytes:
    """Return r ‖ s ‖ v (65 bytes, v 27 or 28, s in the lower half) over a 32-byte digest."""
    signature = sign(digest)
    return signature[:_V] + bytes([signature[_V] + _ETHEREUM_V])


def _legacy(sign: Sign, transaction: UnsignedTransaction) -> bytes:
    fields = [
        transaction.nonce,
        transaction.fees.price,
        transaction.gas,
        transaction.to or b"",
        transaction.value,
        transaction.data,
    ]
    recovery, r, s = _signed(sign, rlp.encode([*fields, transaction.chain_id, 0, 0]))
    encoded: bytes = rlp.encode([*fields, recovery + _EIP155_V + 2 * transaction.chain_id, r, s])
    return encoded


def _dynamic(sign: Sign, transaction: UnsignedTransaction) -> bytes:
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
    signature = _signed(sign, _DYNAMIC_FEE_TYPE + rlp.encode(fields))
    encoded: bytes = rlp.encode([*fields, *signature])
    return _DYNAMIC_FEE_TYPE + encoded


def _signed(sign: Sign, payload: bytes) -> tuple[int, int, int]:
    signature = sign(keccak(payload))
    return signature[_V], int.from_bytes(signature[_R], "big"), int.from_bytes(signature[_S], "big")
