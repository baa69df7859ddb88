"""Machines get tokens by a secret or by what they sign: for what they may do, for a time, for this node."""

import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from sqlalchemy import select

from node.clock import SystemRandom
from node.errors import InvalidClient, InvalidScope, NameTaken, NotFound, Unauthenticated
from node.keys.access import AccessKeys
from node.services.access_tokens import (
    ASSERTION_SECONDS_MAX,
    ASSERTIONS_MAX,
    AccessToken,
    issuer_of,
    token_actor,
    token_for_assertion,
    token_for_secret,
    unverified,
)
from node.services.actors import Role
from node.services.audit import verify_audit
from node.services.clients import (
    Client,
    InvalidPublicKey,
    Proof,
    certificate_actor,
    certificate_proof,
    disable_client,
    key_proof,
    list_clients,
    new_client,
    secret_proof,
)
from node.services.logins import Doorman
from node.services.passwords import Passwords
from node.settings import Settings
from node.store.session import Store
from node.store.tables import assertions, audit, clients
from tests.clocks import SetClock

_BIC = "BANKDEFFXXX"
_HERE = issuer_of(_BIC)
_KEYS: dict[str, ECKey | RSAKey | OKPKey] = {
    "ES256": ECKey.generate_key("P-256"),
    "PS256": RSAKey.generate_key(2048),
    "Ed25519": OKPKey.generate_key("Ed25519"),
}


@pytest.fixture
def door(store: Store, tmp_path: Path) -> Doorman:
    """A node's door."""
    return _door(store, tmp_path)


def _door(store: Store, home: Path, bic: str = _BIC) -> Doorman:
    return Doorman(
        store=store,
        settings=Settings(bic=bic, home=home),
        clock=SetClock(int(time.time())),
        random=SystemRandom(),
        keys=AccessKeys(home / "access.json", SystemRandom()),
        passwords=Passwords(),
    )


def _client(door: Doorman, *roles: str, proof: Proof | None = None) -> tuple[Client, str]:
    made, secret = secret_proof(door.random)
    client = new_client(
        door.store,
        door.clock,
        door.random,
        name="till",
        roles=roles or ["integration"],
        proof=proof or made,
        by="test",
    )
    return client, secret


def _signed(
    door: Doorman, client: Client, algorithm: str = "ES256", key: Key | None = None, **changes: Any
) -> str:
    now = int(door.clock.now())
    claims = {"iss": client.id, "sub": client.id, "aud": _HERE, "exp": now + 60, "jti": "one"} | changes
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": algorithm}, kept, key or _KEYS[algorithm], algorithms=[algorithm])


def _granted(door: Doorman, assertion: str) -> AccessToken:
    return token_for_assertion(door, assertion=assertion, scope="")


def test_a_secret_gets_a_token(door: Doorman) -> None:
    """A token says who has it and which roles were asked for; without a scope all that the client has."""
    client, secret = _client(door, "officer", "integration")
    for scope, roles in {
        "": {Role.OFFICER, Role.INTEGRATION},
        "integration": {Role.INTEGRATION},
        "officer integration": {Role.OFFICER, Role.INTEGRATION},
    }.items():
        token = token_for_secret(door, client_id=client.id, secret=secret, scope=scope)
        actor = token_actor(door, token.text)
        assert (client.id, "till", roles) == (actor.id, actor.name, set(actor.roles))


@pytest.mark.parametrize("scope", ["operator", "integration operator", "king", "integration\x00"])
def test_no_role_is_gained(door: Doorman, scope: str) -> None:
    """What the client does not have is refused as a scope."""
    client, secret = _client(door)
    with pytest.raises(InvalidScope):
        token_for_secret(door, client_id=client.id, secret=secret, scope=scope)


def test_wrong_secrets(door: Doorman) -> None:
    """Another's secret, a part of it, an unknown client and one by key get nothing, in the same words."""
    client, secret = _client(door)
    other, _ = _client(door)
    by_key, _ = _client(door, proof=key_proof(_pem(_KEYS["ES256"])))
    said = set()
    for name, shown in [
        (client.id, ""),
        (client.id, secret[:-1]),
        (other.id, secret),
        (by_key.id, ""),
        ("cli_0", secret),
        ("\x00", secret),
    ]:
        with pytest.raises(InvalidClient) as refusal:
            token_for_secret(door, client_id=name, secret=shown, scope="")
        said.add(refusal.value.detail)
    assert 1 == len(said)


def test_a_token_ends(door: Doorman) -> None:
    """A token is good to its last second; after it, it is nobody's."""
    client, secret = _client(door)
    token = token_for_secret(door, client_id=client.id, secret=secret, scope="")
    door.clock.sleep(token.seconds - 1)
    token_actor(door, token.text)
    door.clock.sleep(1)
    with pytest.raises(Unauthenticated):
        token_actor(door, token.text)


def test_a_disabled_client_has_no_tokens(door: Doorman) -> None:
    """Disabling ends a client's tokens at once, whatever they say."""
    client, secret = _client(door)
    token = token_for_secret(door, client_id=client.id, secret=secret, scope="")
    disable_client(door.store, door.clock, client.id, by="test")
    with pytest.raises(Unauthenticated):
        token_actor(door, token.text)
    with pytest.raises(InvalidClient):
        token_for_secret(door, client_id=client.id, secret=secret, scope="")
    with pytest.raises(NotFound):
        disable_client(door.store, door.clock, client.id, by="test")


def test_another_nodes_tokens(door: Doorman, tmp_path: Path) -> None:
    """A token is good at the node it was made for: not at another bank's, not under another node's keys."""
    client, secret = _client(door)
    token = token_for_secret(door, client_id=client.id, secret=secret, scope="")
    for stranger in (_door(door.store, tmp_path, "OTHRDEFFXXX"), _door(door.store, tmp_path / "other")):
        with pytest.raises(Unauthenticated):
            token_actor(stranger, token.text)


def test_keys_rotate(door: Doorman) -> None:
    """After a rotation what the key before has signed goes on; after two it is over."""
    client, secret = _client(door)
    token = token_for_secret(door, client_id=client.id, secret=secret, scope="")
    door.keys.rotate()
    token_actor(door, token.text)
    newer = token_for_secret(door, client_id=client.id, secret=secret, scope="")
    door.keys.rotate()
    token_actor(door, newer.text)
    with pytest.raises(Unauthenticated):
        token_actor(door, token.text)


def test_forged_tokens(door: Doorman) -> None:
    """No token passes that this node's own key has not signed as a token, whatever it says of itself."""
    client, _ = _client(door, "officer")
    now = int(door.clock.now())
    claims: dict[str, Any] = {
        "iss": _HERE, "aud": _HERE, "sub": client.id, "scope": "officer", "exp": now + 60,
    }  # fmt: skip
    own = door.keys.signing()
    good = {"alg": "HS256", "kid": own.kid, "typ": "at+jwt"}
    token_actor(door, jwt.encode(good, claims, own))
    guessed = OctKey.generate_key(256)
    forged = [
        jwt.encode({"alg": "HS256", "kid": own.kid, "typ": "at+jwt"}, claims, guessed),
        jwt.encode({"alg": "ES256", "kid": own.kid, "typ": "at+jwt"}, claims, _KEYS["ES256"]),
        jwt.encode(good | {"typ": "JWT"}, claims, own),
        jwt.encode(
            {"alg": "HS384", "kid": own.kid, "typ": "at+jwt"}, claims, own_as(own), algorithms=["HS384"]
        ),
        *(jwt.encode(good, {n: v for n, v in claims.items() if n != left}, own) for left in claims),
        *(jwt.encode(good, claims | {name: "x"}, own) for name in ("iss", "aud", "sub", "exp")),
        jwt.encode(good, claims | {"exp": float(now - 1)}, own),
    ]
    head, body, _ = jwt.encode(good, claims, own).split(".")
    forged += [f"{head}.{body}.", f"eyJhbGciOiJub25lIn0.{body}."]
    for text in forged:
        with pytest.raises(Unauthenticated):
            token_actor(door, text)


def own_as(key: OctKey) -> OctKey:
    """The node's key without the word that it is for HS256."""
    return OctKey.import_key({"kty": "oct", "k": key.as_dict(private=True)["k"]})


@pytest.mark.parametrize("algorithm", _KEYS)
def test_a_signature_gets_a_token_once(door: Doorman, algorithm: str) -> None:
    """What a client signed by its own key gets a token, and never a second one."""
    client, _ = _client(door, proof=key_proof(_pem(_KEYS[algorithm])))
    assertion = _signed(door, client, algorithm)
    assert client.id == token_actor(door, _granted(door, assertion).text).id
    with pytest.raises(InvalidClient):
        _granted(door, assertion)
    _granted(door, _signed(door, client, algorithm, jti="two"))


_WRONG: dict[str, dict[str, Any]] = {
    "for another node": {"aud": issuer_of("OTHRDEFFXXX")},
    "for nobody": {"aud": None},
    "of another": {"iss": "cli_0"},
    "over": {"exp": 1},
    "without an end": {"exp": None},
    "for too long": {"exp": int(time.time()) + 2 * ASSERTION_SECONDS_MAX},
    "not yet": {"nbf": int(time.time()) + 600},
    "without an id": {"jti": None},
    "with a number as id": {"jti": 7},
    "with a long id": {"jti": "x" * 1000},
    "by another key": {"key": ECKey.generate_key("P-256")},
}


@pytest.mark.parametrize("changes", _WRONG.values(), ids=_WRONG)
def test_wrong_signatures(door: Doorman, changes: dict[str, Any]) -> None:
    """What is signed for elsewhere, for ever, by another, or is over, gets nothing."""
    client, _ = _client(door, proof=key_proof(_pem(_KEYS["ES256"])))
    with pytest.raises(InvalidClient):
        _granted(door, _signed(door, client, **changes))


def test_no_shared_secret_signs(door: Doorman) -> None:
    """The public key, taken as a shared secret, signs nothing; neither does no signature at all."""
    client, _ = _client(door, proof=key_proof(_pem(_KEYS["ES256"])))
    with door.store.snapshot() as connection:
        public = connection.scalar(select(clients.c.public_key).where(clients.c.id == client.id))
    assert public is not None
    shared = OctKey.import_key(public)
    head, body, _ = _signed(door, client).split(".")
    for text in (
        _signed(door, client, "HS256", shared),
        f"eyJhbGciOiJub25lIn0.{body}.",
        f"{head}.{body}.",
    ):
        with pytest.raises(InvalidClient):
            _granted(door, text)


def test_what_was_used_is_bounded(door: Doorman) -> None:
    """What is remembered of used signatures leaves when it is over, and never grows beyond its limit."""
    client, _ = _client(door, proof=key_proof(_pem(_KEYS["ES256"])))
    soon = int(door.clock.now()) + 30
    with door.store.transaction() as connection:
        rows = [
            {"digest": bytes([n // 256, n % 256]), "client_id": client.id, "expires_at": soon}
            for n in range(ASSERTIONS_MAX)
        ]
        connection.execute(assertions.insert(), rows)
    with pytest.raises(InvalidClient, match="too often"):
        _granted(door, _signed(door, client))
    door.clock.sleep(120)
    _granted(door, _signed(door, client))
    with door.store.snapshot() as connection:
        assert 1 == len(connection.execute(select(assertions)).all())


def test_a_certificate_is_its_machine(door: Doorman) -> None:
    """A machine is known by the fingerprint of its certificate while it is in use; it is nobody else's."""
    proof = certificate_proof(b"certificate")
    client, _ = _client(door, proof=proof)
    assert proof.digest is not None
    assert client.id == certificate_actor(door.store, proof.digest).id
    with pytest.raises(NameTaken):
        _client(door, proof=proof)
    _, secret = _client(door)
    for other in (certificate_proof(b"other").digest, certificate_proof(secret.encode()).digest):
        assert other is not None
        with pytest.raises(Unauthenticated):
            certificate_actor(door.store, other)
    disable_client(door.store, door.clock, client.id, by="test")
    with pytest.raises(Unauthenticated):
        certificate_actor(door.store, proof.digest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "-----BEGIN PUBLIC KEY-----",
        '{"kty": "oct", "k": "c2VjcmV0"}',
        '{"kty": "OKP", "crv": "X25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}',
        "x" * 20_000,
    ],
)
def test_what_is_no_public_key(text: str) -> None:
    """Only keys that can check a signature are taken."""
    with pytest.raises(InvalidPublicKey):
        key_proof(text)


def test_private_and_small_keys_are_refused() -> None:
    """A private key stays with its machine; a small one protects nothing."""
    with pytest.raises(InvalidPublicKey, match="private"):
        key_proof(_KEYS["ES256"].as_pem(private=True).decode())
    public = rsa.generate_private_key(65537, 1024).public_key()  # noqa: S505 - it is to be refused
    small = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with pytest.warns(SecurityWarning), pytest.raises(InvalidPublicKey, match="2048"):
        key_proof(small.decode())


def test_keeps_no_secret(door: Doorman) -> None:
    """No table holds a client's secret, and each account made or ended is in the audit log."""
    client, secret = _client(door)
    disable_client(door.store, door.clock, client.id, by="test")
    with door.store.snapshot() as connection:
        rows = [*connection.execute(select(clients)), *connection.execute(select(audit))]
        assert 2 == verify_audit(connection)[0]
    kept = b"".join(v if isinstance(v, bytes) else str(v).encode() for row in rows for v in row)
    assert secret.removeprefix("vc_")[:8].encode() not in kept
    assert [client.id] == [each.id for each in list_clients(door.store)]


@given(text=st.one_of(st.text(), st.lists(st.text("abcDE019-_=")).map(".".join)))
def test_whatever_is_shown_is_answered(door_of_sqlite: Doorman, text: str) -> None:
    """Nothing that is shown as a token is anything but refused."""
    unverified(text)
    with pytest.raises(Unauthenticated):
        token_actor(door_of_sqlite, text)
    with pytest.raises(InvalidClient):
        _granted(door_of_sqlite, text)


@pytest.fixture(scope="module")
def door_of_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Doorman:
    """One door for many examples."""
    home = tmp_path_factory.mktemp("door")
    store = Store(f"sqlite:///{home / 'vostro.sqlite'}")
    store.migrate()
    return _door(store, home)


def _pem(key: ECKey | RSAKey | OKPKey) -> str:
    return bytes(key.as_pem(private=False)).decode()
