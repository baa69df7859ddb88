"""Events are read as the Solidity ABI writes them, and what is cut or foreign is refused."""

import re
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import example, given
from hypothesis import strategies as st

from settlement.errors import InvalidWord
from settlement.events import READABLE_BYTES_MAX, Event, Layout, abi_type, decode, layouts, readable
from settlement.instruction import Terms, keccak

_address = st.binary(min_size=20, max_size=20)
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "uint8": st.integers(0, 2**8 - 1),
    "uint64": st.integers(0, 2**64 - 1),
    "uint256": st.integers(0, 2**256 - 1),
    "bool": st.booleans(),
    "address": _address,
    "bytes4": st.binary(min_size=4, max_size=4),
    "bytes32": st.binary(min_size=32, max_size=32),
    "string": st.text(max_size=50),
    "bytes": st.binary(max_size=100),
    "address[]": st.lists(_address, max_size=4).map(tuple),
    "uint256[]": st.lists(st.integers(0, 2**256 - 1), max_size=4).map(tuple),
}
# What an escape could be mistaken for.
_PIECES = st.sampled_from([b"\\", b"x00", b"x", b"\0", b"\xff", b"\xc3\xbc", b"\xc3", b"sha256:", b"a"])
_WORDS = sorted(set(_VALUES) - {"string", "bytes", "address[]", "uint256[]"})


def _layout(indexed: list[str], plain: list[str]) -> Layout:
    inputs = [(kind, True) for kind in indexed] + [(kind, False) for kind in plain]
    abi: list[dict[str, Any]] = [
        {
            "type": "event",
            "name": "Said",
            "inputs": [
                {"name": f"argument{place}", "type": kind, "indexed": is_indexed}
                for place, (kind, is_indexed) in enumerate(inputs)
            ],
        },
        {"type": "function", "name": "ignored", "inputs": []},
    ]
    found = layouts("Speaker", abi)
    topic = keccak(f"Said({','.join(kind for kind, _ in inputs)})".encode())
    assert [topic] == list(found)
    return found[topic]


@given(
    st.lists(st.sampled_from(_WORDS), max_size=3),
    st.lists(st.sampled_from(sorted(_VALUES)), max_size=5),
    st.data(),
)
def test_any_event(indexed: list[str], plain: list[str], data: st.DataObject) -> None:
    """An event with any arguments is read back as it was written."""
    layout = _layout(indexed, plain)
    values = [data.draw(_VALUES[kind]) for kind in (*indexed, *plain)]
    topics = [encode([kind], [value]) for kind, value in zip(indexed, values, strict=False)]

    event = decode(layout, [layout.topic, *topics], encode(plain, values[len(indexed) :]))

    assert ("Speaker", "Said") == (event.contract, event.name)
    said = [readable(value.encode()) if isinstance(value, str) else value for value in values]
    assert said == list(event.fields.values())


@given(st.lists(st.sampled_from(sorted(_VALUES)), min_size=1, max_size=3), st.binary(max_size=200))
def test_any_data(plain: list[str], data: bytes) -> None:
    """Data that is no encoding of the arguments is read or refused; nothing else happens."""
    layout = _layout([], plain)
    try:
        event = decode(layout, [layout.topic], data)
    except InvalidWord:
        return
    assert len(plain) == len(event.fields)


@pytest.mark.parametrize(
    ("topics", "data"),
    [(1, bytes(32)), (3, bytes(32)), (2, bytes(31)), (2, b"")],
    ids=["topic missing", "topic too many", "word cut", "no data"],
)
def test_wrong_lengths(topics: int, data: bytes) -> None:
    """A log with too few topics, too many, or too little data is not of this layout."""
    with pytest.raises(InvalidWord):
        decode(_layout(["uint8"], ["uint8"]), [bytes(32)] * topics, data)


@pytest.mark.parametrize("kind", ["string", "bytes", "address[]"])
@pytest.mark.parametrize(
    ("offset", "count"),
    [(32, 33), (32, 2**255), (2**200, 0), (2**255, 1)],
    ids=["long", "endless", "far", "off"],
)
def test_part_beyond_the_data(kind: str, offset: int, count: int) -> None:
    """A part that claims to be longer than the data, or to stand behind it, is refused."""
    layout = _layout([], [kind])
    data = offset.to_bytes(32, "big") + count.to_bytes(32, "big")
    with pytest.raises(InvalidWord):
        decode(layout, [layout.topic], data)


def _bytes_of(text: str) -> bytes:
    """The bytes that a readable text stands for: its escapes read from the left."""
    parts = re.split(r"(\\\\|\\x[0-9a-f]{2})", text)
    plain, escaped = parts[::2], [*parts[1::2], ""]
    return b"".join(
        before.encode() + (b"\\" if escape == "\\\\" else bytes.fromhex(escape[2:]))
        for before, escape in zip(plain, escaped, strict=True)
    )


@given(st.binary(max_size=READABLE_BYTES_MAX) | st.lists(_PIECES, max_size=12).map(b"".join))
@example(b"\\x00")
@example(b"\0")
@example(b"\xed\xa0\x80")
def test_any_bytes_are_readable(octets: bytes) -> None:
    """Whatever bytes a name has on chain, their text leads back to them, and any store can hold it."""
    text = readable(octets)

    assert octets == _bytes_of(text)
    assert "\0" not in text
    assert text == text.encode().decode()


def test_ordinary_text_is_its_own() -> None:
    """Text without backslash or NUL stays as it is."""
    assert "Zürich 011104238" == readable("Zürich 011104238".encode())


def test_long_text_is_known_by_its_digest() -> None:
    """Too many bytes become a digest, another one for other bytes, and like no shorter text."""
    longest = bytes(READABLE_BYTES_MAX)
    texts = [readable(octets) for octets in (longest + b"a", longest + b"b", longest)]

    assert r"\sha256:" == texts[0][:8]
    assert 3 == len(set(texts))
    assert texts[0] != readable(texts[0].encode())
    assert 72 == len(readable(bytes(10**6)))


def test_string_that_is_no_text() -> None:
    """An event whose string is not UTF-8 is read like any other."""
    layout = _layout([], ["string"])
    event = decode(layout, [layout.topic], encode(["bytes"], [b"\xff\xfe"]))
    assert r"\xff\xfe" == event.fields["argument0"]


def test_type_that_no_event_has() -> None:
    """A signed number is no type of our events."""
    with pytest.raises(InvalidWord, match="int64"):
        decode(_layout([], ["int64"]), [bytes(32)], bytes(32))


def test_terms_of_an_event() -> None:
    """An event that carries terms gives them unpacked; terms that are no number are refused."""
    terms = Terms(sequence=1, asset=840, payer=2, payee=3, amount=5)

    assert terms == Event(contract="Payments", name="Paid", fields={"terms": terms.word()}).terms
    with pytest.raises(InvalidWord):
        _ = Event(contract="Payments", name="Paid", fields={"terms": b"5"}).terms


_MEMBERS = {"uint32": 840, "bytes32": b"\1" * 32, "uint256[]": (1, 2**256 - 1), "string": "text"}


@given(st.permutations(sorted(_MEMBERS)), st.permutations(["uint8", "string", "struct"]))
def test_struct_that_has_a_list(members: list[str], arguments: list[str]) -> None:
    """A struct stands behind the words with what follows in it, and is read back as its members' values."""
    components = [{"name": kind, "type": kind} for kind in members]
    struct = {"name": "struct", "type": "tuple", "components": components, "indexed": False}
    inputs = [
        struct if each == "struct" else {"name": each, "type": each, "indexed": False} for each in arguments
    ]
    kinds = [abi_type(each) for each in inputs]
    given = {"uint8": 7, "string": "more", "struct": tuple(_MEMBERS[kind] for kind in members)}
    ((topic, layout),) = layouts("Speaker", [{"type": "event", "name": "Said", "inputs": inputs}]).items()
    data = encode(kinds, [given[each] for each in arguments])

    assert keccak(f"Said({','.join(kinds)})".encode()) == topic
    assert given == decode(layout, [topic], data).fields
    for cut in range(0, len(data) - 64, 32):
        with pytest.raises(InvalidWord):
            decode(layout, [topic], data[:cut])


def test_struct_without_a_list_is_not_read() -> None:
    """A struct whose members stand among the words is none that our contracts write."""
    layout = _layout([], ["(uint32,bytes32)"])
    with pytest.raises(InvalidWord, match="no event of ours"):
        decode(layout, [layout.topic], bytes(64))
