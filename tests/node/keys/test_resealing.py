"""Sealing anew: by another cipher or password, never without a whole file, whatever ends it."""

import json
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st

from node.errors import SigningError, WrongPassword
from node.keys.sealed_files import SealedFiles
from node.keys.sealing import KeyCipher
from settlement.instruction import keccak

_OLD, _NEW = b"the old one", "das neue ☃".encode()
_SECRETS = {keccak(bytes([number]))[:20]: keccak(bytes([number])) for number in range(30)}
_ROUNDS = 8
# Seals all anew and says when it begins; it is killed in the middle.
_PROGRAM = """
import sys
from pathlib import Path
from node.keys.sealed_files import SealedFiles
from node.keys.sealing import KeyCipher
files = SealedFiles(Path(sys.argv[1]), cipher=KeyCipher.SM4_GCM, scrypt_n=2)
old, new = (bytes.fromhex(each) for each in sys.argv[2:])
print("begins", flush=True)
for name in files.names():
    secret, done = files.read_either(name, old, new)
    if not done:
        files.replace(name, secret, new)
"""


def _files(folder: Path, cipher: KeyCipher = KeyCipher.AES_256_GCM) -> SealedFiles:
    return SealedFiles(folder, cipher=cipher, scrypt_n=2)


@settings(max_examples=40)
@given(
    st.binary(min_size=1, max_size=64),
    st.lists(st.tuples(st.sampled_from(KeyCipher), st.sampled_from([_OLD, _NEW])), min_size=1, max_size=5),
)
def test_round_and_round(
    tmp_path_factory: pytest.TempPathFactory, secret: bytes, ways: list[tuple[KeyCipher, bytes]]
) -> None:
    """By whatever ciphers and passwords in turn: the secret stays, and only the newest way opens it."""
    folder, name = tmp_path_factory.mktemp("sealed"), b"\1" * 20
    _files(folder).add(name, secret, _OLD)
    last = _OLD
    for cipher, password in ways:
        files = _files(folder, cipher)
        assert secret == files.read_either(name, last, password)[0]
        files.replace(name, secret, password)
        assert (secret, True) == files.read_either(name, password, password)
        other = _NEW if password == _OLD else _OLD
        with pytest.raises(WrongPassword, match="vostro keys reseal"):
            files.read(name, other)
        last = password

    (file,) = folder.iterdir()
    assert ways[-1][0] == json.loads(file.read_text())["cipher"]
    assert 0o600 == file.stat().st_mode & 0o777


def test_wallets_file_becomes_ours(tmp_path: Path) -> None:
    """A wallet's file (AES-128-CTR) is not kept as wanted, whatever its password; sealed anew it is ours."""
    name, secret = next(iter(_SECRETS.items()))
    (tmp_path / f"{name.hex()}.json").write_text(
        json.dumps(Account.encrypt(secret, _OLD.decode(), iterations=2))
    )
    files = _files(tmp_path)

    assert (secret, False) == files.read_either(name, _OLD, _OLD)
    files.replace(name, secret, _OLD)
    assert (secret, True) == files.read_either(name, _OLD, _OLD)


def test_killed_at_any_moment(tmp_path: Path) -> None:
    """Killed anywhere, every file opens by the old password or the new; run again, it is done."""
    before = _files(tmp_path)
    for name, secret in _SECRETS.items():
        before.add(name, secret, _OLD)
    passwords, chance, mixed = (_OLD, _NEW), random.Random(4), 0
    for _ in range(_ROUNDS):
        program = [sys.executable, "-c", _PROGRAM, str(tmp_path), *(each.hex() for each in passwords)]
        with subprocess.Popen(program, stdout=subprocess.PIPE) as process:
            assert process.stdout
            assert b"begins\n" == process.stdout.readline()
            time.sleep(chance.random() * 0.02)
            process.send_signal(signal.SIGKILL)
        found = {name: before.read_either(name, *passwords)[0] for name in before.names()}
        assert _SECRETS == found
        done = [_opens(before, name, passwords[1]) for name in found]
        mixed += any(done) and not all(done)
        subprocess.run(program, check=True, capture_output=True)
        assert all(_opens(before, name, passwords[1]) for name in found)
        assert {f"{name.hex()}.json" for name in found} == {path.name for path in tmp_path.iterdir()}
        passwords = (passwords[1], passwords[0])
    assert mixed, "no round was cut in the middle"


def _opens(files: SealedFiles, name: bytes, password: bytes) -> bool:
    try:
        return files.read(name, password) == _SECRETS[name]
    except WrongPassword:
        return False


def test_disk_full(tmp_path: Path) -> None:
    """Where nothing can be written the old file stays as it was, with no rest beside it, and that is said."""
    name, secret = next(iter(_SECRETS.items()))
    files = _files(tmp_path)
    files.add(name, secret, _OLD)
    (file,) = tmp_path.iterdir()
    before = file.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(SigningError, match="is as it was"):
            files.replace(name, secret, _NEW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert [file] == list(tmp_path.iterdir())
    assert before == file.read_bytes()


def test_empty_password_is_refused(tmp_path: Path) -> None:
    """Nothing is sealed under no password."""
    name, secret = next(iter(_SECRETS.items()))
    files = _files(tmp_path)
    files.add(name, secret, _OLD)

    with pytest.raises(SigningError, match="without a password"):
        files.replace(name, secret, b"")
    assert secret == files.read(name, _OLD)
