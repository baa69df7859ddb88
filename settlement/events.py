"""The events of the contracts: which log is which, and what its words say.

Built from the contracts' ABI, which the caller brings. Every argument is one 32-byte word, except
strings, bytes, lists and structs with one of them, which follow the words (Solidity ABI specification,
"Events").
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeAlias

from settlement.errors import InvalidWord
from settlement.instruction import Terms, keccak, terms_from_word

# A list and a struct are tuples.
Value: TypeAlias = int | bytes | str | tuple["Value", ...]

WORD_BYTES = 32
# A longer text is known by its digest: no contract of ours writes one, and no index of a database holds it.
READABLE_BYTES_MAX = 255
_TERMS = (("terms", "uint256"),)
_HEAD = (("head", "uint256"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """An event's form. `indexed` and `plain` are (name, ABI type) in the order of topics and data."""

    contract: str
    name: str
    topic: bytes
    indexed: tuple[tuple[str, str], ...]
    plain: tuple[tuple[str, str], ...]

    @property
    def carries_terms(self) -> bool:
        """Tell whether its data begins with the packed terms of an instruction."""
        return self.plain[:1] == _TERMS

    @property
    def carries_head(self) -> bool:
        """Tell whether its data begins with the head of an instruction of many legs."""
        return self.plain[:1] == _HEAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A decoded event: integers for numbers, bytes for addresses and bytes, `readable` text for strings."""

    contract: str
    name: str
    fields: Mapping[str, Value]

    @property
    def terms(self) -> Terms:
        """Return the packed terms of an event that carries them."""
        word = self.fields["terms"]
        if not isinstance(word, int):
            raise InvalidWord(f"the terms of {self.name} are no number", param="terms")
        return terms_from_word(word)


def layouts(contract: str, abi: Iterable[Mapping[str, Any]]) -> dict[bytes, Layout]:
    """Return the layouts of a contract's events by their first topic."""
    found = {}
    for entry in abi:
        if entry["type"] != "event":
            continue
        inputs = [(argument["name"], abi_type(argument), argument["indexed"]) for argument in entry["inputs"]]
        signature = f"{entry['name']}({','.join(kind for _, kind, _ in inputs)})"
        layout = Layout(
            contract=contract,
            name=entry["name"],
            topic=keccak(signature.encode("ascii")),
            indexed=tuple((name, kind) for name, kind, is_indexed in inputs if is_indexed),
            plain=tuple((name, kind) for name, kind, is_indexed in inputs if not is_indexed),
        )
        found[layout.topic] = layout
    return found


def abi_type(argument: Mapping[str, Any]) -> str:
    """Return the type as signatures have it: a struct is the list of its members' types."""
    given: str = argument["type"]
    if not given.startswith("tuple"):
        return given
    members = ",".join(abi_type(member) for member in argument["components"])
    return f"({members}){given.removeprefix('tuple')}"


def decode(layout: Layout, topics: Sequence[bytes], data: bytes) -> Event:
    """Decode a log of this layout (`topics` of 32 bytes each, the first its signature)."""
    if len(topics) != len(layout.indexed) + 1 or len(data) < WORD_BYTES * len(layout.plain):
        raise InvalidWord(f"a log of {layout.contract}.{layout.name} has the wrong length", param=layout.name)
    fields = {
        name: _value(kind, topic) for (name, kind), topic in zip(layout.indexed, topics[1:], strict=True)
    }
    values = _values([kind for _, kind in layout.plain], data)
    fields |= {name: value for (name, _), value in zip(layout.plain, values, strict=True)}
    return Event(contract=layout.contract, name=layout.name, fields=fields)


def readable(octets: bytes) -> str:
    r"""Return text that any store holds for whatever bytes stand on chain, another one for other bytes.

    UTF-8 stays as it is; NUL and what is no UTF-8 becomes ``\xff``, a backslash ``\\``; more than
    `READABLE_BYTES_MAX` bytes become ``\sha256:`` and their digest. A backslash is thus never ambiguous.
    """
    if len(octets) > READABLE_BYTES_MAX:
        return "\\sha256:" + sha256(octets).hexdigest()
    return octets.replace(b"\\", b"\\\\").decode("utf-8", errors="backslashreplace").replace("\0", "\\x00")


def _values(kinds: Sequence[str], data: bytes) -> tuple[Value, ...]:
    """Return arguments that stand at the beginning of `data`, a word each; offsets count from there."""
    if len(data) < WORD_BYTES * len(kinds):
        raise InvalidWord("a part of a log is longer than its data", param="length")
    found: list[Value] = []
    for position, kind in enumerate(kinds):
        word = data[position * WORD_BYTES : (position + 1) * WORD_BYTES]
        if kind in _FOLLOWING:
            found.append(_FOLLOWING[kind](data, int.from_bytes(word, "big")))
        elif kind.startswith("("):
            members = kind[1:-1].split(",")
            # Without one that follows, its words would stand here, and no offset.
            if not _FOLLOWING.keys() & set(members):
                raise InvalidWord(f"no event of ours has an argument of type {kind}", param=kind)
            found.append(_values(members, data[int.from_bytes(word, "big") :]))
        else:
            found.append(_value(kind, word))
    return tuple(found)


def _value(kind: str, word: bytes) -> Value:
    if kind.startswith("uint") or kind == "bool":
        return int.from_bytes(word, "big")
    if kind == "address":
        return word[12:]
    if kind.startswith("bytes"):
        return word[: int(kind.removeprefix("bytes"))]
    raise InvalidWord(f"no event of ours has an argument of type {kind}", param=kind)


def _following(data: bytes, offset: int, unit: int) -> bytes:
    """Return what stands at `offset`: a count of `unit` bytes each, then as many."""
    start = offset + WORD_BYTES
    length = int.from_bytes(data[offset:start], "big") * unit
    if start + length > len(data):
        raise InvalidWord("a part of a log is longer than its data", param="length")
    return data[start : start + length]


def _octets(data: bytes, offset: int) -> Value:
    return _following(data, offset, 1)


def _text(data: bytes, offset: int) -> Value:
    return readable(_following(data, offset, 1))


def _addresses(data: bytes, offset: int) -> Value:
    words = _following(data, offset, WORD_BYTES)
    return tuple(words[place + 12 : place + WORD_BYTES] for place in range(0, len(words), WORD_BYTES))


def _numbers(data: bytes, offset: int) -> Value:
    words = _following(data, offset, WORD_BYTES)
    return tuple(
        int.from_bytes(words[place : place + WORD_BYTES], "big") for place in range(0, len(words), WORD_BYTES)
    )


# What stands behind the words; the argument's own word says where.
_FOLLOWING: dict[str, Callable[[bytes, int], Value]] = {
    "bytes": _octets,
    "string": _text,
    "address[]": _addresses,
    "uint256[]": _numbers,
}
