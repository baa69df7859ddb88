"""Merkle-Patricia tries over the values of a block by their index: root, proof, and the check of a proof.

Yellow paper, appendix D. The key of a value is the RLP of its index, and no such key begins another, so
branches never hold a value. Of our own because the root is on the path of every block: the `trie` library
takes 212 µs for a receipt with one event.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from settlement.errors import InvalidProof, InvalidRlp
from settlement.evidence import rlp
from settlement.instruction import keccak

EMPTY_ROOT = keccak(rlp.encode(b""))
HASH_BYTES = 32
# A key of four bytes is more than any block has places for.
_NODES_MAX = 10
_BRANCH, _PAIR = 17, 2
_NIBBLES = 16
_LEAF = 2


def root(values: Sequence[bytes]) -> bytes:
    """Return the root hash of the trie that holds these values, each under its index."""
    return _Builder(values).root


def prove(values: Sequence[bytes], index: int) -> list[bytes]:
    """Return the nodes that lead from the root to a value, the root first; raise `InvalidProof`."""
    if not 0 <= index < len(values):
        raise InvalidProof(f"the block has {len(values)} values, none at {index}")
    builder = _Builder(values, _nibbles(rlp.encode(rlp.whole(index))))
    return builder.path[::-1]


def proven(root_hash: bytes, index: int, nodes: Sequence[bytes]) -> bytes:
    """Return the value that `nodes` prove to stand under `index`; raise `InvalidProof`."""
    if not 0 < len(nodes) <= _NODES_MAX:
        raise InvalidProof(f"a proof has 1 to {_NODES_MAX} nodes, this one {len(nodes)}")
    walk = _Walk(nodes=nodes, rest=_nibbles(rlp.encode(rlp.whole(index))))
    try:
        value = walk.value(root_hash)
    except InvalidRlp as error:
        raise InvalidProof(f"a node of the proof is no node: {error.detail}") from None
    if walk.used != len(nodes):
        raise InvalidProof(f"the proof has {len(nodes) - walk.used} nodes that lead nowhere")
    return value


class _Builder:
    """Builds the trie once. `path`: the nodes above `wanted` that are known by their hash, deepest first."""

    def __init__(self, values: Sequence[bytes], wanted: bytes | None = None) -> None:
        self.path: list[bytes] = []
        self._wanted = wanted
        entries = [(_nibbles(rlp.encode(rlp.whole(index))), value) for index, value in enumerate(values)]
        if not entries:
            self.root = EMPTY_ROOT
            return
        encoded = self._node(sorted(entries), 0)
        if len(encoded) < HASH_BYTES and wanted is not None:
            self.path.append(encoded)
        self.root = keccak(encoded)

    def _node(self, entries: list[tuple[bytes, bytes]], depth: int) -> bytes:
        """Return the RLP of the node that holds these entries, whose keys agree in `depth` nibbles."""
        first, last = entries[0][0], entries[-1][0]
        if len(entries) == 1:
            return self._kept(entries, rlp.encode([_packed(first[depth:], _LEAF), entries[0][1]]))
        common = depth
        while first[common] == last[common]:
            common += 1
        branch = self._kept(entries, self._branch(entries, common))
        if common == depth:
            return branch
        way = rlp.encode(_packed(first[depth:common], 0))
        return self._kept(entries, rlp.encode_list([way, _reference(branch)]))

    def _branch(self, entries: list[tuple[bytes, bytes]], depth: int) -> bytes:
        below: list[list[tuple[bytes, bytes]]] = [[] for _ in range(_NIBBLES)]
        for entry in entries:
            below[entry[0][depth]].append(entry)
        empty = rlp.encode(b"")
        children = [_reference(self._node(some, depth + 1)) if some else empty for some in below]
        return rlp.encode_list([*children, empty])

    def _kept(self, entries: list[tuple[bytes, bytes]], encoded: bytes) -> bytes:
        """Return the node, having kept it if it is above the wanted one and known by its hash."""
        wanted = self._wanted
        if wanted is not None and len(encoded) >= HASH_BYTES and any(key == wanted for key, _ in entries):
            self.path.append(encoded)
        return encoded


@dataclass(slots=True, kw_only=True)
class _Walk:
    """The way down a proof: which nodes were used, which nibbles of the key are left."""

    nodes: Sequence[bytes]
    rest: bytes
    used: int = field(default=0)

    def value(self, root_hash: bytes) -> bytes:
        node = self._by_hash(root_hash)
        while True:
            parts = rlp.items(node, _PAIR, _BRANCH)
            if len(parts) == _BRANCH:
                if not self.rest:
                    raise InvalidProof("the proof ends in a branch")
                node, self.rest = self._child(parts[self.rest[0]]), self.rest[1:]
                continue
            nibbles, is_leaf = _unpacked(rlp.octets(parts[0]))
            if is_leaf and nibbles == self.rest:
                return rlp.octets(parts[1])
            if is_leaf or not nibbles or self.rest[: len(nibbles)] != nibbles:
                raise InvalidProof("the proof leads to another place")
            node, self.rest = self._child(parts[1]), self.rest[len(nibbles) :]

    def _child(self, reference: rlp.Item) -> rlp.Item:
        # A node of less than 32 bytes stands in its parent instead of its hash.
        return reference if isinstance(reference, list) else self._by_hash(reference)

    def _by_hash(self, wanted: bytes) -> rlp.Item:
        if self.used == len(self.nodes):
            raise InvalidProof("a node of the proof is missing, or nothing stands at this place")
        node = self.nodes[self.used]
        if keccak(node) != wanted:
            raise InvalidProof(f"node {self.used} of the proof is not the one its parent names")
        self.used += 1
        return rlp.decode(node)


def _reference(encoded: bytes) -> bytes:
    return encoded if len(encoded) < HASH_BYTES else rlp.encode(keccak(encoded))


def _nibbles(key: bytes) -> bytes:
    return bytes(nibble for octet in key for nibble in (octet >> 4, octet & 15))


def _packed(nibbles: bytes, flag: int) -> bytes:
    """Return nibbles two in a byte, before them the flag and whether their number is odd."""
    odd = len(nibbles) % 2
    full = bytes([flag + odd]) + (b"" if odd else b"\0") + nibbles
    return bytes(high << 4 | low for high, low in zip(full[::2], full[1::2], strict=True))


def _unpacked(packed: bytes) -> tuple[bytes, bool]:
    nibbles = _nibbles(packed)
    if not nibbles or nibbles[0] > _LEAF + 1 or (nibbles[0] % 2 == 0 and nibbles[1] != 0):
        raise InvalidProof("a node of the proof names no place")
    return nibbles[1 if nibbles[0] % 2 else 2 :], nibbles[0] >= _LEAF
