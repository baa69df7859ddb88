"""What a bank attests: its signature is over every field, is checked when it is read, and moves nothing."""

import json
from dataclasses import replace
from typing import Any

import coincurve
import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from settlement.document import canonical
from settlement.errors import InvalidCheckpoint
from settlement.evidence.attestation import SIGNATURES_MAX, Attestation, digest_of
from settlement.evidence.checkpoint import Checkpoint, attested, read_checkpoint, write_checkpoint
from tests.settlement.evidence.material import PAYER, VALIDATORS, address_of, case

_CHECKPOINT = case().checkpoint
_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141


def _signature(key: coincurve.PrivateKey, made: Checkpoint = _CHECKPOINT) -> Attestation:
    signature = key.sign_recoverable(digest_of(attested(made)), hasher=None)
    return Attestation(signer=address_of(key), signature=signature[:-1] + bytes([signature[-1] + 27]))


_SIGNED = replace(_CHECKPOINT, signatures=(_signature(PAYER), _signature(VALIDATORS[0])))


def test_signatures_read_back() -> None:
    """A file holds who signed; one without signatures is as it was."""
    assert _SIGNED == read_checkpoint(write_checkpoint(_SIGNED))
    assert "signatures" not in json.loads(write_checkpoint(_CHECKPOINT))


def test_any_wallet_can_check_it() -> None:
    """It is `personal_sign` over the canonical JSON of what is said."""
    message = encode_defunct(canonical(attested(_CHECKPOINT)))
    found = Account.recover_message(message, signature=_SIGNED.signatures[0].signature)
    assert address_of(PAYER).hex() == found.lower().removeprefix("0x")


@pytest.mark.parametrize("name", [*json.loads(write_checkpoint(_CHECKPOINT))])
def test_every_field_is_signed(name: str) -> None:
    """A field changed by as little as can be, and the signatures are nobody's."""
    found = json.loads(write_checkpoint(_SIGNED))
    value = found[name]
    found[name] = {int: lambda: value + 1, str: lambda: value[:-1] + ("0" if value[-1] != "0" else "1")}.get(
        type(value), lambda: type(value)(list(value.items())[1:] if isinstance(value, dict) else value[1:])
    )()
    with pytest.raises(InvalidCheckpoint, match="did not sign"):
        read_checkpoint(json.dumps(found).encode())


def _first(**changes: Any) -> list[dict[str, str]]:
    signatures = json.loads(write_checkpoint(_SIGNED))["signatures"]
    return [signatures[0] | changes, signatures[1]]


def _twin(signature: bytes) -> str:
    s = _ORDER - int.from_bytes(signature[32:64], "big")
    return "0x" + (signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])).hex()


@pytest.mark.parametrize(
    "signatures",
    [
        "none",
        {},
        [1],
        [{}],
        _first(signer="0x" + "11" * 20),
        _first(signature="0x" + "11" * 65),
        _first(signature="0x" + "11" * 64),
        _first(signature=_twin(_SIGNED.signatures[0].signature)),
        _first(more="field"),
        _first() + _first(),
        [_first()[0]] * (SIGNATURES_MAX + 1),
    ],
)
def test_what_is_no_signature_is_refused(signatures: Any) -> None:
    """Nobody's, another's, another form of one, one twice, too many, or no list."""
    found = json.loads(write_checkpoint(_SIGNED)) | {"signatures": signatures}
    with pytest.raises(InvalidCheckpoint):
        read_checkpoint(json.dumps(found).encode())
