"""Tries of a block's values: roots and proofs are the `trie` library's, and no other proof is one."""

from typing import Any

import pytest
import rlp as library
from hypothesis import given
from hypothesis import strategies as st
from trie.hexary import HexaryTrie

from settlement.errors import InvalidProof
from settlement.evidence import trie

values = st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=300)


def _library(found: list[bytes]) -> Any:
    made = HexaryTrie({})
    for index, value in enumerate(found):
        made[library.encode(index)] = value
    return made


def test_a_block_with_nothing_in_it() -> None:
    """An empty trie has the root that every client knows."""
    assert HexaryTrie({}).root_hash == trie.root([])
    with pytest.raises(InvalidProof):
        trie.prove([], 0)


@given(found=values, data=st.data())
def test_roots_and_proofs_are_the_libraries(found: list[bytes], data: st.DataObject) -> None:
    """Root and proof are what the `trie` library makes, less the nodes that stand in their parents."""
    index = data.draw(st.integers(0, len(found) - 1))
    made = _library(found)
    nodes = [library.encode(node) for node in made.get_proof(library.encode(index))]
    known = [node for place, node in enumerate(nodes) if place == 0 or len(node) >= trie.HASH_BYTES]

    assert made.root_hash == trie.root(found)
    assert known == trie.prove(found, index)
    assert found[index] == trie.proven(made.root_hash, index, known)


@pytest.mark.parametrize("count", [1, 2, 16, 17, 127, 128, 129, 256, 257])
def test_every_place_is_proven(count: int) -> None:
    """Where keys become longer, each value still has its proof, and no other index has it."""
    found = [b"%064d" % number for number in range(count)]
    root = trie.root(found)

    assert _library(found).root_hash == root
    for index in {0, 1, count // 2, count - 1, min(127, count - 1)} & set(range(count)):
        proof = trie.prove(found, index)
        assert found[index] == trie.proven(root, index, proof)
        with pytest.raises(InvalidProof):
            trie.proven(root, index + 1, proof)


@given(found=values, data=st.data())
def test_a_changed_proof_is_refused(found: list[bytes], data: st.DataObject) -> None:
    """A bit changed, a node more, less or in another place: none proves anything."""
    index = data.draw(st.integers(0, len(found) - 1))
    root, proof = trie.root(found), trie.prove(found, index)
    node = data.draw(st.integers(0, len(proof) - 1))
    changed = bytearray(proof[node])
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    wrong = [
        [*proof[:node], bytes(changed), *proof[node + 1 :]],
        [*proof, proof[-1]],
        [proof[0], *proof],
        proof[:-1],
        [*proof, b"\x80"],
    ]

    for nodes in wrong:
        with pytest.raises(InvalidProof):
            trie.proven(root, index, nodes)
    with pytest.raises(InvalidProof):
        trie.proven(bytes(32), index, proof)


def test_an_absent_place_is_not_proven() -> None:
    """A path that ends before the place proves no value."""
    found = [b"%064d" % number for number in range(20)]
    with pytest.raises(InvalidProof):
        trie.proven(trie.root(found), 20, trie.prove(found, 19))
    with pytest.raises(InvalidProof):
        trie.prove(found, 20)


@pytest.mark.parametrize("node", [b"\xc0", b"\x80", b"\xc2\x80\x80", b"\xc3\x40\x80\x80", b"junk"])
def test_what_is_no_node_is_refused(node: bytes) -> None:
    """Bytes of the right hash that are no node lead nowhere, by our error."""
    from settlement.instruction import keccak

    with pytest.raises(InvalidProof):
        trie.proven(keccak(node), 0, [node])
