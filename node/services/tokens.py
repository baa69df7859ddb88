"""API tokens: made once, shown once, kept only as a digest, good for a time, revoked at once.

A token is 32 random bytes, so a plain SHA-256 hides it: nobody can guess through 2^256 of them, and a
slow hash on every request would only slow the node.
"""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass

from sqlalchemy import insert, select, update

from node.clock import Clock, Random
from node.errors import NotFound, Unauthenticated
from node.services.actors import Actor, Role
from node.services.audit import append_audit
from node.services.identifiers import new_id
from node.store.session import Store
from node.store.tables import api_tokens

SECRET_BYTES = 32
SECRET_PREFIX = "vt_"  # noqa: S105 - makes a leaked token recognisable to secret scanners
NAME_CHARACTERS_MAX = 100
DAYS = 366
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as it is listed, without its secret. Times in UTC seconds."""

    id: str
    name: str
    role: Role
    created_at: int
    expires_at: int
    revoked_at: int | None


def new_token(
    store: Store, clock: Clock, random: Random, *, name: str, role: Role, by: str, days: int = DAYS
) -> tuple[Token, str]:
    """Make a token and return it with its secret, which is nowhere kept."""
    secret = SECRET_PREFIX + urlsafe_b64encode(random.bytes(SECRET_BYTES)).rstrip(b"=").decode()
    token = Token(
        id=new_id("tok", clock, random),
        name=name[:NAME_CHARACTERS_MAX],
        role=role,
        created_at=int(clock.now()),
        expires_at=int(clock.now()) + days * _DAY_SECONDS,
        revoked_at=None,
    )
    with store.transaction() as connection:
        connection.execute(
            insert(api_tokens).values(
                id=token.id,
                name=token.name,
                role=role.value,
                digest=_digest(secret),
                created_at=token.created_at,
                expires_at=token.expires_at,
            )
        )
        append_audit(
            connection,
            at=token.created_at,
            actor=by,
            action="token_made",
            subject=token.id,
            detail={"name": token.name, "role": role.value},
        )
    return token, secret


def authenticate(store: Store, clock: Clock, secret: str) -> Actor:
    """Return who holds this secret; raise `Unauthenticated`."""
    query = select(api_tokens.c.id, api_tokens.c.name, api_tokens.c.role).where(
        api_tokens.c.digest == _digest(secret),
        api_tokens.c.revoked_at.is_(None),
        api_tokens.c.expires_at > int(clock.now()),
    )
    with store.snapshot() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise Unauthenticated(
            "this token is not known, is over, or was revoked; ask the operator for a new one"
        )
    return Actor(id=row.id, name=row.name, roles=frozenset({Role(row.role)}))


def list_tokens(store: Store) -> list[Token]:
    """Return every token ever made, oldest first."""
    columns = (
        api_tokens.c[name] for name in ("id", "name", "role", "created_at", "expires_at", "revoked_at")
    )
    with store.snapshot() as connection:
        rows = connection.execute(select(*columns).order_by(api_tokens.c.id)).mappings().all()
    return [Token(**{**row, "role": Role(row["role"])}) for row in rows]


def revoke_token(store: Store, clock: Clock, token_id: str, *, by: str) -> None:
    """End a token at once; raise `NotFound` when no valid one has this id."""
    now = int(clock.now())
    with store.transaction() as connection:
        done = connection.execute(
            update(api_tokens)
            .where(api_tokens.c.id == token_id, api_tokens.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        if done.rowcount != 1:
            raise NotFound(f"no valid token has the id {token_id!r}; `vostro tokens list` shows them")
        append_audit(connection, at=now, actor=by, action="token_revoked", subject=token_id, detail={})


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
