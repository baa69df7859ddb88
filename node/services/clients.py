"""Machines' accounts: by a secret, by a key of the machine's own (private_key_jwt), or by its certificate."""

import hashlib
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from sqlalchemy import Row, insert, select, update

from node.clock import Clock, Random
from node.errors import NameTaken, NotFound, Unauthenticated
from node.services.actors import Actor, roles_of, roles_text
from node.services.audit import append_audit
from node.services.identifiers import new_id
from node.store.session import Store
from node.store.tables import clients
from settlement.errors import InvalidValue

SECRET_PREFIX = "vc_"  # noqa: S105 - makes a leaked secret recognisable to secret scanners
NAME_CHARACTERS_MAX = 100
CLIENTS_MAX = 10_000
# What a machine, or an issuer of people's tokens, may sign with: never a shared secret, never nothing.
SIGNATURES = ("ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512", "Ed25519")
_SECRET_BYTES = 32
_RSA_BITS_MIN = 2048
_KEY_TEXT_MAX = 16_384
_ID = re.compile(r"cli_[0-9A-Z]{1,40}", re.ASCII)

PublicKey = ECKey | RSAKey | OKPKey


class InvalidPublicKey(InvalidValue):
    """Not a public key by which a signature of a machine can be checked."""


class Method(StrEnum):
    """By what a machine shows who it is."""

    SECRET = "secret"  # noqa: S105 - the word, no secret
    KEY = "key"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A machine's account as it is listed. Times in UTC seconds."""

    id: str
    name: str
    roles: str
    method: str
    created_at: int
    disabled_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """By what a new client will show who it is: what is kept of it."""

    method: Method
    digest: bytes | None = None
    public_key: str | None = None


def secret_proof(random: Random) -> tuple[Proof, str]:
    """Return a new secret, to be shown once, and what is kept of it."""
    secret = SECRET_PREFIX + urlsafe_b64encode(random.bytes(_SECRET_BYTES)).rstrip(b"=").decode()
    return Proof(method=Method.SECRET, digest=_digest(secret.encode())), secret


def key_proof(text: str) -> Proof:
    """Return what is kept of a public key (PEM, or a JWK); raise `InvalidPublicKey`."""
    key = _public_key(text)
    if key.is_private:
        raise InvalidPublicKey("this is a private key: it stays with the machine; give its public key")
    if isinstance(key, RSAKey) and key.raw_value.key_size < _RSA_BITS_MIN:
        raise InvalidPublicKey(f"an RSA key needs {_RSA_BITS_MIN} bits or more")
    return Proof(method=Method.KEY, public_key=json.dumps(key.as_dict(private=False), sort_keys=True))


def certificate_proof(der: bytes) -> Proof:
    """Return what is kept of a certificate (DER): its SHA-256 fingerprint."""
    return Proof(method=Method.CERTIFICATE, digest=_digest(der))


def new_client(
    store: Store, clock: Clock, random: Random, *, name: str, roles: Iterable[str], proof: Proof, by: str
) -> Client:
    """Make a machine's account; raise `InvalidRole`, and `NameTaken` when the certificate is another's."""
    client = Client(
        id=new_id("cli", clock, random),
        name=name[:NAME_CHARACTERS_MAX],
        roles=roles_text(roles_of(roles)),
        method=proof.method.value,
        created_at=int(clock.now()),
        disabled_at=None,
    )
    values = {field: getattr(client, field) for field in Client.__slots__}
    with store.transaction() as connection:
        if proof.digest is not None:
            holder = connection.scalar(select(clients.c.id).where(clients.c.digest == proof.digest))
            if holder is not None:
                raise NameTaken(f"{holder} comes in by this certificate already; disable it, take a new one")
        connection.execute(insert(clients).values(**values, digest=proof.digest, public_key=proof.public_key))
        append_audit(
            connection,
            at=client.created_at,
            actor=by,
            action="client_made",
            subject=client.id,
            detail={"roles": client.roles, "method": client.method},
        )
    return client


def list_clients(store: Store) -> list[Client]:
    """Return every machine's account ever made, oldest first."""
    columns = (clients.c[name] for name in Client.__slots__)
    with store.snapshot() as connection:
        rows = connection.execute(select(*columns).order_by(clients.c.id).limit(CLIENTS_MAX)).mappings().all()
    return [Client(**row) for row in rows]


def disable_client(store: Store, clock: Clock, client_id: str, *, by: str) -> None:
    """End a machine's account and all its tokens at once; raise `NotFound`."""
    now = int(clock.now())
    with store.transaction() as connection:
        done = connection.execute(
            update(clients)
            .where(clients.c.id == client_id, clients.c.disabled_at.is_(None))
            .values(disabled_at=now)
        )
        if done.rowcount != 1:
            raise NotFound(f"no client in use has the id {client_id!r}; `vostro clients list` shows them")
        append_audit(connection, at=now, actor=by, action="client_disabled", subject=client_id, detail={})


def client_by_secret(store: Store, client_id: str, secret: str) -> Row[Any] | None:
    """Return the row of the client that has this id and this secret, if it is in use."""
    row = client_row(store, client_id)
    return row if row is not None and row.digest == _digest(secret.encode()) else None


def client_row(store: Store, client_id: str) -> Row[Any] | None:
    """Return the row of a client in use."""
    if not _ID.fullmatch(client_id):
        return None
    query = select(clients).where(clients.c.id == client_id, clients.c.disabled_at.is_(None))
    with store.snapshot() as connection:
        return connection.execute(query).one_or_none()


def certificate_actor(store: Store, fingerprint: bytes) -> Actor:
    """Return whose certificate this is, which TLS has checked; raise `Unauthenticated`."""
    query = select(clients).where(
        clients.c.digest == fingerprint,
        clients.c.method == Method.CERTIFICATE.value,
        clients.c.disabled_at.is_(None),
    )
    with store.snapshot() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise Unauthenticated("no machine is known by this certificate; `vostro clients new` takes it in")
    return Actor(id=row.id, name=row.name, roles=roles_of(row.roles.split()))


def key_of(public_key: str) -> PublicKey:
    """Return the key that is kept of a client, to check its signatures by."""
    return _public_key(public_key)


def _public_key(text: str) -> PublicKey:
    for kind in (ECKey, RSAKey, OKPKey):
        try:
            key = kind.import_key(_parsed(text))
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if isinstance(key, ECKey | RSAKey) or key.as_dict().get("crv") == "Ed25519":
            return key
    raise InvalidPublicKey("neither a PEM public key nor a JWK: of P-256, P-384, P-521, RSA or Ed25519")


def _parsed(text: str) -> Any:
    if len(text) > _KEY_TEXT_MAX:
        raise ValueError
    return json.loads(text) if text.lstrip().startswith("{") else text


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
