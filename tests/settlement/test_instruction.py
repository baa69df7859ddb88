"""The packed word, and the digest an approver signs: equal to what Solidity's encoder gives."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak as other_keccak
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import InvalidWord
from settlement.instruction import (
    Terms,
    digest,
    initiator_and_sequence,
    keccak,
    packed_head,
    terms_from_word,
    valid_times,
)
from settlement.money import AMOUNT_MAX

_u32, _u40, _u64 = (st.integers(0, 2**bits - 1) for bits in (32, 40, 64))
_amounts = st.integers(1, AMOUNT_MAX)
_terms = st.builds(
    Terms, sequence=_u64, asset=_u32, payer=_u32, payee=_u32, amount=_amounts, urgent=st.booleans()
)
_TERMS = Terms(sequence=1, asset=1, payer=1, payee=1, amount=1)
_words = st.binary(min_size=32, max_size=32)


@given(initiator=_u32, sequence=_u64, times=st.tuples(_u40, _u40))
def test_head_round_trip(initiator: int, sequence: int, times: tuple[int, int]) -> None:
    """What a head says is read from it again; an end before its beginning has no head, none (0) has."""
    first, last = times
    if 0 < last < first:
        with pytest.raises(InvalidWord, match="valid from"):
            packed_head(initiator=initiator, sequence=sequence, valid_from=first, valid_until=last)
        return
    head = packed_head(initiator=initiator, sequence=sequence, valid_from=first, valid_until=last)
    assert ((initiator, sequence), times) == (initiator_and_sequence(head), valid_times(head))


@given(_terms)
def test_word_round_trip(terms: Terms) -> None:
    """Unpacking a packed word gives the same terms, and packing them again the same word."""
    assert terms == terms_from_word(terms.word())
    assert terms.encoded() == terms.word().to_bytes(32, "big")


@given(_words)
def test_word_is_read_or_refused(word: bytes) -> None:
    """Every word is either the packing of exactly the terms it is read as, or refused."""
    number = int.from_bytes(word, "big")
    try:
        terms = terms_from_word(number)
    except InvalidWord:
        return
    assert number == terms.word()


@given(_terms, st.integers(0, 31).filter(lambda bit: bit != 24))
def test_bit_without_meaning_is_refused(terms: Terms, bit: int) -> None:
    """A bit that means nothing, in the flags or at the end, makes the word malformed."""
    position = bit if bit < 24 else 248 + bit - 24
    with pytest.raises(InvalidWord):
        terms_from_word(terms.word() | 1 << position)


def test_layout() -> None:
    """The fields stand where `Terms.sol` says they stand."""
    terms = Terms(sequence=1, asset=840, payer=2, payee=3, amount=5, urgent=True)
    packed = bytes.fromhex("0100000000000000010000034800000002000000030000000000000005000000")
    assert packed == terms.encoded()


def test_layout_is_that_of_solidity(root: Path) -> None:
    """The shifts of `Terms.sol` are ours."""
    source = (root / "contracts/src/types/Terms.sol").read_text()
    shifts = {
        name: int(shift)
        for name, shift in re.findall(r"function (\w+)\([^{]*\{\s*return[^;]*>> (\d+)", source)
    }
    assert _TERMS.word() == sum(
        1 << shifts[name] for name in ("sequence", "asset", "payer", "payee", "amount")
    )


@pytest.mark.parametrize(
    ("field", "terms"),
    [
        ("amount", replace(_TERMS, amount=0)),
        ("amount", replace(_TERMS, amount=AMOUNT_MAX + 1)),
        ("sequence", replace(_TERMS, sequence=-1)),
        ("sequence", replace(_TERMS, sequence=2**64)),
        ("asset", replace(_TERMS, asset=2**32)),
        ("payer", replace(_TERMS, payer=-1)),
        ("payee", replace(_TERMS, payee=2**32)),
    ],
)
def test_field_out_of_range_is_refused(field: str, terms: Terms) -> None:
    """A field that does not fit its bits is refused by name, never cut."""
    with pytest.raises(InvalidWord) as refused:
        terms.word()
    assert field == refused.value.param


@given(st.binary(max_size=300))
def test_keccak_is_ethereums(data: bytes) -> None:
    """Our hash is Ethereum's, not the SHA-3 that was standardised later."""
    assert other_keccak(data) == keccak(data)


@given(st.integers(1, 2**64), st.binary(min_size=20, max_size=20), _terms, _words)
def test_digest_equals_solidity(chain_id: int, ledger: bytes, terms: Terms, commitment: bytes) -> None:
    """The digest is keccak256(abi.encode(type hash, chain id, ledger, terms, commitment))."""
    type_hash = keccak(b"Instruction(uint256 chainId,address ledger,uint256 terms,bytes32 commitment)")
    encoded = encode(
        ["bytes32", "uint256", "address", "uint256", "bytes32"],
        [type_hash, chain_id, ledger, terms.word(), commitment],
    )
    assert keccak(encoded) == digest(chain_id=chain_id, ledger=ledger, terms=terms, commitment=commitment)
