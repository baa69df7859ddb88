"""A folder of secrets, one file each, named after what is public of it, readable by its owner alone."""

import os
from pathlib import Path

from node.errors import KeyExists, KeyNotFound, KeystoreDamaged, SigningError, WrongPassword
from node.keys.sealing import DOCUMENT_BYTES_MAX, KeyCipher, cipher_of, seal, unseal


class SealedFiles:
    """`cipher` and `scrypt_n` are of the files it makes; it opens every kind."""

    def __init__(self, folder: Path, *, cipher: KeyCipher, scrypt_n: int) -> None:
        self._folder = folder
        self._cipher = cipher
        self._scrypt_n = scrypt_n

    def names(self) -> list[bytes]:
        """Return the names, sorted; raise `KeystoreDamaged`."""
        try:
            return sorted(bytes.fromhex(path.stem) for path in self._folder.glob("*.json"))
        except ValueError:
            raise KeystoreDamaged(f"{self._folder} has a file that is not named after a key") from None

    def add(self, name: bytes, secret: bytes, password: bytes) -> None:
        """Write a file that is whole or not there at all, and never over another; raise `KeyExists`."""
        content = self._sealed(name, secret, password)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = self._path(name).with_suffix(".new")
        temporary.unlink(missing_ok=True)
        write_private(temporary, content)
        try:
            self._path(name).hardlink_to(temporary)
        except FileExistsError:
            raise KeyExists(f"{self._folder} has the key 0x{name.hex()} already") from None
        finally:
            temporary.unlink()
        self._sync()

    def read(self, name: bytes, password: bytes) -> bytes:
        """Return a secret; raise `KeyNotFound`, `WrongPassword`, `KeystoreDamaged`."""
        return self._unseal(name, self._content(name), password)

    def read_either(self, name: bytes, old: bytes, new: bytes) -> tuple[bytes, bool]:
        """Return a secret under either password, and whether it is kept as `replace` would keep it by `new`.

        Raise as `read` does.
        """
        content = self._content(name)
        try:
            return self._unseal(name, content, new), cipher_of(content) is self._cipher
        except WrongPassword:
            if old == new:
                raise
            return self._unseal(name, content, old), False

    def replace(self, name: bytes, secret: bytes, password: bytes) -> None:
        """Seal a secret anew in the place of its file: at any moment the old one is there or the new, whole.

        Raise `SigningError` with the old one in its place.
        """
        content = self._sealed(name, secret, password)
        temporary = self._path(name).with_suffix(".new")
        try:
            temporary.unlink(missing_ok=True)
            write_private(temporary, content)
            if self._unseal(name, temporary.read_bytes(), password) != secret:
                raise SigningError(f"{temporary} did not read back as it was written; look at the disk")
            temporary.replace(self._path(name))
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise SigningError(
                f"{temporary} can't be written: {error.strerror}; {self._path(name)} is as it was"
            ) from None
        self._sync()

    def remove(self, name: bytes) -> None:
        """Delete a file, for good when this returns; raise `KeyNotFound`."""
        try:
            self._path(name).unlink()
        except FileNotFoundError:
            raise self._missing(name) from None
        self._sync()

    def version(self, name: bytes) -> tuple[int, int] | None:
        """Return what is another whenever a file was written; None when there is none."""
        try:
            found = self._path(name).stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns

    def damaged(self, name: bytes) -> KeystoreDamaged:
        """Return that a file holds another key than its name says."""
        return KeystoreDamaged(f"{self._path(name)} holds the key of another address")

    def _sealed(self, name: bytes, secret: bytes, password: bytes) -> bytes:
        if not password:
            raise SigningError("a keystore without a password protects nothing; give one")
        return seal(secret, password, name=name.hex(), cipher=self._cipher, scrypt_n=self._scrypt_n)

    def _content(self, name: bytes) -> bytes:
        try:
            with self._path(name).open("rb") as file:
                return file.read(DOCUMENT_BYTES_MAX + 1)
        except FileNotFoundError:
            raise self._missing(name) from None
        except OSError as error:
            raise KeystoreDamaged(f"{self._path(name)} can't be read: {error.strerror}") from None

    def _unseal(self, name: bytes, content: bytes, password: bytes) -> bytes:
        return unseal(content, password, name=name.hex(), place=str(self._path(name)))

    def _missing(self, name: bytes) -> KeyNotFound:
        return KeyNotFound(f"{self._folder} has no key 0x{name.hex()}")

    def _sync(self) -> None:
        """Bring to the disk what the folder holds."""
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _path(self, name: bytes) -> Path:
        return self._folder / f"{name.hex()}.json"


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that only its owner reads; it is on the disk when this returns."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
