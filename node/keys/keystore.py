"""Keys in files, one file a key, and the signer that opens them.

A private key leaves its file only into the signer's memory; it is in no name, text or error.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import coincurve

from node.clock import Random
from node.errors import SigningError
from node.keys import signing
from node.keys.limits import DayLimits
from node.keys.policed import PolicedSigner
from node.keys.policy import Policy
from node.keys.sealed_files import SealedFiles
from node.keys.sealing import SCRYPT_N, KeyCipher, unseal, wallet_document

KEY_BYTES = 32


class KeystoreSigner(PolicedSigner):
    """Opened keys and what they may sign; a `Signer`. Safe for several threads."""

    __slots__ = ()

    def __init__(
        self, keys: Mapping[bytes, coincurve.PrivateKey], policy: Policy, limits: DayLimits | None = None
    ) -> None:
        super().__init__({address: signing.in_memory(key) for address, key in keys.items()}, policy, limits)


class Keystore:
    """A folder of key files. `cipher` and `scrypt_n` are of the files it makes."""

    def __init__(
        self, folder: Path, *, cipher: KeyCipher = KeyCipher.AES_256_GCM, scrypt_n: int = SCRYPT_N
    ) -> None:
        self._files = SealedFiles(folder, cipher=cipher, scrypt_n=scrypt_n)
        self._scrypt_n = scrypt_n

    def addresses(self) -> list[bytes]:
        """Return the 20-byte addresses of its keys, sorted; raise `KeystoreDamaged`."""
        return self._files.names()

    def create(self, password: bytes, random: Random) -> bytes:
        """Make a key and its file; return its address."""
        return self.add(random.bytes(KEY_BYTES), password)

    def add(self, secret: bytes, password: bytes) -> bytes:
        """Write the file of a 32-byte private key; return its address. Raise `KeyExists`, `SigningError`."""
        address = signing.address_of(_private_key(secret))
        self._files.add(address, secret, password)
        return address

    def add_wallet(self, document: bytes, wallet_password: bytes, password: bytes) -> bytes:
        """Keep the key of a wallet's file (Web3 Secret Storage), under this keystore's password.

        Raise `WrongPassword`, `KeystoreDamaged`, `KeyExists`.
        """
        return self.add(unseal(document, wallet_password, name="", place="the wallet's file"), password)

    def export_wallet(self, address: bytes, password: bytes, wallet_password: bytes) -> bytes:
        """Return a key as a wallet's file, under a password of its own."""
        secret = self._read(address, password).secret
        if not wallet_password:
            raise SigningError("a wallet's file without a password protects nothing; give one")
        return wallet_document(secret, wallet_password, scrypt_n=self._scrypt_n)

    def open(
        self, password: bytes, policy: Policy, addresses: Sequence[bytes] | None = None
    ) -> KeystoreSigner:
        """Return a signer of the keys of `addresses` (None: of all), each of which takes a second to open.

        Raise `WrongPassword`, `KeyNotFound`, `KeystoreDamaged`.
        """
        wanted = self.addresses() if addresses is None else addresses
        return KeystoreSigner({address: self._read(address, password) for address in wanted}, policy)

    def key(self, address: bytes, password: bytes) -> signing.Sign:
        """Open one key; raise `WrongPassword`, `KeyNotFound`, `KeystoreDamaged`."""
        return signing.in_memory(self._read(address, password))

    def remove(self, address: bytes) -> None:
        """Delete the file of a key; raise `KeyNotFound`."""
        self._files.remove(address)

    def version(self, address: bytes) -> object:
        """Return what is another whenever the file of a key was written."""
        return self._files.version(address)

    def _read(self, address: bytes, password: bytes) -> coincurve.PrivateKey:
        key = _private_key(self._files.read(address, password))
        if signing.address_of(key) != address:
            raise self._files.damaged(address)
        return key


def _private_key(secret: bytes) -> coincurve.PrivateKey:
    if len(secret) != KEY_BYTES:
        raise SigningError(f"a private key has {KEY_BYTES} bytes, not {len(secret)}")
    try:
        return coincurve.PrivateKey(secret)
    except ValueError:
        raise SigningError("these 32 bytes are no private key of secp256k1") from None
