"""A position is read as the contracts pack it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import InvalidWord
from settlement.netting import Position, position_from_word
from tests.words import position_word

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
