"""RLP: one encoding of everything, and every other one refused."""

from contextlib import suppress

import pytest
import rlp as library
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import InvalidRlp
from settlement.evidence import rlp

items = st.recursive(st.binary(max_size=80), lambda inner: st.lists(inner, max_size=5), max_leaves=20)


@given(item=items)
def test_it_is_the_libraries_encoding(item: rlp.Item) -> None:
    """What is encoded is what the `rlp` library encodes, and reads back."""
    encoded = rlp.encode(item)

    assert library.encode(item) == encoded
    assert item == rlp.decode(encoded)


@pytest.mark.parametrize("length", [55, 56, 255, 256, 65_535, 65_536])
def test_lengths_at_the_edges(length: int) -> None:
    """Where the form of the length changes it is the library's, of strings and lists."""
    found: list[rlp.Item] = [b"\xab" * length, [b"\1"] * length]
    for item in found:
        assert library.encode(item) == rlp.encode(item)
        assert item == rlp.decode(rlp.encode(item))


@given(data=st.binary(max_size=60))
def test_whatever_is_read_has_no_other_form(data: bytes) -> None:
    """Bytes are refused by our error, or they are the one encoding of what is read."""
    try:
        found = rlp.decode(data)
    except InvalidRlp:
        return
    assert data == rlp.encode(found)


@given(item=items, place=st.integers(0, 200), mask=st.integers(1, 255))
def test_a_changed_byte_is_refused_or_says_something_else(item: rlp.Item, place: int, mask: int) -> None:
    """No two encodings say the same."""
    changed = bytearray(rlp.encode(item))
    changed[place % len(changed)] ^= mask
    with suppress(InvalidRlp):
        assert item != rlp.decode(bytes(changed))


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "81",
        "817f",  # a byte below 0x80 with a prefix
        "b80100",  # a short string in the long form
        "b838" + "00" * 55,  # a string shorter than its length says
        "b90038" + "00" * 56,  # a length with a leading zero
        "b8",
        "f800",
        "c2",
        "c28101",
        "8100",
        "0000",  # something follows
        "c0c0",
        "ff" + "ff" * 8,
    ],
)
def test_other_forms_are_refused(encoded: str) -> None:
    """Prefixes that could be shorter, items that are cut, bytes that follow."""
    with pytest.raises(InvalidRlp):
        rlp.decode(bytes.fromhex(encoded))


def test_depth_is_bounded() -> None:
    """A file of nothing but open lists does not exhaust the stack."""
    encoded = b"\xc0"
    for _ in range(2_000):
        encoded = rlp.encode_list([encoded])
    with pytest.raises(InvalidRlp, match="within each other"):
        rlp.decode(encoded)


@given(number=st.integers(0, 2**256 - 1))
def test_numbers_have_one_form(number: int) -> None:
    """A number is read back, and refused with a zero before it."""
    assert number == rlp.number(rlp.whole(number))
    wrongs: list[rlp.Item] = [b"\0" + rlp.whole(number), [rlp.whole(number)], b"\1" * 33]
    for wrong in wrongs:
        with pytest.raises(InvalidRlp):
            rlp.number(wrong)
