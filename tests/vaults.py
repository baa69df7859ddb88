"""A vault that opens at once."""

from pathlib import Path

from node.clock import SystemRandom
from node.keys.sealed_files import SealedFiles
from node.keys.sealing import KeyCipher
from node.keys.vault import Vault

_SCRYPT_N = 2


def vault_in(home: Path, password: bytes = b"password") -> Vault:
    """Return the vault in a folder; another one of the same folder and password opens what it sealed."""
    files = SealedFiles(home / "vault", cipher=KeyCipher.AES_256_GCM, scrypt_n=_SCRYPT_N)
    return Vault(files, lambda: password, SystemRandom())
