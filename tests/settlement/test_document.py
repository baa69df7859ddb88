"""A document has one form, and its commitment hides and binds it."""

import hashlib
import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from settlement.document import SALT_BYTES, Json, canonical, commitment
from settlement.errors import InvalidDocument

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
leaves = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=6,
)
documents = st.dictionaries(texts, values, max_size=5)
salts = st.binary(min_size=SALT_BYTES, max_size=SALT_BYTES)


@given(document=documents)
def test_a_canonical_document_reads_back(document: dict[str, Json]) -> None:
    """The canonical form is JSON in UTF-8 that says the same, and is its own canonical form."""
    form = canonical(document)
    assert document == json.loads(form)
    assert form == canonical(json.loads(form))


@given(document=documents, data=st.data())
def test_the_order_of_keys_does_not_count(document: dict[str, Json], data: st.DataObject) -> None:
    """Two spellings of one document have one form."""
    keys = data.draw(st.permutations(list(document)))
    assert canonical(document) == canonical({key: document[key] for key in keys})


@given(one=documents, other=documents, salt=salts)
def test_another_document_has_another_commitment(
    one: dict[str, Json], other: dict[str, Json], salt: bytes
) -> None:
    """A commitment binds to the document."""
    assume(canonical(one) != canonical(other))
    assert commitment(canonical(one), salt) != commitment(canonical(other), salt)


@given(document=documents, one=salts, other=salts)
def test_another_salt_has_another_commitment(document: dict[str, Json], one: bytes, other: bytes) -> None:
    """Without the salt nobody can tell whether two commitments are of one document."""
    assert (one == other) == (commitment(canonical(document), one) == commitment(canonical(document), other))


def test_the_commitment_is_what_the_chain_is_told() -> None:
    """SHA-256 over the domain, 32 bytes of salt and the canonical bytes; this value must never change."""
    salt = bytes(range(32))
    expected = hashlib.sha256(b"vostro.document.v1" + salt + b'{"a":"1","b":2}').digest()
    assert expected == commitment(canonical({"b": 2, "a": "1"}), salt)
    assert "0x" + expected.hex() == "0x04ba428bfe96fb2251e6c84271ac59614edffcf05555891119756484d48447e5"


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_salt_has_one_length(length: int) -> None:
    """A shorter salt would be guessable, and one of another length could shift into the document."""
    with pytest.raises(InvalidDocument):
        commitment(b"{}", bytes(length))


@pytest.mark.parametrize("value", [2**53, -(2**53), "\ud800", float("nan"), {1: "x"}, b"bytes"])
def test_what_has_no_canonical_form_is_refused(value: Json) -> None:
    """A number beyond what JSON keeps exactly, half a character, or no JSON at all is an error of ours."""
    with pytest.raises(InvalidDocument):
        canonical({"a": value})


def test_nesting_has_an_end() -> None:
    """A document nested beyond measure is refused, not a crash."""
    deep: Json = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InvalidDocument):
        canonical({"a": deep})
