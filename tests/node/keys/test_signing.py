"""Our signatures are eth-account's, byte for byte."""

import coincurve
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import given
from hypothesis import strategies as st

from node.chain.protocol import Fees
from node.keys.signer import UnsignedTransaction
from node.keys.signing import address_of, in_memory, sign_digest, sign_transaction
from settlement.instruction import keccak

_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_keys = st.integers(1, _ORDER - 1).map(lambda number: coincurve.PrivateKey(number.to_bytes(32, "big")))
_u64 = st.integers(0, 2**64 - 1)
_wei = st.integers(0, 2**96)
_transactions = st.builds(
    UnsignedTransaction,
    chain_id=st.integers(1, 2**53),
    nonce=st.integers(0, 2**63),
    to=st.none() | st.binary(min_size=20, max_size=20),
    data=st.binary(max_size=200),
    gas=_u64,
    fees=st.builds(Fees, price=_wei) | st.builds(Fees, price=_wei, priority=_wei),
    value=_wei,
)


def _as_eth_account_has_it(transaction: UnsignedTransaction) -> dict[str, object]:
    fees = transaction.fees
    price = (
        {"gasPrice": fees.price}
        if fees.priority is None
        else {"maxFeePerGas": fees.price, "maxPriorityFeePerGas": fees.priority}
    )
    return {
        "chainId": transaction.chain_id,
        "nonce": transaction.nonce,
        "to": transaction.to or b"",
        "data": transaction.data,
        "gas": transaction.gas,
        "value": transaction.value,
        **price,
    }


@given(_keys, _transactions)
def test_transactions(key: coincurve.PrivateKey, transaction: UnsignedTransaction) -> None:
    """A transaction, legacy or EIP-1559, has the same bytes and hash as eth-account's."""
    expected = Account.sign_transaction(_as_eth_account_has_it(transaction), key.secret)

    signed = sign_transaction(in_memory(key), transaction)

    assert bytes(expected.raw_transaction) == signed.raw
    assert bytes(expected.hash) == signed.hash


@given(_keys, _transactions)
def test_signer_is_recovered(key: coincurve.PrivateKey, transaction: UnsignedTransaction) -> None:
    """The address of a key is who a node takes for the sender."""
    raw = sign_transaction(in_memory(key), transaction).raw

    assert "0x" + address_of(key).hex() == Account.recover_transaction(raw).lower()


@given(_keys, st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32), st.integers(0, 2**40))
def test_digests(key: coincurve.PrivateKey, action: bytes, instruction: bytes, deadline: int) -> None:
    """An approval signed as a bare digest is the EIP-712 signature of the typed data."""
    domain = {"name": "Vostro", "version": "1", "chainId": 5, "verifyingContract": "0x" + "11" * 20}
    fields = {"action": "bytes32", "digest": "bytes32", "deadline": "uint256"}
    message = encode_typed_data(
        domain,
        {"Approval": [{"name": name, "type": kind} for name, kind in fields.items()]},
        {"action": action, "digest": instruction, "deadline": deadline},
    )
    expected = Account.sign_message(message, key.secret)

    digest = keccak(b"\x19" + message.version + message.header + message.body)
    signature = sign_digest(in_memory(key), digest)

    assert bytes(expected.signature) == signature
    assert int.from_bytes(signature[32:64], "big") <= _ORDER // 2
