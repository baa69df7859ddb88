"""Keys that documents are encrypted to: P-256, for ECDH-ES (RFC 7518, 4.6) by the payee's registered key.

Only the agreement itself needs the private key, so that is all a keystore or a token is asked for.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

import orjson
from cryptography.hazmat.primitives.asymmetric import ec

from node.errors import KeyNotFound, SigningError
from node.keys.sealed_files import SealedFiles
from node.keys.sealing import SCRYPT_N, KeyCipher

SECRET_BYTES = 32
POINT_BYTES = 65
_CURVE = ec.SECP256R1()

# From another's public point (65 bytes, uncompressed) to the 32 bytes both sides share.
Agree = Callable[[bytes], bytes]


def public_jwk(point: bytes) -> bytes:
    """Return a public key as the chain registers it: a JWK (RFC 7517) in the one form of RFC 7638."""
    half = (POINT_BYTES - 1) // 2
    x, y = point[1 : 1 + half], point[1 + half :]
    return orjson.dumps(
        {"crv": "P-256", "kty": "EC", "x": _base64url(x), "y": _base64url(y)}, option=orjson.OPT_SORT_KEYS
    )


def thumbprint(point: bytes) -> bytes:
    """Return the SHA-256 thumbprint of a public key (RFC 7638): by it a document says whom it is for."""
    return sha256(public_jwk(point)).digest()


def validate_point(point: bytes) -> bytes:
    """Return a public point that is on the curve; raise `SigningError` for one that could betray the key."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)
    except ValueError:
        raise SigningError("a public key that is no point of P-256") from None
    if len(point) != POINT_BYTES:
        raise SigningError("a public key must be an uncompressed point of 65 bytes")
    return point


class Agreements:
    """Opened keys, by thumbprint: they agree on secrets with others and show nothing of themselves."""

    __slots__ = ("_keys",)

    def __init__(self, keys: Mapping[bytes, tuple[bytes, Agree]]) -> None:
        """Take for each thumbprint the public point and how it agrees."""
        self._keys = dict(keys)

    def __repr__(self) -> str:
        return f"<Agreements of {', '.join(each.hex() for each in self._keys)}>"

    def __reduce__(self) -> NoReturn:
        raise SigningError("opened keys can't be copied out of their process")

    def thumbprints(self) -> Sequence[bytes]:
        """Return which keys these are."""
        return tuple(self._keys)

    def agree(self, key: bytes, point: bytes) -> bytes:
        """Return what a key shares with the holder of a public point; raise `KeyNotFound`, `SigningError`."""
        _, agree = self._found(key)
        return agree(validate_point(point))

    def public(self, key: bytes) -> bytes:
        """Return the public point of a key; raise `KeyNotFound`."""
        return self._found(key)[0]

    def works(self, key: bytes) -> bool:
        """Tell whether a key agrees with a passing one on what that one finds by the public point."""
        passing = ec.generate_private_key(_CURVE)
        ours = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, self.public(key))
        return passing.exchange(ec.ECDH(), ours) == self.agree(key, _point(passing))

    def _found(self, key: bytes) -> tuple[bytes, Agree]:
        try:
            return self._keys[key]
        except KeyError:
            raise KeyNotFound(f"no encryption key {key.hex()} is open") from None


class EncryptionKeystore:
    """A folder of encryption keys, kept as the signing keys are. `scrypt_n` is of the files it makes."""

    def __init__(
        self, folder: Path, *, cipher: KeyCipher = KeyCipher.AES_256_GCM, scrypt_n: int = SCRYPT_N
    ) -> None:
        self._files = SealedFiles(folder, cipher=cipher, scrypt_n=scrypt_n)

    def thumbprints(self) -> list[bytes]:
        """Return which keys it has, sorted; raise `KeystoreDamaged`."""
        return self._files.names()

    def create(self, password: bytes) -> bytes:
        """Make a key and its file; return its public point."""
        key = ec.generate_private_key(_CURVE)
        point = _point(key)
        secret = key.private_numbers().private_value.to_bytes(SECRET_BYTES, "big")
        self._files.add(thumbprint(point), secret, password)
        return point

    def open(self, password: bytes) -> Agreements:
        """Open every key; raise `WrongPassword`, `KeystoreDamaged`."""
        return Agreements({name: self._read(name, password) for name in self.thumbprints()})

    def _read(self, name: bytes, password: bytes) -> tuple[bytes, Agree]:
        secret = self._files.read(name, password)
        try:
            key = ec.derive_private_key(int.from_bytes(secret, "big"), _CURVE)
        except ValueError:
            raise self._files.damaged(name) from None
        if thumbprint(_point(key)) != name:
            raise self._files.damaged(name)
        return _point(key), lambda point: key.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)
        )


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    numbers = key.public_key().public_numbers()
    half = (POINT_BYTES - 1) // 2
    return b"\x04" + numbers.x.to_bytes(half, "big") + numbers.y.to_bytes(half, "big")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
