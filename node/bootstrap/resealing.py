"""All that is sealed in the home folder, sealed anew: by another cipher, under another password, or both."""

from dataclasses import dataclass

from node.bootstrap.opening import VAULT
from node.errors import SettingsInvalid
from node.keys.sealed_files import SealedFiles
from node.keys.sealing import SCRYPT_N, KeyCipher
from node.settings import Settings

_FOLDERS = ("keys", "encryption", "deployer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resealed:
    """A file of `folder`, and how it is kept now. `changed` is False when it was kept so before."""

    folder: str
    name: bytes
    cipher: str
    changed: bool


def reseal(settings: Settings, old: bytes, new: bytes) -> list[Resealed]:
    """Seal every file by the cipher of the settings, under the new password.

    First each is opened by one of the two, so with a wrong one nothing changes; so it may also be cut short
    and run again. Raise `SettingsInvalid`, `WrongPassword`, `KeystoreDamaged`, `SigningError`.
    """
    if settings.signer != "keystore":
        raise SettingsInvalid("a token seals its keys itself; its PIN is changed by the token's own program")
    cipher = KeyCipher(settings.key_cipher)
    opened = []
    # The vault has a password of its own where the settings say so.
    for folder in (*_FOLDERS, *(() if settings.webhook_password_file else (VAULT,))):
        files = SealedFiles(settings.home / folder, cipher=cipher, scrypt_n=SCRYPT_N)
        opened += [(folder, files, name, *files.read_either(name, old, new)) for name in files.names()]
    found = []
    for folder, files, name, secret, done in opened:
        if not done:
            files.replace(name, secret, new)
        found.append(Resealed(folder=folder, name=name, cipher=cipher.value, changed=not done))
    return found
