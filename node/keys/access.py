"""The node's own secrets for letting people and machines in: one file, made when needed, never in the store.

It holds no key that signs anything of the chain. Whoever has it can make access tokens, so only its owner
reads it; processes of one node that share a store must share it, too.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey

from node.clock import Random
from node.errors import KeystoreDamaged, SigningError
from node.keys.sealed_files import write_private
from node.keys.sealing import KeyCipher, decrypt, encrypt

KEY_BYTES = 32
_NONCE_BYTES = 12
_ID_BYTES = 9
_FILE_BYTES_MAX = 65_536
# A token made by the key before the newest one is still good; rotating twice ends every token at once.
_SIGNING_KEYS_MAX = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Secrets:
    version: tuple[int, int]
    sealing: bytes
    signing: tuple[OctKey, ...]  # oldest first


class AccessKeys:
    """What signs access tokens and seals second factors. Reads its file again when that changed."""

    def __init__(self, path: Path, random: Random) -> None:
        self._path = path
        self._random = random
        self._secrets: _Secrets | None = None

    def signing(self) -> OctKey:
        """Return the key that signs new access tokens."""
        return self._read().signing[-1]

    def verifying(self) -> KeySet:
        """Return the keys whose access tokens are good."""
        return KeySet(list(self._read().signing))

    def rotate(self) -> str:
        """Sign with a new key from now on; return its id. The one before stays good for what it signed."""
        secrets = self._read()
        fresh = self._new_key()
        kept = [*secrets.signing, fresh][-_SIGNING_KEYS_MAX:]
        temporary = self._path.with_suffix(".new")
        with self._told():
            temporary.unlink(missing_ok=True)
            write_private(temporary, _document(secrets.sealing, kept))
            temporary.replace(self._path)
        return str(fresh.kid)

    def seal(self, secret: bytes, *, owner: str) -> bytes:
        """Return a secret so that only this node reads it, and only as this owner's."""
        nonce = self._random.bytes(_NONCE_BYTES)
        sealing = self._read().sealing
        return nonce + encrypt(KeyCipher.AES_256_GCM, sealing, nonce, secret, owner.encode())

    def unseal(self, sealed: bytes, *, owner: str) -> bytes:
        """Return what was sealed; raise `KeystoreDamaged`, also when the file was lost and made anew."""
        nonce, content = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return decrypt(KeyCipher.AES_256_GCM, self._read().sealing, nonce, content, owner.encode())
        except (InvalidTag, ValueError):
            raise KeystoreDamaged(
                f"{self._path} is not the file that sealed this second factor; restore it, or reset the user"
            ) from None

    def _read(self) -> _Secrets:
        version = self._version()
        if version is None:
            self._create()
            version = self._version()
        if version is None:
            raise SigningError(f"{self._path} can't be read; look at its folder")
        known = self._secrets
        if known is None or known.version != version:
            known = self._secrets = self._parsed(version)
        return known

    def _version(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns

    def _create(self) -> None:
        """Write the file whole, or let another process's stand that was quicker."""
        temporary = self._path.with_suffix(f".{self._random.bytes(_ID_BYTES).hex()}")
        with self._told():
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(temporary, _document(self._random.bytes(KEY_BYTES), [self._new_key()]))
            with suppress(FileExistsError):
                self._path.hardlink_to(temporary)
            temporary.unlink()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise SigningError(f"{self._path} can't be written: {error.strerror}") from None

    def _parsed(self, version: tuple[int, int]) -> _Secrets:
        try:
            with self._path.open("rb") as file:
                keys = json.loads(file.read(_FILE_BYTES_MAX))["keys"]
            (sealing,) = (_bytes(key) for key in keys if key["use"] == "enc")
            signing = tuple(OctKey.import_key(key) for key in keys if key["use"] == "sig")
        except (OSError, ValueError, KeyError, TypeError, JoseError):
            raise KeystoreDamaged(f"{self._path} can't be read as this node wrote it; restore it") from None
        if not signing:
            raise KeystoreDamaged(f"{self._path} has no key that signs; restore it")
        return _Secrets(version=version, sealing=sealing, signing=signing)

    def _new_key(self) -> OctKey:
        return OctKey.import_key(
            {
                "kty": "oct",
                "k": _text(self._random.bytes(KEY_BYTES)),
                "kid": _text(self._random.bytes(_ID_BYTES)),
                "use": "sig",
                "alg": "HS256",
            }
        )


def _document(sealing: bytes, signing: list[OctKey]) -> bytes:
    first = {"kty": "oct", "use": "enc", "k": _text(sealing)}
    return json.dumps({"keys": [first, *(key.as_dict(private=True) for key in signing)]}).encode()


def _bytes(key: Mapping[str, Any]) -> bytes:
    text = str(key["k"])
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
