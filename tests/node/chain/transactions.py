"""Transactions as tests want them: any bytes, any price, right or wrong."""

import time

import coincurve

from node.chain.protocol import Chain, Fees, Receipt
from node.keys.signer import SignedTransaction, UnsignedTransaction
from node.keys.signing import address_of, in_memory, sign_transaction
from settlement.instruction import keccak

SOMEBODY = b"\x11" * 20
# PUSH4 0xdeadbeef, MSTORE at 0, REVERT with its last four bytes.
REVERTS = bytes.fromhex("63deadbeef6000526004601cfd")
# PUSH4 0xffffffff, MLOAD: memory that no block has the gas for.
RUNS_OUT_OF_GAS = bytes.fromhex("63ffffffff51")
_LOOKS_MAX = 500


class Account:
    """A key with no power, which pays nothing."""

    def __init__(self, name: str) -> None:
        self._key = coincurve.PrivateKey(keccak(name.encode()))
        self.address = address_of(self._key)

    def sign(
        self,
        chain: Chain,
        *,
        nonce: int | None = None,
        to: bytes | None = SOMEBODY,
        data: bytes = b"",
        gas: int = 100_000,
        fees: Fees | None = None,
        chain_id: int | None = None,
    ) -> SignedTransaction:
        """Sign a transaction that is right unless told otherwise."""
        return sign_transaction(
            in_memory(self._key),
            UnsignedTransaction(
                chain_id=chain.chain_id() if chain_id is None else chain_id,
                nonce=chain.nonce(self.address) if nonce is None else nonce,
                to=to,
                data=data,
                gas=gas,
                fees=fees or Fees(price=0),
            ),
        )


def wait(chain: Chain, transaction_hash: bytes) -> Receipt:
    """Return the receipt of a transaction that was sent: anvil answers before it has mined."""
    for _ in range(_LOOKS_MAX):
        receipt = chain.receipt(transaction_hash)
        if receipt is not None:
            return receipt
        time.sleep(0.01)
    raise TimeoutError(transaction_hash.hex())


def creation(code: bytes) -> bytes:
    """The creation code of a contract that has `code`: PUSH length, CODECOPY, RETURN."""
    head = bytes.fromhex(f"60{len(code):02x}600c60003960{len(code):02x}6000f3")
    assert 12 == len(head)
    return head + code
