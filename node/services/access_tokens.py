"""Access tokens of machines (RFC 6749 client credentials, RFC 7523, RFC 9068): by this node, for this node.

A token says which roles were asked for; what it may do is what of these its client has at that moment, so
disabling a client ends its tokens at once.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import extract_compact
from joserfc.jwt import JWTClaimsRegistry
from sqlalchemy import Row, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from node.errors import InvalidClient, InvalidScope, Unauthenticated
from node.services.actors import Actor, InvalidRole, roles_of, roles_text
from node.services.clients import SIGNATURES, Method, client_by_secret, client_row, key_of
from node.services.logins import Doorman
from node.store.tables import assertions

ASSERTION_SECONDS_MAX = 300
ASSERTIONS_MAX = 1000
_ALGORITHM = "HS256"
_TYPE = "at+jwt"
_ID_BYTES = 12
_ID_CHARACTERS_MAX = 200
_LEEWAY_SECONDS = 30
# Not telling a wrong secret from an unknown client, nor from one that was disabled.
_REFUSED = (
    "client and secret, or the client's signature, do not go together; `vostro clients list` shows them"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """What the token endpoint answers."""

    text: str
    seconds: int
    scope: str


def issuer_of(bic: str) -> str:
    """Return how this node is called in tokens: as who made them, and as whom they are for."""
    return f"urn:vostro:{bic}"


def token_for_secret(door: Doorman, *, client_id: str, secret: str, scope: str) -> AccessToken:
    """Return a token for a client's secret; raise `InvalidClient`, `InvalidScope`."""
    row = client_by_secret(door.store, client_id, secret)
    if row is None:
        raise InvalidClient(_REFUSED)
    return _token(door, row, scope)


def token_for_assertion(door: Doorman, *, assertion: str, scope: str) -> AccessToken:
    """Return a token for what a client signed with its key, once; raise `InvalidClient`, `InvalidScope`."""
    client_id = str(unverified(assertion).get("sub"))
    row = client_row(door.store, client_id)
    if row is None or row.method != Method.KEY.value:
        raise InvalidClient(_REFUSED)
    name, now = issuer_of(door.settings.bic), int(door.clock.now())
    try:
        found = jwt.decode(assertion, key_of(row.public_key), algorithms=SIGNATURES)
        JWTClaimsRegistry(
            now=now,
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": client_id},
            sub={"essential": True, "value": client_id},
            aud={"essential": True, "value": name},
            exp={"essential": True},
            jti={"essential": True},
        ).validate(found.claims)
    except (JoseError, ValueError):
        raise InvalidClient(_REFUSED) from None
    _use_once(door, client_id, found.claims, now)
    return _token(door, row, scope)


def token_actor(door: Doorman, text: str) -> Actor:
    """Return whose token of this node's this is; raise `Unauthenticated`."""
    name = issuer_of(door.settings.bic)
    try:
        found = jwt.decode(text, door.keys.verifying(), algorithms=[_ALGORITHM])
        JWTClaimsRegistry(
            now=int(door.clock.now()),
            iss={"essential": True, "value": name},
            aud={"essential": True, "value": name},
            sub={"essential": True},
            exp={"essential": True},
            scope={"essential": True},
        ).validate(found.claims)
    except (JoseError, ValueError):
        raise Unauthenticated("this access token is over or not of this node; ask for a new one") from None
    row = client_row(door.store, found.claims["sub"]) if found.header.get("typ") == _TYPE else None
    if row is None:
        raise Unauthenticated("this access token's client is not in use")
    roles = roles_of(row.roles.split()) & roles_of(str(found.claims["scope"]).split())
    return Actor(id=row.id, name=row.name, roles=roles)


def unverified(text: str) -> Mapping[str, Any]:
    """Return the claims of a token whose signature nobody has checked; empty when there are none."""
    try:
        claims = orjson.loads(extract_compact(text.encode()).payload or b"")
    except (JoseError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _token(door: Doorman, row: Row[Any], scope: str) -> AccessToken:
    """Make a token of the roles that are asked for, of all when none are; raise `InvalidScope`."""
    has = roles_of(row.roles.split())
    try:
        roles = roles_of(scope.split()) if scope.strip() else has
    except InvalidRole as error:
        raise InvalidScope(error.detail, param="scope") from None
    if not roles <= has:
        raise InvalidScope(f"this client has the roles {roles_text(has)} and no other", param="scope")
    name, now, seconds = (
        issuer_of(door.settings.bic),
        int(door.clock.now()),
        door.settings.access_token_seconds,
    )
    key = door.keys.signing()
    claims = {
        "iss": name,
        "aud": name,
        "sub": row.id,
        "client_id": row.id,
        "scope": roles_text(roles),
        "iat": now,
        "exp": now + seconds,
        "jti": urlsafe_b64encode(door.random.bytes(_ID_BYTES)).decode(),
    }
    text = jwt.encode({"alg": _ALGORITHM, "kid": key.kid, "typ": _TYPE}, claims, key)
    return AccessToken(text=text, seconds=seconds, scope=roles_text(roles))


def _use_once(door: Doorman, client_id: str, claims: Mapping[str, Any], now: int) -> None:
    """Remember an assertion until it is over; raise `InvalidClient` for one that was used, or lasts long."""
    expires_at, name = int(claims["exp"]), str(claims["jti"])
    if expires_at > now + ASSERTION_SECONDS_MAX + _LEEWAY_SECONDS or len(name) > _ID_CHARACTERS_MAX:
        raise InvalidClient(f"what a client signs ends within {ASSERTION_SECONDS_MAX} s, with a short id")
    digest = hashlib.sha256(f"{client_id} {name}".encode(errors="surrogatepass")).digest()
    values = {"digest": digest, "client_id": client_id, "expires_at": expires_at}
    with door.store.transaction() as connection:
        over = assertions.c.expires_at < now - _LEEWAY_SECONDS
        connection.execute(delete(assertions).where(assertions.c.client_id == client_id, over))
        kept = select(func.count()).where(assertions.c.client_id == client_id)
        if (connection.scalar(kept) or 0) >= ASSERTIONS_MAX:
            raise InvalidClient("this client asks for tokens too often; use one until it is over")
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        new = dialect.insert(assertions).values(**values).on_conflict_do_nothing()
        if connection.scalar(new.returning(assertions.c.digest)) is None:
            raise InvalidClient("this was signed for an earlier request; sign a new one, under a new `jti`")
