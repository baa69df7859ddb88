"""Keys lie in files that any wallet can read and nobody else, and never show anywhere."""

import copy
import json
import pickle
import stat
import traceback
from pathlib import Path
from typing import Literal

import coincurve
import pytest
from eth_account import Account

from node.chain.protocol import Fees
from node.clock import SystemRandom
from node.errors import (
    KeyExists,
    KeyNotFound,
    KeystoreDamaged,
    PolicyRefused,
    SigningError,
    WrongPassword,
)
from node.keys.keystore import Keystore, KeystoreSigner
from node.keys.policy import Policy
from node.keys.sealing import SCRYPT_N, KeyCipher
from node.keys.signer import UnsignedTransaction
from node.keys.signing import address_of, in_memory, sign_digest, sign_transaction
from settlement.instruction import keccak

_LIGHT = 2  # work for a guess: none, so that the tests are quick
_PASSWORD = "pässwörd ☃".encode()
_SECRET = keccak(b"secret of these tests")
_KEY = coincurve.PrivateKey(_SECRET)
_TO, _SELECTOR = b"\x11" * 20, b"\1\2\3\4"
_POLICY = Policy(chain_id=5, calls={_TO: frozenset({_SELECTOR})}, digests=True)


class Given:
    """Random bytes that are known beforehand."""

    def __init__(self, given: bytes) -> None:
        self._given = given

    def bytes(self, count: int) -> bytes:
        """The next bytes."""
        given, self._given = self._given[:count], self._given[count:]
        return given


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the keystore will be."""
    return tmp_path / "keys"


@pytest.fixture
def keystore(folder: Path) -> Keystore:
    """A keystore that is quick to open."""
    return Keystore(folder, scrypt_n=_LIGHT)


def _transaction(**changes: object) -> UnsignedTransaction:
    fields: dict[str, object] = {
        "chain_id": 5, "nonce": 0, "to": _TO, "data": _SELECTOR, "gas": 21_000, "fees": Fees(price=0),
    }  # fmt: skip
    return UnsignedTransaction(**(fields | changes))  # type: ignore[arg-type]  # the fields' own types


def test_created_key_signs(keystore: Keystore) -> None:
    """A key that was created is listed, and its signer signs as the key itself does."""
    address = keystore.create(_PASSWORD, Given(_SECRET))
    signer = keystore.open(_PASSWORD, _POLICY)

    assert address_of(_KEY) == address
    assert [address] == keystore.addresses() == list(signer.addresses())
    assert sign_transaction(in_memory(_KEY), _transaction()) == signer.sign(address, _transaction())
    assert sign_digest(in_memory(_KEY), bytes(32)) == signer.sign_digest(address, bytes(32))


def test_created_keys_differ(keystore: Keystore) -> None:
    """Each key is new."""
    addresses = {keystore.create(_PASSWORD, SystemRandom()) for _ in range(3)}

    assert sorted(addresses) == keystore.addresses()
    assert 3 == len(addresses)


@pytest.mark.parametrize("cipher", KeyCipher)
def test_file_says_how_it_is_kept(folder: Path, cipher: KeyCipher) -> None:
    """A new file names its cipher, and whatever the settings say by then, it opens."""
    address = Keystore(folder, cipher=cipher, scrypt_n=_LIGHT).add(_SECRET, _PASSWORD)
    content = json.loads((folder / f"{address.hex()}.json").read_text())

    assert ("vostro-1", cipher.value, address.hex()) == (
        content["version"],
        content["cipher"],
        content["name"],
    )
    for opening in KeyCipher:
        signer = Keystore(folder, cipher=opening).open(_PASSWORD, _POLICY)
        assert sign_digest(in_memory(_KEY), bytes(32)) == signer.sign_digest(address, bytes(32))


@pytest.mark.parametrize("kdf", ["pbkdf2", "scrypt"])
def test_wallets_file_opens(keystore: Keystore, folder: Path, kdf: Literal["pbkdf2", "scrypt"]) -> None:
    """Another wallet's file, Keystore V3, is opened where it lies, and can be imported."""
    theirs = json.dumps(Account.encrypt(_SECRET, _PASSWORD.decode(), kdf=kdf, iterations=_LIGHT))
    folder.mkdir()
    (folder / f"{address_of(_KEY).hex()}.json").write_text(theirs)
    signer = keystore.open(_PASSWORD, _POLICY)
    assert sign_digest(in_memory(_KEY), bytes(32)) == signer.sign_digest(address_of(_KEY), bytes(32))

    other = Keystore(folder / "other", scrypt_n=_LIGHT)
    assert address_of(_KEY) == other.add_wallet(theirs.encode(), _PASSWORD, b"ours")
    assert (address_of(_KEY),) == other.open(b"ours", _POLICY).addresses()
    with pytest.raises(WrongPassword):
        other.add_wallet(theirs.encode(), b"wrong", b"ours")


def test_wallet_opens_ours(keystore: Keystore) -> None:
    """A key is exported as Keystore V3 under a password of its own, and never without one."""
    address = keystore.add(_SECRET, _PASSWORD)

    content = json.loads(keystore.export_wallet(address, _PASSWORD, b"theirs"))

    assert 3 == content["version"]
    assert _SECRET == bytes(Account.decrypt(content, "theirs"))
    with pytest.raises(SigningError, match="password"):
        keystore.export_wallet(address, _PASSWORD, b"")


@pytest.mark.parametrize(
    ("cipher", "expected"),
    [
        (KeyCipher.AES_256_GCM, {"name": "scrypt", "n": 262_144, "r": 8, "p": 1}),
        (KeyCipher.SM4_GCM, {"name": "pbkdf2-hmac-sm3", "rounds": 2_097_152}),
    ],
)
def test_production_makes_guessing_expensive(
    folder: Path, cipher: KeyCipher, expected: dict[str, object]
) -> None:
    """Without being told otherwise a file takes a second of work for each guess."""
    address = Keystore(folder, cipher=cipher).add(_SECRET, _PASSWORD)
    kdf = json.loads((folder / f"{address.hex()}.json").read_text())["kdf"]

    assert 262_144 == SCRYPT_N
    assert 64 == len(kdf.pop("salt"))
    assert expected == kdf


def test_only_the_owner_reads(keystore: Keystore, folder: Path) -> None:
    """The folder is 0700, the file 0600, and nothing else is left beside it."""
    address = keystore.add(_SECRET, _PASSWORD)

    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
    assert [(f"{address.hex()}.json", 0o600)] == [
        (path.name, stat.S_IMODE(path.stat().st_mode)) for path in folder.iterdir()
    ]


def test_rest_of_a_crash_is_no_key(keystore: Keystore, folder: Path) -> None:
    """Half a file of a process that died is not listed, and is not in the way."""
    folder.mkdir()
    address = address_of(_KEY)
    (folder / f"{address.hex()}.new").write_text("{")
    assert [] == keystore.addresses()

    keystore.add(_SECRET, _PASSWORD)

    assert [address] == keystore.addresses()
    assert 1 == len(list(folder.iterdir()))


def test_key_is_never_overwritten(keystore: Keystore) -> None:
    """A key that is there stays, with its password."""
    keystore.add(_SECRET, _PASSWORD)
    with pytest.raises(KeyExists):
        keystore.add(_SECRET, b"another")

    assert 1 == len(keystore.open(_PASSWORD, _POLICY).addresses())


def test_empty_keystore(keystore: Keystore) -> None:
    """A folder that is not there has no keys."""
    assert [] == keystore.addresses()
    assert () == keystore.open(_PASSWORD, _POLICY).addresses()


@pytest.mark.parametrize("password", [b"", b"wrong", _PASSWORD + b"\n", _PASSWORD[:-1]])
def test_wrong_password(keystore: Keystore, password: bytes) -> None:
    """A wrong password is told as such, with the file and not with the password."""
    address = keystore.add(_SECRET, _PASSWORD)
    with pytest.raises(WrongPassword, match=address.hex()) as wrong:
        keystore.open(password, _POLICY)
    assert not password or password.decode(errors="ignore").strip() not in wrong.value.detail.split()


def test_no_password(keystore: Keystore) -> None:
    """A key is not written without a password."""
    with pytest.raises(SigningError, match="password"):
        keystore.add(_SECRET, b"")
    assert [] == keystore.addresses()


def test_missing_key(keystore: Keystore) -> None:
    """A key that is not there is told by its address, by the keystore and by a signer."""
    with pytest.raises(KeyNotFound, match="11" * 20):
        keystore.open(_PASSWORD, _POLICY, [_TO])
    with pytest.raises(KeyNotFound, match="11" * 20):
        keystore.open(_PASSWORD, _POLICY).sign(_TO, _transaction())
    with pytest.raises(KeyNotFound, match="11" * 20):
        keystore.open(_PASSWORD, _POLICY).sign_digest(_TO, bytes(32))


def test_some_keys_are_opened(keystore: Keystore) -> None:
    """Only the keys that are asked for are opened; others may have other passwords."""
    first = keystore.add(_SECRET, _PASSWORD)
    keystore.create(b"another", SystemRandom())

    assert (first,) == keystore.open(_PASSWORD, _POLICY, [first]).addresses()
    with pytest.raises(WrongPassword):
        keystore.open(_PASSWORD, _POLICY)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"version": 3}',
        '{"version": 9, "crypto": {}}',
        "null",
        '{"version": "vostro-1"}',
    ],
)
def test_damaged_file(keystore: Keystore, folder: Path, content: str) -> None:
    """A file that is no keystore file is told by its name."""
    address = keystore.add(_SECRET, _PASSWORD)
    (folder / f"{address.hex()}.json").write_text(content)
    with pytest.raises(KeystoreDamaged, match=address.hex()):
        keystore.open(_PASSWORD, _POLICY)


def test_damaged_file_is_not_quoted(keystore: Keystore, folder: Path) -> None:
    """Whatever stands in a file that is no keystore file, a bare key even, is in no error (R7)."""
    address = keystore.add(_SECRET, _PASSWORD)
    (folder / f"{address.hex()}.json").write_text(_SECRET.hex())
    with pytest.raises(KeystoreDamaged) as refused:
        keystore.open(_PASSWORD, _POLICY)
    assert _SECRET.hex() not in str(refused.value)


def test_file_of_another_key(keystore: Keystore, folder: Path) -> None:
    """A file under another key's name does not become that key."""
    address = keystore.add(_SECRET, _PASSWORD)
    (folder / f"{address.hex()}.json").rename(folder / f"{_TO.hex()}.json")
    with pytest.raises(KeystoreDamaged, match=_TO.hex()):
        keystore.open(_PASSWORD, _POLICY)

    theirs = json.dumps(Account.encrypt(_SECRET, _PASSWORD.decode(), kdf="pbkdf2", iterations=1))
    (folder / f"{_TO.hex()}.json").write_text(theirs)
    with pytest.raises(KeystoreDamaged, match="another"):
        keystore.open(_PASSWORD, _POLICY)


def test_file_without_an_address(keystore: Keystore, folder: Path) -> None:
    """A foreign file in the folder is told, not passed over."""
    folder.mkdir()
    (folder / "notes.json").write_text("{}")
    with pytest.raises(KeystoreDamaged):
        keystore.addresses()


@pytest.mark.parametrize("secret", [b"", b"\1" * 31, b"\1" * 33, bytes(32), b"\xff" * 32])
def test_bytes_that_are_no_key(keystore: Keystore, secret: bytes) -> None:
    """Bytes that are no private key are refused without being quoted."""
    with pytest.raises(SigningError) as refused:
        keystore.add(secret, _PASSWORD)
    assert not secret or secret.hex() not in refused.value.detail


def test_policy_is_asked(keystore: Keystore) -> None:
    """A signer signs nothing that its policy refuses."""
    address = keystore.add(_SECRET, _PASSWORD)
    signer = keystore.open(_PASSWORD, Policy(chain_id=5))

    with pytest.raises(PolicyRefused):
        signer.sign(address, _transaction())
    with pytest.raises(PolicyRefused):
        signer.sign_digest(address, bytes(32))


def test_key_shows_nowhere(keystore: Keystore) -> None:
    """Neither text, copy, dump nor trace of a signer has the private key."""
    address = keystore.add(_SECRET, _PASSWORD)
    signer = keystore.open(_PASSWORD, _POLICY)
    shown = [repr(signer), str(signer), f"{signer}", repr([signer]), repr(keystore)]
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(SigningError):
            copied(signer)
    for transaction in (_transaction(chain_id=6), _transaction(to=None)):
        try:
            signer.sign(address, transaction)
        except PolicyRefused as refused:
            shown += [
                str(refused),
                *traceback.TracebackException.from_exception(refused, capture_locals=True).format(),
            ]

    everything = " ".join(shown)
    assert address.hex() in repr(signer)
    assert not hasattr(signer, "__dict__")
    for form in (_SECRET.hex(), repr(_SECRET), str(int.from_bytes(_SECRET, "big"))):
        assert form not in everything
    assert isinstance(signer, KeystoreSigner)
