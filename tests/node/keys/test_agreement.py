"""Encryption keys lie in files as signing keys do, and agree with anybody on what nobody else knows."""

import copy
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from node.errors import KeyNotFound, KeystoreDamaged, SigningError, WrongPassword
from node.keys.agreement import EncryptionKeystore, public_jwk, thumbprint

_PASSWORD = b"password"
# RFC 7517, A.1: the public key of an ECDH-ES recipient; RFC 7638's form sorts its required members.
_X, _Y = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"


@pytest.fixture
def keystore(tmp_path: Path) -> EncryptionKeystore:
    """A keystore that is quick to open."""
    return EncryptionKeystore(tmp_path / "encryption", scrypt_n=2)


def _public(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def test_public_key_is_a_jwk() -> None:
    """What the chain registers is a JWK in the one form of which the thumbprint is the digest."""
    import base64

    point = b"\x04" + b"".join(base64.urlsafe_b64decode(each + "=") for each in (_X, _Y))

    expected = f'{{"crv":"P-256","kty":"EC","x":"{_X}","y":"{_Y}"}}'
    assert expected == public_jwk(point).decode()
    assert len(public_jwk(point)) <= 1024  # contracts/src/parts/Contacts.sol


def test_both_sides_agree(keystore: EncryptionKeystore, tmp_path: Path) -> None:
    """Opened by its password, a key shares with anybody what they share with it."""
    point = keystore.create(_PASSWORD)
    somebody = ec.generate_private_key(ec.SECP256R1())
    ours = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)

    opened = keystore.open(_PASSWORD)

    assert [thumbprint(point)] == keystore.thumbprints() == list(opened.thumbprints())
    assert somebody.exchange(ec.ECDH(), ours) == opened.agree(thumbprint(point), _public(somebody))
    assert point == opened.public(thumbprint(point))
    assert opened.works(thumbprint(point))
    (file,) = (tmp_path / "encryption").iterdir()
    assert "vostro-1" == json.loads(file.read_text())["version"]


def test_what_does_not_open(keystore: EncryptionKeystore, tmp_path: Path) -> None:
    """A wrong password, another key's file and an unknown key are told; nothing is copied out."""
    first, second = (thumbprint(keystore.create(_PASSWORD)) for _ in range(2))
    with pytest.raises(WrongPassword):
        keystore.open(b"wrong")
    opened = keystore.open(_PASSWORD)
    with pytest.raises(KeyNotFound):
        opened.agree(bytes(32), _public(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(SigningError):
        copy.copy(opened)

    folder = tmp_path / "encryption"
    (folder / f"{first.hex()}.json").replace(folder / f"{second.hex()}.json")
    with pytest.raises(KeystoreDamaged):
        keystore.open(_PASSWORD)


@pytest.mark.parametrize(
    "point",
    [
        b"",
        bytes(65),
        b"\x04" + b"\1" * 64,
        b"\x04" + bytes(64),
        _public(ec.generate_private_key(ec.SECP384R1())),
    ],
    ids=["nothing", "zeros", "not on the curve", "zero point", "another curve"],
)
def test_point_off_the_curve_is_refused(keystore: EncryptionKeystore, point: bytes) -> None:
    """A point that is not on the curve would betray the key, bit by bit: it is refused before it is used."""
    key = thumbprint(keystore.create(_PASSWORD))
    with pytest.raises(SigningError):
        keystore.open(_PASSWORD).agree(key, point)
