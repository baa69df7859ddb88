"""A running signer follows its keystore or token: what comes is opened, what goes is let go, nothing else."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pkcs11 import Attribute, KeyType
from pkcs11.util.ec import encode_named_curve_parameters

from node.clock import SystemRandom
from node.errors import KeyNotFound, TokenAbsent, WrongPassword
from node.keys import signing
from node.keys.hsm import Token
from node.keys.keystore import Keystore
from node.keys.policy import Policy
from node.keys.ring import KeyRing, KeySource, KeystoreKeys, TokenKeys
from tests.tokens import MODULE, PIN, SoftHsm

_POLICY = Policy(chain_id=5, digests=True)
_PASSWORD = b"of these tests"
_DIGEST = bytes(32)


@dataclass(slots=True, kw_only=True)
class Place:
    """Where keys lie, and how another process puts one in or takes it out."""

    source: KeySource
    create: Callable[[], bytes]
    remove: Callable[[bytes], None]

    def ring(self) -> KeyRing:
        """A signer of what lies there now."""
        return KeyRing(self.source, self.source.addresses(), _POLICY)


def _files(folder: Path) -> Place:
    keystore = Keystore(folder, scrypt_n=2)
    return Place(
        source=KeystoreKeys(keystore=keystore, password=lambda: _PASSWORD),
        create=lambda: keystore.create(_PASSWORD, SystemRandom()),
        remove=keystore.remove,
    )


@pytest.fixture(params=["keystore", "pkcs11"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A keystore, or a token; on the token another session does what another process would."""
    with ExitStack() as opened:
        if request.param == "keystore":
            yield _files(tmp_path / "keys")
            return
        token = opened.enter_context(closing(Token(MODULE, request.getfixturevalue("label"), PIN)))
        yield Place(
            source=TokenKeys(token=token),
            create=lambda: token.create(SystemRandom()),
            remove=token.remove,
        )


def _settled(ring: KeyRing) -> set[bytes]:
    while ring.tick():
        pass
    return set(ring.addresses())


def test_key_that_comes_is_opened(place: Place) -> None:
    """A key that is made while the signer works signs, without a restart, and the others go on."""
    first = place.create()
    ring = place.ring()
    second = place.create()
    assert (first,) == ring.addresses()

    assert 1 == ring.tick()
    assert 0 == ring.tick()

    assert {first, second} == set(ring.addresses())
    assert ring.sign_digest(first, _DIGEST) != ring.sign_digest(second, _DIGEST)
    assert ring.warning() is None


def test_key_that_goes_is_let_go(place: Place) -> None:
    """What is taken out signs no more."""
    first, second = place.create(), place.create()
    ring = place.ring()
    place.remove(first)

    assert {second} == _settled(ring)
    with pytest.raises(KeyNotFound, match=first.hex()):
        ring.sign_digest(first, _DIGEST)


def test_empty_is_taken_for_away(place: Place) -> None:
    """Without any key there it is said, and what is open stays open: a disk may be gone for a moment."""
    only = place.create()
    ring = place.ring()
    place.remove(only)

    with pytest.raises((KeyNotFound, TokenAbsent), match=r"mounted|plugged in"):
        ring.tick()
    assert (only,) == ring.addresses()


@settings(max_examples=50)
@given(st.lists(st.booleans(), max_size=12))
def test_follows_whatever_is_done(tmp_path_factory: pytest.TempPathFactory, done: list[bool]) -> None:
    """Whatever is put in and taken out between two looks, afterwards the signer has what lies there."""
    place = _files(tmp_path_factory.mktemp("ring") / "keys")
    there = [place.create()]
    ring = place.ring()
    for puts in done:
        if puts:
            there.append(place.create())
        elif len(there) > 1:
            place.remove(there.pop(0))
        else:
            assert set(there) == _settled(ring)

    assert set(there) == _settled(ring)


def test_one_key_a_tick(tmp_path: Path) -> None:
    """Each tick opens one key at most, since each costs a second."""
    place = _files(tmp_path / "keys")
    place.create()
    ring = place.ring()
    for _ in range(3):
        place.create()

    assert [1, 1, 1, 0] == [ring.tick() for _ in range(4)]


def test_key_that_does_not_open(tmp_path: Path) -> None:
    """A key under another password is told by name, stops no other, and costs its second once."""
    keystore = Keystore(tmp_path / "keys", scrypt_n=2)
    passwords = [_PASSWORD]
    tried: list[bytes] = []

    class Counting(KeystoreKeys):
        def opened(self, address: bytes) -> signing.Sign:
            tried.append(address)
            return super().opened(address)

    first = keystore.create(_PASSWORD, SystemRandom())
    ring = KeyRing(Counting(keystore=keystore, password=lambda: passwords[-1]), [first], _POLICY)
    other = keystore.create(b"another", SystemRandom())
    tried.clear()

    assert [0, 0, 0] == [ring.tick() for _ in range(3)]
    assert [other] == tried
    assert f"0x{other.hex()} is not used: {WrongPassword.code}" in str(ring.warning())
    third = keystore.create(_PASSWORD, SystemRandom())
    assert {first, third} == _settled(ring)

    passwords.append(b"another")
    assert {first, other, third} == _settled(ring)
    assert ring.warning() is None


def test_damaged_file_is_told_until_it_is_mended(tmp_path: Path) -> None:
    """A file that is none is tried again when it was written anew, and forgotten when it is gone."""
    place = _files(tmp_path / "keys")
    place.create()
    ring = place.ring()
    late = place.create()
    file = tmp_path / "keys" / f"{late.hex()}.json"
    whole = file.read_bytes()
    file.write_bytes(b"{}")
    assert 0 == ring.tick()
    assert "keystore_damaged" in str(ring.warning())

    file.unlink()
    assert 0 == ring.tick()
    assert ring.warning() is None
    file.write_bytes(whole)
    assert late in _settled(ring)


def test_token_key_that_could_be_read_out(label: str) -> None:
    """A key that somebody put on the token so that it can be read out is told, and not used."""
    with closing(Token(MODULE, label, PIN)) as token:
        first = token.create(SystemRandom())
        ring = KeyRing(TokenKeys(token=token), [first], _POLICY)
        parameters = token._session.create_domain_parameters(
            KeyType.EC, {Attribute.EC_PARAMS: encode_named_curve_parameters("1.3.132.0.10")}, local=True
        )
        parameters.generate_keypair(id=b"theirs", store=True, private_template={Attribute.EXTRACTABLE: True})

        assert {first} == _settled(ring)
        assert "could be read out" in str(ring.warning())


def test_token_away_and_back(
    label: str, soft_hsm: SoftHsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the token is away its keys are kept; they sign when it is back."""
    with closing(Token(MODULE, label, PIN)) as token:
        only = token.create(SystemRandom())
        ring = KeyRing(TokenKeys(token=token), [only], _POLICY)
        SoftHsm(tmp_path / "empty").use(monkeypatch)
        with pytest.raises(TokenAbsent):
            ring.tick()
        soft_hsm.use(monkeypatch)

        assert 0 == ring.tick()
        assert 65 == len(ring.sign_digest(only, _DIGEST))


def test_start_is_strict(tmp_path: Path) -> None:
    """At start every key opens, or the signer does not come about."""
    place = _files(tmp_path / "keys")
    place.create()
    Keystore(tmp_path / "keys", scrypt_n=2).create(b"another", SystemRandom())

    with pytest.raises(WrongPassword):
        place.ring()
