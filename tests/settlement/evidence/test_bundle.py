"""Evidence and checkpoint files: what is written reads back, and what is not of the form is refused."""

import json
from dataclasses import replace
from typing import Any

import pytest

from settlement.errors import InvalidBundle, InvalidCheckpoint
from settlement.evidence.bundle import BUNDLE_BYTES_MAX, read_bundle, write_bundle
from settlement.evidence.checkpoint import differences, read_checkpoint, write_checkpoint
from tests.settlement.evidence.material import case

_CASE = case()


def test_they_read_back() -> None:
    """A file holds all that was written."""
    assert _CASE.bundle == read_bundle(write_bundle(_CASE.bundle))
    assert _CASE.checkpoint == read_checkpoint(write_checkpoint(_CASE.checkpoint))


def test_a_file_of_100_mb_is_refused_unread() -> None:
    """What is larger than any evidence is not even parsed."""
    with pytest.raises(InvalidBundle, match="at most"):
        read_bundle(b"{" * (100 * 1024 * 1024))
    assert BUNDLE_BYTES_MAX < 100_000_000


@pytest.mark.parametrize("name", ["height", "headers", "salt"])
def test_a_key_given_twice_is_refused(name: str) -> None:
    """Two readers would read two things."""
    content = write_bundle(_CASE.bundle).replace(b"{", b'{"%b": 1, ' % name.encode(), 1)
    with pytest.raises(InvalidBundle, match=f"'{name}' is there twice"):
        read_bundle(content)


def test_a_key_given_twice_in_the_document_is_refused() -> None:
    """Also deep inside."""
    content = write_bundle(_CASE.bundle).replace(b'"purpose": "rent"', b'"purpose": "x", "purpose": "rent"')
    with pytest.raises(InvalidBundle, match="twice"):
        read_bundle(content)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"null", b'"x"', b"{", b"\xff", b"[" * 100_000, b'{"a": NaN}', b"{} {}"]
)
def test_what_is_no_object_is_refused(content: bytes) -> None:
    """By our error, whatever it is."""
    with pytest.raises(InvalidBundle):
        read_bundle(content)
    with pytest.raises(InvalidCheckpoint):
        read_checkpoint(content)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("format", "another"),
        ("version", 2),
        ("version", True),
        ("height", "3"),
        ("height", -1),
        ("height", 2**63),
        ("height", 3.0),
        ("height", True),
        ("log", None),
        ("contract", 5),
        ("contract", "x" * 65),
        ("headers", "0x00"),
        ("headers", ["00"]),
        ("headers", ["0x0"]),
        ("headers", ["0xAB"]),
        ("headers", [5]),
        ("transaction", ["0x00"] * 11),
        ("document", None),
        ("document", []),
        ("salt", None),
        ("salt", "0x00"),
        ("more", 1),
    ],
)
def test_a_field_of_another_form_is_refused(name: str, value: Any) -> None:
    """Each field has its type and limit, and none is there that is not known."""
    found = json.loads(write_bundle(_CASE.bundle)) | {name: value}
    with pytest.raises(InvalidBundle):
        read_bundle(json.dumps(found).encode())


@pytest.mark.parametrize("name", ["chain_id", "headers", "document", "salt", "event"])
def test_a_missing_field_is_refused(name: str) -> None:
    """All of them are needed."""
    found = json.loads(write_bundle(_CASE.bundle))
    del found[name]
    with pytest.raises(InvalidBundle):
        read_bundle(json.dumps(found).encode())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("chain_id", "1"),
        ("block_hash", "0x00"),
        ("validators", ["0x" + "11" * 19]),
        ("validators", ["0x" + "11" * 20] * 2),
        ("validators", None),
        ("contracts", []),
        ("contracts", {"Payments": "0x" + "11" * 20}),
        ("contracts", {"Payments": {"address": "0x" + "11" * 20}}),
        ("contracts", {"Payments": {"address": "0x11", "code_hash": "0x" + "11" * 32}}),
        ("more", 1),
    ],
)
def test_a_checkpoint_of_another_form_is_refused(name: str, value: Any) -> None:
    """A checkpoint is what everything else is checked against, so it is read as strictly."""
    found = json.loads(write_checkpoint(_CASE.checkpoint)) | {name: value}
    with pytest.raises(InvalidCheckpoint):
        read_checkpoint(json.dumps(found).encode())


def test_two_checkpoints_are_compared_in_everything() -> None:
    """Each thing that two banks do not agree on is named; the order of validators is none."""
    ours = _CASE.checkpoint
    ledger, payments = ours.contracts["Ledger"], ours.contracts["Payments"]

    assert [] == differences(ours, replace(ours, validators=ours.validators[::-1]))
    assert ["chain_id", "genesis_hash", "height", "block_hash"] == differences(
        ours, replace(ours, chain_id=1, genesis_hash=b"", height=9, block_hash=b"")
    )
    assert ["validators"] == differences(ours, replace(ours, validators=ours.validators[1:]))
    names = ("Ledger", "Netting", "Participants", "Payments", "Settlement")
    assert [f"contract {name}" for name in names] == differences(
        ours,
        replace(
            ours,
            contracts={"Ledger": replace(ledger, code_hash=b""), "Payments": replace(payments, address=b"")},
        ),
    )
