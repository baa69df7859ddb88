"""Keys in files: Keystore V3 (Web3 Secret Storage), one file a key, and the signer that opens them.

A private key leaves its file only into the signer's memory; it is in no name, text or error.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import coincurve
import orjson
from eth_keyfile.exceptions import EthKeyfileException
from eth_keyfile.keyfile import create_keyfile_json, decode_keyfile_json

from node.clock import Random
from node.errors import KeyExists, KeyNotFound, KeystoreDamaged, SigningError, WrongPassword
from node.keys import signing
from node.keys.policy import Policy
from node.keys.signer import SignedTransaction, UnsignedTransaction

# A second of work for each guess at a password, and for each opening.
SCRYPT_N = 262_144
KEY_BYTES = 32
# What a file that is no keystore file brings forth in eth-keyfile.
_UNREADABLE = (OSError, KeyError, TypeError, ValueError, AttributeError, AssertionError, EthKeyfileException)
_MISMATCH = "MAC mismatch"  # what eth-keyfile says of a wrong password, and of nothing else


class Keystore:
    """A folder of key files, readable by its owner alone. `scrypt_n` is of the files it makes."""

    def __init__(self, folder: Path, *, scrypt_n: int = SCRYPT_N) -> None:
        self._folder = folder
        self._scrypt_n = scrypt_n

    def addresses(self) -> list[bytes]:
        """Return the 20-byte addresses of its keys, sorted; raise `KeystoreDamaged`."""
        try:
            return sorted(bytes.fromhex(path.stem) for path in self._folder.glob("*.json"))
        except ValueError:
            raise KeystoreDamaged(f"{self._folder} has a file that is not named after an address") from None

    def create(self, password: bytes, random: Random) -> bytes:
        """Make a key and its file; return its address."""
        return self.add(random.bytes(KEY_BYTES), password)

    def add(self, secret: bytes, password: bytes) -> bytes:
        """Write the file of a 32-byte private key; return its address. Raise `KeyExists`, `SigningError`."""
        if not password:
            raise SigningError("a keystore without a password protects nothing; give one")
        address = signing.address_of(_private_key(secret))
        content = create_keyfile_json(secret, password, kdf="scrypt", iterations=self._scrypt_n)
        self._write(address, orjson.dumps(content, option=orjson.OPT_INDENT_2))
        return address

    def open(
        self, password: bytes, policy: Policy, addresses: Sequence[bytes] | None = None
    ) -> "KeystoreSigner":
        """Return a signer of the keys of `addresses` (None: of all), each of which takes a second to open.

        Raise `WrongPassword`, `KeyNotFound`, `KeystoreDamaged`.
        """
        wanted = self.addresses() if addresses is None else addresses
        return KeystoreSigner({address: self._read(address, password) for address in wanted}, policy)

    def _path(self, address: bytes) -> Path:
        return self._folder / f"{address.hex()}.json"

    def _write(self, address: bytes, content: bytes) -> None:
        """Write a file that is whole or not there at all, and never over another."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = self._path(address).with_suffix(".new")
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            self._path(address).hardlink_to(temporary)
        except FileExistsError:
            raise KeyExists(f"{self._folder} has the key 0x{address.hex()} already") from None
        finally:
            temporary.unlink()

    def _read(self, address: bytes, password: bytes) -> coincurve.PrivateKey:
        path = self._path(address)
        try:
            content: dict[str, Any] = orjson.loads(path.read_bytes())
            key = _private_key(decode_keyfile_json(content, password))
        except FileNotFoundError:
            raise KeyNotFound(f"{self._folder} has no key 0x{address.hex()}") from None
        except _UNREADABLE as error:
            if str(error) == _MISMATCH:
                raise WrongPassword(f"the password does not open {path}") from None
            # The error's text might quote what was read, so only its kind is told.
            raise KeystoreDamaged(f"{path} is not a keystore file: {type(error).__name__}") from None
        if signing.address_of(key) != address:
            raise KeystoreDamaged(f"{path} holds the key of another address")
        return key


class KeystoreSigner:
    """Opened keys and what they may sign; a `Signer`. Safe for several threads."""

    __slots__ = ("_keys", "_policy")

    def __init__(self, keys: Mapping[bytes, coincurve.PrivateKey], policy: Policy) -> None:
        self._keys = dict(keys)
        self._policy = policy

    def __repr__(self) -> str:
        return f"<KeystoreSigner of {', '.join('0x' + address.hex() for address in self._keys)}>"

    def __reduce__(self) -> NoReturn:
        raise SigningError("a signer can't be copied out of its process")

    def addresses(self) -> Sequence[bytes]:
        """Return the addresses it can sign for."""
        return tuple(self._keys)

    def sign(self, address: bytes, transaction: UnsignedTransaction) -> SignedTransaction:
        """Sign a transaction; raise `KeyNotFound`, `PolicyRefused`."""
        self._policy.check(transaction)
        return signing.sign_transaction(self._key(address), transaction)

    def sign_digest(self, address: bytes, digest: bytes) -> bytes:
        """Sign a 32-byte EIP-712 digest; raise `KeyNotFound`, `PolicyRefused`."""
        self._policy.check_digest()
        return signing.sign_digest(self._key(address), digest)

    def _key(self, address: bytes) -> coincurve.PrivateKey:
        try:
            return self._keys[address]
        except KeyError:
            raise KeyNotFound(f"this signer has no key 0x{address.hex()}") from None


def _private_key(secret: bytes) -> coincurve.PrivateKey:
    if len(secret) != KEY_BYTES:
        raise SigningError(f"a private key has {KEY_BYTES} bytes, not {len(secret)}")
    try:
        return coincurve.PrivateKey(secret)
    except ValueError:
        raise SigningError("these 32 bytes are no private key of secp256k1") from None
