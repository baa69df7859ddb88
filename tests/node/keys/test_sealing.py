"""A sealed secret opens with its password, under its name, whole; and nothing makes us work for ever."""

import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.hmac import HMAC
from hypothesis import given, settings
from hypothesis import strategies as st

from node.errors import KeystoreDamaged, WrongPassword
from node.keys import sealing
from node.keys.sealing import DOCUMENT_BYTES_MAX, KeyCipher, decrypt, encrypt, seal, unseal, wallet_document

_NAME, _SECRET, _PASSWORD = "aa" * 20, bytes(range(32)), b"password"
# RFC 8998, A.1: SM4-GCM.
_RFC_8998 = {
    "key": "0123456789ABCDEFFEDCBA9876543210",
    "nonce": "00001234567800000000ABCD",
    "bound": "FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2",
    "plain": "AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD"
    "EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA",
    "sealed": "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
    "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
    "83DE3541E4C2B58177E065A9BF7B62EC",
}
# The GCM specification of McGrew and Viega, test case 16: AES-256.
_GCM_16 = {
    "key": "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
    "nonce": "cafebabefacedbaddecaf888",
    "bound": "feedfacedeadbeeffeedfacedeadbeefabaddad2",
    "plain": "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
    "sealed": "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
    "76fc6ece0f4e1768cddf8853bb2d551b",
}


def _sealed(cipher: KeyCipher = KeyCipher.AES_256_GCM) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(seal(_SECRET, _PASSWORD, name=_NAME, cipher=cipher, scrypt_n=2))
    return content


def _unseal(content: object, password: bytes = _PASSWORD, name: str = _NAME) -> bytes:
    return unseal(json.dumps(content).encode(), password, name=name, place="here")


@pytest.mark.parametrize(
    ("cipher", "vector"), [(KeyCipher.SM4_GCM, _RFC_8998), (KeyCipher.AES_256_GCM, _GCM_16)]
)
def test_known_vectors(cipher: KeyCipher, vector: dict[str, str]) -> None:
    """The ciphers are the standards', to the published byte."""
    given_ = {name: bytes.fromhex(text) for name, text in vector.items()}
    key, nonce, bound = given_["key"], given_["nonce"], given_["bound"]

    assert given_["sealed"] == encrypt(cipher, key, nonce, given_["plain"], bound)
    assert given_["plain"] == decrypt(cipher, key, nonce, given_["sealed"], bound)
    with pytest.raises(InvalidTag):
        decrypt(cipher, key, nonce, given_["sealed"], bound + b"\0")


def test_sm3_derivation_is_pbkdf2() -> None:
    """The key under SM4 is PBKDF2's (RFC 8018) with HMAC-SM3, written out here by its definition."""

    def mac(message: bytes) -> bytes:
        made = HMAC(_PASSWORD, SM3())
        made.update(message)
        return made.finalize()

    salt, rounds = b"salt" * 8, 5
    last = mac(salt + (1).to_bytes(4, "big"))
    expected = int.from_bytes(last, "big")
    for _ in range(rounds - 1):
        last = mac(last)
        expected ^= int.from_bytes(last, "big")

    kdf = {"name": "pbkdf2-hmac-sm3", "rounds": rounds, "salt": salt.hex()}
    assert expected.to_bytes(32, "big")[:16] == sealing._derive(kdf, _PASSWORD, 16)


@pytest.mark.parametrize("cipher", KeyCipher)
@given(
    secret=st.binary(min_size=1, max_size=200), password=st.binary(min_size=1), name=st.binary(max_size=40)
)
@settings(max_examples=30)
def test_sealed_opens(cipher: KeyCipher, secret: bytes, password: bytes, name: bytes) -> None:
    """Whatever was sealed opens with its password and name, and with no other."""
    document = seal(secret, password, name=name.hex(), cipher=cipher, scrypt_n=2)

    assert secret == unseal(document, password, name=name.hex(), place="here")
    with pytest.raises(WrongPassword, match="here"):
        unseal(document, password + b"x", name=name.hex(), place="here")
    with pytest.raises(KeystoreDamaged, match="here"):
        unseal(document, password, name=name.hex() + "00", place="here")


def test_twice_is_never_the_same() -> None:
    """Salt and nonce are new for each document, so that nothing shows that two secrets are equal."""
    first, second = _sealed(), _sealed()

    assert all(first[name] != second[name] for name in ("nonce", "ciphertext"))
    assert first["kdf"]["salt"] != second["kdf"]["salt"]


@pytest.mark.parametrize("cipher", KeyCipher)
def test_nothing_can_be_changed(cipher: KeyCipher) -> None:
    """A document in which anything was changed does not open."""
    whole = _sealed(cipher)
    changes: list[dict[str, Any]] = [
        {"name": "bb" * 20},
        {"nonce": "00" * 12},
        {"extra": 1},
        {"cipher": next(each.value for each in KeyCipher if each is not cipher)},
        {"ciphertext": whole["ciphertext"][:-2] + ("00" if whole["ciphertext"][-2:] != "00" else "01")},
        {"ciphertext": whole["ciphertext"][:8]},
        {"kdf": whole["kdf"] | {"salt": "00" * 32}},
        {"kdf": whole["kdf"] | ({"n": 4} if "n" in whole["kdf"] else {"rounds": 1})},
    ]
    assert _SECRET == _unseal(whole)
    for change in changes:
        with pytest.raises((WrongPassword, KeystoreDamaged)):
            _unseal(whole | change, name=change.get("name", _NAME))


@pytest.mark.parametrize(
    "kdf",
    [
        {"name": "scrypt", "n": 2**24, "r": 8, "p": 1, "salt": "00"},
        {"name": "scrypt", "n": 2**18, "r": 8, "p": 64, "salt": "00"},
        {"name": "pbkdf2-hmac-sm3", "rounds": 10**9, "salt": "00"},
        {"name": "argon2", "salt": "00"},
    ],
)
def test_too_much_work_is_refused(kdf: dict[str, object]) -> None:
    """No document makes us work for minutes or take all memory: it is refused before the work."""
    with pytest.raises(KeystoreDamaged):
        _unseal(_sealed() | {"kdf": kdf})


@pytest.mark.parametrize("changed", [{"n": 2**24}, {"p": 2**20}, {"c": 10**9}])
def test_too_much_work_for_a_wallets_file_is_refused(changed: dict[str, int]) -> None:
    """Nor does a wallet's."""
    content = json.loads(wallet_document(_SECRET, _PASSWORD, scrypt_n=2))
    assert _SECRET == _unseal(content)
    content["crypto"]["kdfparams"] |= changed

    with pytest.raises(KeystoreDamaged):
        _unseal(content)


def test_too_long_is_refused() -> None:
    """A file that is longer than any key's is not read as one."""
    with pytest.raises(KeystoreDamaged):
        _unseal(_sealed() | {"extra": "x" * DOCUMENT_BYTES_MAX})
