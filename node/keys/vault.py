"""Small secrets that lie in the database: sealed under a key that does not.

The key is a file of the home folder, made when it is first needed, under a password like the others. It is
opened once, when something is first sealed or opened, since that costs a second.
"""

from collections.abc import Callable
from contextlib import suppress
from threading import Lock

from cryptography.exceptions import InvalidTag

from node.clock import Random
from node.errors import KeyExists, KeystoreDamaged
from node.keys.sealed_files import SealedFiles
from node.keys.sealing import KeyCipher, decrypt, encrypt

_NAME = b"vault"
_KEY_BYTES, _NONCE_BYTES = 32, 12


class Vault:
    """`password` gives what the key's file is under; it may raise `SettingsInvalid`."""

    def __init__(self, files: SealedFiles, password: Callable[[], bytes], random: Random) -> None:
        self._files = files
        self._password = password
        self._random = random
        self._lock = Lock()
        self._key: bytes | None = None

    def ready(self) -> None:
        """Open the vault: who holds a lock while sealing has it open before. Raise as `SealedFiles` does."""
        self._opened()

    def seal(self, secret: bytes, *, name: str) -> bytes:
        """Return a secret sealed, which is of `name` and no other; raise as `SealedFiles` does."""
        nonce = self._random.bytes(_NONCE_BYTES)
        return nonce + encrypt(KeyCipher.AES_256_GCM, self._opened(), nonce, secret, name.encode())

    def open(self, sealed: bytes, *, name: str) -> bytes:
        """Return a secret; raise `KeystoreDamaged` when it is not of this name, or of another vault."""
        nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return decrypt(KeyCipher.AES_256_GCM, self._opened(), nonce, text, name.encode())
        except (InvalidTag, ValueError):
            raise KeystoreDamaged(
                f"the secret of {name} was sealed under another vault than the one in the home folder, or "
                "changed: put back the folder's file, or rotate the secret"
            ) from None

    def _opened(self) -> bytes:
        with self._lock:
            if self._key is None:
                self._key = self._read_or_make(self._password())
            return self._key

    def _read_or_make(self, password: bytes) -> bytes:
        if _NAME not in self._files.names():
            # Another process may be quicker.
            with suppress(KeyExists):
                self._files.add(_NAME, self._random.bytes(_KEY_BYTES), password)
        return self._files.read(_NAME, password)
