"""A position is read as the contracts pack it."""

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import InvalidWord
from settlement.netting import Cycle, Position, cycle_of, position_from_word
from tests.words import position_word

_WORDS = b"".join(
    each.to_bytes(32, "big") for each in (840, 2, 7, 9, 5, position_word(2, 3), position_word(3, -3))
)

_U32, _U64 = st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)


@given(participant=_U32, first=_U64, last=_U64, net=st.integers(-(2**63) + 1, 2**63 - 1))
def test_position_is_read_as_it_is_packed(participant: int, first: int, last: int, net: int) -> None:
    """Each field comes back, a net debit below zero."""
    word = position_word(participant, net, first, last)

    assert Position(participant=participant, first=first, last=last, net=net) == position_from_word(word)


@pytest.mark.parametrize("word", [1, 2**31, position_word(1, -(2**63))])
def test_position_that_no_cycle_has(word: int) -> None:
    """Bits that mean nothing, and a net whose opposite has no room, are refused."""
    with pytest.raises(InvalidWord):
        position_from_word(word)


def test_cycle_is_read_as_it_was_proposed() -> None:
    """What the proposal's event says is what the digest is over, to the word."""
    words = [_WORDS[place : place + 32] for place in range(0, len(_WORDS), 32)]
    struct = (840, 2, 7, 9, words[4], [position_word(2, 3), position_word(3, -3)])
    proposed = encode(["bytes32", "(uint32,uint32,uint64,uint40,bytes32,uint256[])"], [b"\1" * 32, struct])

    found = cycle_of(proposed)
    assert Cycle(words=_WORDS) == found
    assert (840, words[4], struct[5]) == (found.asset, found.root, list(found.position_words))


@pytest.mark.parametrize(
    "words", [b"", _WORDS[:-1], _WORDS[:160], _WORDS + bytes(32 * 64), b"\1" + _WORDS[1:]]
)
def test_words_that_are_no_cycle(words: bytes) -> None:
    """Half a word, no member or too many of them, and an asset that can't be are refused."""
    with pytest.raises(InvalidWord):
        Cycle(words=words).validate()
