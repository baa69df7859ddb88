"""Which events are about an instruction: those that say all that it says, in the words of whoever speaks."""

from dataclasses import replace

import pytest

from settlement.recognition import ACCEPTING, UNSETTLED, WAITING, Identity, is_about

_TERMS, _COMMITMENT, _HEAD, _DIGEST, _OTHER = (bytes([number]) * 32 for number in range(1, 6))
_IDENTITY = Identity(terms=_TERMS, commitment=_COMMITMENT, head=_HEAD, digest=_DIGEST)


@pytest.mark.parametrize(
    ("contract", "name", "first", "second"),
    [
        ("Payments", "Paid", _TERMS, _COMMITMENT),
        ("Ledger", "Issued", _TERMS, _COMMITMENT),
        ("Settlement", "Submitted", _HEAD, _COMMITMENT),
        *(
            ("Settlement", name, _HEAD, _DIGEST)
            for name in sorted((WAITING | UNSETTLED | ACCEPTING) - {"Submitted"})
        ),
    ],
)
def test_both_words_count(contract: str, name: str, first: bytes, second: bytes) -> None:
    """An event is about the instruction if both of its words are, whatever follows them."""
    assert is_about(_IDENTITY, contract=contract, name=name, data=first + second + b"more")
    assert not is_about(_IDENTITY, contract=contract, name=name, data=_OTHER + second)
    assert not is_about(_IDENTITY, contract=contract, name=name, data=first + _OTHER)
    assert not is_about(_IDENTITY, contract=contract, name=name, data=second + first)


@pytest.mark.parametrize(("contract", "first"), [("Payments", _TERMS), ("Settlement", _HEAD)])
def test_refusal_says_no_commitment(contract: str, first: bytes) -> None:
    """Of a refusal the first word counts; the second is the reason."""
    assert is_about(_IDENTITY, contract=contract, name="Refused", data=first + _OTHER)
    assert not is_about(_IDENTITY, contract=contract, name="Refused", data=_OTHER + _COMMITMENT)


def test_void_speaks_of_the_sequence_alone() -> None:
    """Who is voided is found by initiator and sequence, which every caller has compared."""
    assert is_about(_IDENTITY, contract="Ledger", name="Voided", data=_OTHER)


def test_without_a_form_for_the_queue_nothing_there_is_about_it() -> None:
    """An issue or redemption is nothing that the queue could have."""
    bare = replace(_IDENTITY, head=None, digest=None)
    for name in WAITING | UNSETTLED | {"Refused", "Settled"}:
        assert not is_about(bare, contract="Settlement", name=name, data=_HEAD + _DIGEST)
