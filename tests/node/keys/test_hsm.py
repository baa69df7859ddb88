"""Keys on a real token (SoftHSM) sign as keys in files do, never leave it, and say what is wrong."""

import copy
import inspect
import pickle
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import coincurve
import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st
from pkcs11 import Attribute, KeyType, ObjectClass
from pkcs11.types import WrapMixin
from pkcs11.util.ec import encode_named_curve_parameters
from rlp import decode

from node.chain.protocol import Fees
from node.clock import SystemRandom
from node.errors import (
    KeyNotFound,
    PinLocked,
    PolicyRefused,
    SigningError,
    TokenAbsent,
    TokenBusy,
    TokenError,
    TokenKeyUnsafe,
    TokenModuleMissing,
    TokenSessionLost,
    WrongPin,
)
from node.keys.agreement import thumbprint
from node.keys.hsm import Token
from node.keys.keystore import Keystore
from node.keys.policy import Policy
from node.keys.signer import Signer, UnsignedTransaction
from node.keys.signing import address_of, in_memory, recoverable, sign_transaction
from node.keys.token_errors import token_error
from settlement.instruction import keccak
from tests.tokens import MODULE, PIN, SoftHsm

_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
_TO, _SELECTOR = b"\x11" * 20, b"\1\2\3\4"
_POLICY = Policy(chain_id=5, calls={_TO: frozenset({_SELECTOR})}, digests=True)
_transactions = st.builds(
    UnsignedTransaction,
    chain_id=st.just(5),
    nonce=st.integers(0, 2**63),
    to=st.just(_TO),
    data=st.binary(max_size=200).map(lambda data: _SELECTOR + data),
    gas=st.integers(0, 30_000_000),
    fees=st.builds(Fees, price=st.integers(0, 2**96))
    | st.builds(Fees, price=st.integers(0, 2**96), priority=st.integers(0, 2**96)),
)


@pytest.fixture
def token(label: str) -> Iterator[Token]:
    """A fresh token, opened."""
    with closing(Token(MODULE, label, PIN)) as opened:
        yield opened


@pytest.fixture(params=["keystore", "pkcs11"])
def signer(request: pytest.FixtureRequest, tmp_path: Path) -> Signer:
    """A signer with one key, of either kind."""
    if request.param == "keystore":
        keystore = Keystore(tmp_path / "keys", scrypt_n=2)
        keystore.create(b"password", SystemRandom())
        return keystore.open(b"password", _POLICY)
    token: Token = request.getfixturevalue("token")
    token.create(SystemRandom())
    return token.signer(_POLICY)


def _transaction(**changes: object) -> UnsignedTransaction:
    fields: dict[str, object] = {
        "chain_id": 5, "nonce": 0, "to": _TO, "data": _SELECTOR, "gas": 21_000, "fees": Fees(price=0),
    }  # fmt: skip
    return UnsignedTransaction(**(fields | changes))  # type: ignore[arg-type]  # the fields' own types


def test_both_signers_sign_alike(signer: Signer) -> None:
    """Whatever holds the key: the sender is its address, s is low, and but for the signature the same RLP."""
    (address,) = signer.addresses()
    somebody = coincurve.PrivateKey(keccak(b"somebody"))

    @given(_transactions)
    @settings(max_examples=40)
    def check(transaction: UnsignedTransaction) -> None:
        signed = signer.sign(address, transaction)
        other = sign_transaction(in_memory(somebody), transaction).raw
        typed = transaction.fees.priority is not None
        fields, others = decode(signed.raw[typed:]), decode(other[typed:])

        assert "0x" + address.hex() == Account.recover_transaction(signed.raw).lower()
        assert keccak(signed.raw) == signed.hash
        assert others[:-3] == fields[:-3]
        assert 0 < int.from_bytes(fields[-1], "big") <= _ORDER // 2

    check()


@given(st.binary(min_size=32, max_size=32))
@settings(max_examples=50)
def test_signature_of_a_token_is_completed(digest: bytes) -> None:
    """Of r ‖ s with either s comes what the key itself would have given; of a stranger's nothing."""
    key = coincurve.PrivateKey(keccak(b"key"))
    whole = key.sign_recoverable(digest, hasher=None)
    s = int.from_bytes(whole[32:64], "big")
    for given_s in (s, _ORDER - s):
        bare = whole[:32] + given_s.to_bytes(32, "big")
        assert whole == recoverable(address_of(key), digest, bare)
        with pytest.raises(SigningError):
            recoverable(_TO, digest, bare)


def test_both_signers_sign_digests_alike(signer: Signer) -> None:
    """An approval's signature is recovered to the key's address."""
    (address,) = signer.addresses()
    digest = keccak(b"digest")

    signature = signer.sign_digest(address, digest)

    public = coincurve.PublicKey.from_signature_and_message(
        signature[:64] + bytes([signature[64] - 27]), digest, hasher=None
    )
    assert address == keccak(public.format(compressed=False)[1:])[12:]


def test_both_signers_ask_the_policy(signer: Signer) -> None:
    """Neither signs what the policy refuses, nor for a key that it has not."""
    (address,) = signer.addresses()
    with pytest.raises(PolicyRefused):
        signer.sign(address, _transaction(chain_id=6))
    with pytest.raises(KeyNotFound):
        signer.sign(_TO, _transaction())
    for copied in (copy.copy, pickle.dumps):
        with pytest.raises(SigningError):
            copied(signer)


def test_private_value_is_not_readable(token: Token) -> None:
    """The token gives the value of a key to nobody, wraps it for nobody, and can't be told to."""
    token.create(SystemRandom())
    key = token._session.get_key(object_class=ObjectClass.PRIVATE_KEY)

    with pytest.raises(pkcs11.AttributeSensitive):
        key[Attribute.VALUE]
    assert key[Attribute.NEVER_EXTRACTABLE]
    assert key[Attribute.ALWAYS_SENSITIVE]
    for attribute, value in ((Attribute.EXTRACTABLE, True), (Attribute.SENSITIVE, False)):
        with pytest.raises(pkcs11.PKCS11Error):
            key[attribute] = value
    wrapping = token._session.generate_key(KeyType.AES, 256, store=False)
    assert isinstance(wrapping, WrapMixin)
    with pytest.raises(pkcs11.KeyUnextractable):
        wrapping.wrap_key(key)


def test_encryption_keys_agree(token: Token) -> None:
    """A token's encryption key shares with anybody what they share with it, and signs nothing."""
    point = token.create_encryption(SystemRandom())
    (key,) = token.thumbprints()
    somebody = ec.generate_private_key(ec.SECP256R1())
    theirs = somebody.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    ours = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)

    assert thumbprint(point) == key
    assert somebody.exchange(ec.ECDH(), ours) == token.agreements().agree(key, theirs)
    assert [] == token.addresses()
    assert token.agreements().works(key)
    with pytest.raises(KeyNotFound):
        token.sign(key, bytes(32))


def test_keys_stay_on_the_token(label: str) -> None:
    """Keys are there when the token is opened again, and their addresses are seen without a PIN."""
    with closing(Token(MODULE, label, PIN)) as token:
        made = sorted(token.create(SystemRandom()) for _ in range(3))
        assert made == token.addresses()
    with closing(Token(MODULE, label, None)) as token:
        assert made == token.addresses()
    with closing(Token(MODULE, label, PIN)) as token:
        assert tuple(made[:2]) == token.signer(_POLICY, made[:2]).addresses()


def test_readable_key_is_refused(token: Token) -> None:
    """A key that somebody made so that it can be read out is not used."""
    parameters = token._session.create_domain_parameters(
        KeyType.EC, {Attribute.EC_PARAMS: encode_named_curve_parameters("1.3.132.0.10")}, local=True
    )
    parameters.generate_keypair(
        id=b"theirs", store=True, private_template={Attribute.EXTRACTABLE: True, Attribute.SENSITIVE: True}
    )
    token._read_ids()

    with pytest.raises(TokenKeyUnsafe, match="vostro keys new"):
        token.signer(_POLICY)


def test_lost_session_is_opened_anew(token: Token) -> None:
    """A session that ended between two signatures is opened again, unnoticed by who asks."""
    address = token.create(SystemRandom())
    signer = token.signer(_POLICY)
    before = signer.sign(address, _transaction())

    for lose in (
        token._session.close,
        pkcs11.lib(str(MODULE)).reinitialize,
        pkcs11.lib(str(MODULE)).finalize,
    ):
        lose()
        assert len(before.raw) - 2 <= len(signer.sign(address, _transaction()).raw) <= len(before.raw) + 2


def test_reopening_is_bounded(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that drops every session is asked twice for a signature, not for ever."""
    address = token.create(SystemRandom())
    asked = []

    def lost(_: bytes) -> None:
        asked.append(1)
        raise pkcs11.SessionHandleInvalid

    monkeypatch.setattr(token, "_key", lost)
    with pytest.raises(TokenSessionLost):
        token.sign(address, bytes(32))
    assert 2 == len(asked)


def test_token_absent(label: str, soft_hsm: SoftHsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that is not there, or goes away, is told by its label; when it is back it signs."""
    with pytest.raises(TokenAbsent, match="nobody's"):
        Token(MODULE, "nobody's", PIN)

    with closing(Token(MODULE, label, PIN)) as token:
        address = token.create(SystemRandom())
        SoftHsm(tmp_path / "empty").use(monkeypatch)
        with pytest.raises(TokenAbsent, match=label):
            token.sign(address, bytes(32))
        soft_hsm.use(monkeypatch)
        assert 65 == len(token.sign(address, bytes(32)))


def test_token_pulled_out_and_put_back(label: str, soft_hsm: SoftHsm) -> None:
    """A module that has lost its token for a moment answers nothing until it is started anew, and it is."""
    with closing(Token(MODULE, label, PIN)) as token:
        address = token.create(SystemRandom())
        soft_hsm.take_away()
        with pytest.raises(TokenError, match=label):
            token.look()
        with pytest.raises((TokenError, KeyNotFound), match=label):
            token.sign(address, bytes(32))
        soft_hsm.bring_back()

        assert [address] == token.look()
        assert 65 == len(token.sign(address, bytes(32)))


def test_key_missing(token: Token) -> None:
    """A key that the token has not, or has only the public half of, is told by its address."""
    address = token.create(SystemRandom())
    with pytest.raises(KeyNotFound, match=_TO.hex()):
        token.sign(_TO, bytes(32))
    with pytest.raises(KeyNotFound, match=_TO.hex()):
        token.signer(_POLICY, [_TO])

    token._session.get_key(object_class=ObjectClass.PRIVATE_KEY).destroy()
    with pytest.raises(KeyNotFound, match=address.hex()):
        token.sign(address, bytes(32))


@pytest.mark.parametrize("module", ["/nowhere/module.so", "/etc/hostname"])
def test_module_missing(module: str) -> None:
    """A module that is not there, or is none, is told with how to get one."""
    with pytest.raises(TokenModuleMissing, match="softhsm2"):
        Token(Path(module), "any", PIN)


def test_wrong_pin(label: str) -> None:
    """A wrong PIN is told, without being quoted."""
    with pytest.raises(WrongPin) as wrong:
        Token(MODULE, label, b"000000")
    assert "000000" not in wrong.value.detail


def test_pin_that_was_refused_is_not_tried_again(token: Token) -> None:
    """After a session was lost and the PIN has changed, it is tried once and not until the token locks."""
    address = token.create(SystemRandom())
    token._session.set_pin(PIN.decode(), "99999999")
    token._session.close()
    with pytest.raises(WrongPin):
        token.sign(address, bytes(32))

    with closing(Token(MODULE, token._label, b"99999999")):
        pass
    token._pin = b"99999999"
    with pytest.raises(WrongPin):
        token.sign(address, bytes(32))


def test_one_login_a_process(token: Token) -> None:
    """A second signer does not slip in under the first one's login, whatever PIN it gives (R8)."""
    for pin in (PIN, b"000000"):
        with pytest.raises(TokenBusy):
            Token(MODULE, token._label, pin)


def _every_error() -> list[type[pkcs11.PKCS11Error]]:
    return [
        kind
        for _, kind in inspect.getmembers(pkcs11.exceptions, inspect.isclass)
        if issubclass(kind, pkcs11.PKCS11Error)
    ]


@pytest.mark.parametrize("kind", _every_error())
def test_no_foreign_error(kind: type[pkcs11.PKCS11Error]) -> None:
    """Every error that a module can give is one of ours, and names the token."""
    made = token_error(kind("secret detail"), "label")

    assert isinstance(made, TokenError)
    assert "'label'" in made.detail
    assert "secret" not in made.detail
    assert (kind in {pkcs11.PinLocked, pkcs11.PinExpired, pkcs11.UserPinNotInitialized}) == isinstance(
        made, PinLocked
    )
