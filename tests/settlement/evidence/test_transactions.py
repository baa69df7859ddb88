"""Transactions of every type: eth-account's bytes, hash and signer."""

from typing import Any

import pytest
import rlp as library
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.errors import InvalidTransaction
from settlement.evidence import transactions
from settlement.instruction import keccak
from tests.settlement.evidence.material import PAYER, address_of, transaction

_TO = "0x" + "11" * 20
_COMMON: dict[str, Any] = {"nonce": 5, "gas": 90_000, "to": _TO, "value": 0, "data": "0xabcdef"}
_ACCESS = [{"address": _TO, "storageKeys": ["0x" + "22" * 32]}]
_MARKET = {"chainId": 20_260_000, "maxFeePerGas": 7, "maxPriorityFeePerGas": 1}
SIGNED = {
    "legacy": _COMMON | {"gasPrice": 0, "chainId": 20_260_000},
    "access list": _COMMON | {"type": 1, "gasPrice": 1, "chainId": 20_260_000, "accessList": _ACCESS},
    "market": _COMMON | _MARKET | {"type": 2},
    "market with a list": _COMMON | _MARKET | {"type": 2, "accessList": _ACCESS},
    "creation": _COMMON | {"to": "", "gasPrice": 0, "chainId": 20_260_000},
}


@pytest.mark.parametrize("name", SIGNED)
def test_they_are_read_as_they_were_signed(name: str) -> None:
    """Signer, chain, nonce and data of what eth-account signed, and its hash."""
    signed = Account.sign_transaction(SIGNED[name], PAYER.secret)
    found = transactions.decode(bytes(signed.raw_transaction))

    assert bytes(signed.hash) == found.hash
    assert address_of(PAYER) == found.sender
    assert (20_260_000, 5, bytes.fromhex("abcdef")) == (found.chain_id, found.nonce, found.data)
    assert (None if name == "creation" else b"\x11" * 20) == found.to


@pytest.mark.parametrize("name", SIGNED)
def test_they_are_encoded_from_their_fields(name: str) -> None:
    """The fields of a transaction, as an RPC node names them one by one, make its bytes again."""
    raw = bytes(Account.sign_transaction(SIGNED[name], PAYER.secret).raw_transaction)
    kind = raw[0] if raw[0] < 0x80 else 0
    items = library.decode(raw[1:] if kind else raw)
    values = dict(zip(transactions.FIELDS[kind], items, strict=True))

    assert raw == transactions.encode(kind, values)


def test_a_signature_for_any_chain_has_no_chain() -> None:
    """A legacy transaction from before EIP-155 names no chain, and is no evidence of one."""
    fields = [1, 0, 90_000, b"\x11" * 20, 0, b""]
    signature = PAYER.sign_recoverable(keccak(library.encode(fields)), hasher=None)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    found = transactions.decode(library.encode([*fields, 27 + signature[64], r, s]))

    assert (None, address_of(PAYER)) == (found.chain_id, found.sender)


@given(place=st.integers(0, 10_000), mask=st.integers(1, 255))
@settings(max_examples=300)
def test_a_changed_transaction_is_another(place: int, mask: int) -> None:
    """A bit changed is refused, or is somebody else's transaction with another hash."""
    raw = bytearray(transaction(3))
    raw[place % len(raw)] ^= mask
    try:
        found = transactions.decode(bytes(raw))
    except InvalidTransaction:
        return
    assert keccak(bytes(raw)) == found.hash != keccak(transaction(3))
    assert found.sender != address_of(PAYER) or found.chain_id != 20_260_000


@given(data=st.binary(max_size=300))
def test_other_bytes_are_refused(data: bytes) -> None:
    """Whatever is no transaction is refused by our error."""
    with pytest.raises(InvalidTransaction):
        transactions.decode(data)


def _legacy(*signature: int) -> bytes:
    encoded: bytes = library.encode([1, 0, 90_000, b"\x11" * 20, 0, b"", *signature])
    return encoded


@pytest.mark.parametrize(
    "raw",
    [
        _legacy(26, 1, 1),
        _legacy(34, 1, 1),
        _legacy(27, 0, 0),
        b"\x02" + library.encode([1, 1, 1, 1, 1, b"", 0, b"", [], 2, 1, 1]),
        b"\x05" + _legacy(27, 1, 1),
        b"\0" + _legacy(27, 1, 1),
        library.encode([1, 0, 90_000, b"\x11" * 19, 0, b"", 27, 1, 1]),
    ],
)
def test_signatures_and_types_of_another_form_are_refused(raw: bytes) -> None:
    """No v but those of the rules, no signature of nobody, no type that is not known, no half address."""
    with pytest.raises(InvalidTransaction):
        transactions.decode(raw)


def test_an_unknown_type_is_not_encoded() -> None:
    """What could not be read again is not written."""
    with pytest.raises(InvalidTransaction):
        transactions.encode(9, {})
