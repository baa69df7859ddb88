"""A secret under a password: one JSON document, authenticated as a whole.

Made here is `vostro-1`: AES-256-GCM under scrypt (RFC 7914), or SM4-GCM (RFC 8998) under PBKDF2 with
HMAC-SM3 (GM/T 0091). Everything but the ciphertext is authenticated with it, so a file can't be given
another name or a cheaper password. Read and exported too is Web3 Secret Storage, version 3, of wallets.
"""

import os
from enum import StrEnum
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from node.errors import KeystoreDamaged, WrongPassword

# A second of work for each guess at a password, and for each opening.
SCRYPT_N = 262_144
DOCUMENT_BYTES_MAX = 16 * 1024

_VERSION = "vostro-1"
_WALLET_VERSION = 3
# As much work as scrypt's n, in rounds of HMAC-SM3: 2,097,152 of them take a second too.
_ROUNDS_PER_N = 8
_SCRYPT_R, _SCRYPT_P = 8, 1
# No document makes us work for minutes, or take all memory: four times our own cost at most (R9).
_SCRYPT_COST_MAX = 4 * SCRYPT_N * _SCRYPT_R
_ROUNDS_MAX = 4 * SCRYPT_N * _ROUNDS_PER_N
_SALT_BYTES, _NONCE_BYTES, _TAG_BYTES = 32, 12, 16
_MISMATCH = "MAC mismatch"  # what eth-keyfile says of a wrong password, and of nothing else
# What a document that is none brings forth.
_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, AssertionError)


class KeyCipher(StrEnum):
    """What keeps a secret at rest."""

    AES_256_GCM = "aes-256-gcm"
    SM4_GCM = "sm4-gcm"


_KEY_BYTES = {KeyCipher.AES_256_GCM: 32, KeyCipher.SM4_GCM: 16}
_ALGORITHMS = {KeyCipher.AES_256_GCM: algorithms.AES, KeyCipher.SM4_GCM: algorithms.SM4}


def seal(secret: bytes, password: bytes, *, name: str, cipher: KeyCipher, scrypt_n: int) -> bytes:
    """Return the document of a secret, which is of `name` and no other."""
    salt, nonce = os.urandom(_SALT_BYTES).hex(), os.urandom(_NONCE_BYTES).hex()
    kdf: dict[str, Any] = {"name": "scrypt", "n": scrypt_n, "r": _SCRYPT_R, "p": _SCRYPT_P, "salt": salt}
    if cipher is KeyCipher.SM4_GCM:
        kdf = {"name": "pbkdf2-hmac-sm3", "rounds": scrypt_n * _ROUNDS_PER_N, "salt": salt}
    head = {"version": _VERSION, "name": name, "cipher": cipher.value, "nonce": nonce, "kdf": kdf}
    key = _derive(kdf, password, _KEY_BYTES[cipher])
    sealed = encrypt(cipher, key, bytes.fromhex(nonce), secret, _bound(head))
    return orjson.dumps(head | {"ciphertext": sealed.hex()}, option=orjson.OPT_INDENT_2)


def unseal(document: bytes, password: bytes, *, name: str, place: str) -> bytes:
    """Return the secret in a document of ours or of a wallet; raise `WrongPassword`, `KeystoreDamaged`.

    `place` says in errors where the document is from.
    """
    try:
        content = _parsed(document)
        if content["version"] == _VERSION:
            return _unseal(content, password, name)
        if content["version"] != _WALLET_VERSION:
            raise ValueError
        _require_bearable(content["crypto"]["kdfparams"])
        return _unseal_wallets(content, password)
    except InvalidTag:
        raise WrongPassword(
            f"the password does not open {place}, or somebody changed the file (was `vostro keys reseal` "
            "cut short? then run it again, with both passwords)"
        ) from None
    except _UNREADABLE as error:
        if str(error) == _MISMATCH:
            raise WrongPassword(f"the password does not open {place}") from None
        # The error's text might quote what was read, so only its kind is told.
        raise KeystoreDamaged(f"{place} is not a keystore file: {type(error).__name__}") from None


def _unseal_wallets(content: dict[str, Any], password: bytes) -> bytes:
    """Return the key in a wallet's file; its library is loaded for the first one, not when a node starts."""
    from eth_keyfile.exceptions import EthKeyfileException  # noqa: PLC0415 - 0.3 s
    from eth_keyfile.keyfile import decode_keyfile_json  # noqa: PLC0415

    try:
        secret: bytes = decode_keyfile_json(content, password)
    except EthKeyfileException as error:
        raise ValueError(str(error)) from None
    return secret


def cipher_of(document: bytes) -> KeyCipher | None:
    """Return what keeps the secret of a document of ours; None for a wallet's. It must be one that opened."""
    content = _parsed(document)
    return KeyCipher(content["cipher"]) if content["version"] == _VERSION else None


def wallet_document(secret: bytes, password: bytes, *, scrypt_n: int) -> bytes:
    """Return a private key as Web3 Secret Storage (version 3: AES-128-CTR), for a wallet to import."""
    from eth_keyfile.keyfile import create_keyfile_json  # noqa: PLC0415 - as above

    content = create_keyfile_json(secret, password, kdf="scrypt", iterations=scrypt_n)
    return orjson.dumps(content, option=orjson.OPT_INDENT_2)


def encrypt(cipher: KeyCipher, key: bytes, nonce: bytes, plain: bytes, bound: bytes) -> bytes:
    """Return the ciphertext with its 16-byte tag behind it; `bound` is authenticated with it."""
    made = Cipher(_ALGORITHMS[cipher](key), modes.GCM(nonce)).encryptor()
    made.authenticate_additional_data(bound)
    return made.update(plain) + made.finalize() + made.tag


def decrypt(cipher: KeyCipher, key: bytes, nonce: bytes, sealed: bytes, bound: bytes) -> bytes:
    """Undo `encrypt`; raise `InvalidTag`."""
    text, tag = sealed[:-_TAG_BYTES], sealed[-_TAG_BYTES:]
    made = Cipher(_ALGORITHMS[cipher](key), modes.GCM(nonce, tag)).decryptor()
    made.authenticate_additional_data(bound)
    return made.update(text) + made.finalize()


def _unseal(content: dict[str, Any], password: bytes, name: str) -> bytes:
    head = {key: value for key, value in content.items() if key != "ciphertext"}
    if head["name"] != name:
        raise ValueError
    cipher = KeyCipher(head["cipher"])
    _require_bearable(head["kdf"])
    key = _derive(head["kdf"], password, _KEY_BYTES[cipher])
    return decrypt(
        cipher, key, bytes.fromhex(head["nonce"]), bytes.fromhex(content["ciphertext"]), _bound(head)
    )


def _derive(kdf: dict[str, Any], password: bytes, key_bytes: int) -> bytes:
    salt = bytes.fromhex(kdf["salt"])
    if kdf["name"] == "scrypt":
        return Scrypt(salt=salt, length=key_bytes, n=kdf["n"], r=kdf["r"], p=kdf["p"]).derive(password)
    if kdf["name"] == "pbkdf2-hmac-sm3":
        return PBKDF2HMAC(SM3(), key_bytes, salt, kdf["rounds"]).derive(password)
    raise ValueError


def _require_bearable(kdf: dict[str, Any]) -> None:
    cost = kdf.get("n", 1) * kdf.get("r", 1) * kdf.get("p", 1)
    if cost > _SCRYPT_COST_MAX or max(kdf.get("c", 0), kdf.get("rounds", 0)) > _ROUNDS_MAX:
        raise ValueError


def _parsed(document: bytes) -> dict[str, Any]:
    if len(document) > DOCUMENT_BYTES_MAX:
        raise ValueError
    content = orjson.loads(document)
    if not isinstance(content, dict):
        raise TypeError
    # Wallets disagree on the case of the names.
    return {str(key).lower(): value for key, value in content.items()}


def _bound(head: dict[str, Any]) -> bytes:
    return orjson.dumps(head, option=orjson.OPT_SORT_KEYS)
