"""Headers of every age: py-evm's bytes and hashes, and nothing else is read."""

from dataclasses import fields, replace
from typing import Any

import pytest
from eth.rlp.headers import BlockHeader as BerlinBlockHeader
from eth.vm.forks.cancun.blocks import CancunBlockHeader
from eth.vm.forks.london.blocks import LondonBlockHeader
from eth.vm.forks.prague.blocks import PragueBlockHeader
from eth.vm.forks.shanghai.blocks import ShanghaiBlockHeader
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import InvalidHeader
from settlement.evidence import header, rlp
from settlement.evidence.header import Header

_NUMBERS = {"difficulty", "number", "gas_limit", "gas_used", "timestamp", "base_fee", "blob_gas_used",
            "excess_blob_gas"}  # fmt: skip
_LENGTHS = {"beneficiary": 20, "bloom": 256, "nonce": 8}
_NAMES = [field.name for field in fields(Header)]
_AGES: dict[int, Any] = {
    15: BerlinBlockHeader,
    16: LondonBlockHeader,
    17: ShanghaiBlockHeader,
    20: CancunBlockHeader,
    21: PragueBlockHeader,
}


@st.composite
def headers(draw: st.DrawFn) -> Header:
    values: dict[str, Any] = {}
    for name in _NAMES[: draw(st.sampled_from(list(_AGES)))]:
        if name in _NUMBERS:
            values[name] = draw(st.integers(0, 2**63))
        elif name == "extra_data":
            values[name] = draw(st.binary(max_size=100))
        else:
            length = _LENGTHS.get(name, 32)
            values[name] = draw(st.binary(min_size=length, max_size=length))
    return Header(**values)


@given(given=headers())
def test_they_are_the_evms(given: Header) -> None:
    """The encoding and the hash are py-evm's, and what is encoded reads back."""
    import rlp as library

    values = [getattr(given, name) for name in _NAMES if getattr(given, name) is not None]
    age = _AGES[len(values)]
    values[6] = int.from_bytes(given.bloom, "big")
    theirs = age(**dict(zip(age._meta.field_names, values, strict=True)))

    assert library.encode(theirs) == given.encoded()
    assert theirs.hash == given.hash()
    assert given == header.decode(given.encoded())


@given(given=headers(), data=st.data())
def test_other_forms_are_refused(given: Header, data: st.DataObject) -> None:
    """A field of another length, a zero before a number, a field too few or too many, a byte more."""
    items = rlp.items(rlp.decode(given.encoded()))
    place = data.draw(st.integers(0, len(items) - 1))
    name, item = _NAMES[place], rlp.octets(items[place])
    wrong = [
        rlp.encode(items[:14]),
        rlp.encode([*items, *[b""] * (22 - len(items))]),
        given.encoded() + b"\0",
        given.encoded()[:-1],
        rlp.encode([*items[:place], [item], *items[place + 1 :]]),
    ]
    if name != "extra_data":
        wrong.append(rlp.encode([*items[:place], b"\0" + item, *items[place + 1 :]]))
    for encoded in wrong:
        with pytest.raises(InvalidHeader):
            header.decode(encoded)


@given(data=st.binary(max_size=700))
def test_other_bytes_are_refused(data: bytes) -> None:
    """Whatever is no header is refused by our error."""
    with pytest.raises(InvalidHeader):
        header.decode(data)


@given(given=headers().filter(lambda each: each.base_fee is not None))
def test_a_later_field_needs_the_earlier(given: Header) -> None:
    """Appended fields are there from the first on: a hole has no encoding."""
    with pytest.raises(InvalidHeader):
        replace(given, base_fee=None, withdrawals_root=bytes(32)).encoded()


def test_a_huge_header_is_refused() -> None:
    """No real header comes near the limit."""
    with pytest.raises(InvalidHeader, match="at most"):
        header.decode(bytes(header.HEADER_BYTES_MAX + 1))
