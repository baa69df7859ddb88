"""Who is logged in: sessions kept as digests, that end when idle, when old, at log-out and by an operator."""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from node.clock import Clock
from node.errors import PasswordRefused, Unauthenticated
from node.services.actors import Actor, Role, roles_of
from node.services.audit import append_audit
from node.services.logins import Doorman, prove
from node.services.passwords import SECOND_FACTOR_BYTES, enrolment_uri
from node.services.users import require_sound
from node.settings import Settings
from node.store.session import Store
from node.store.tables import sessions, users

SECRET_PREFIX = "vs_"  # noqa: S105 - makes a leaked session recognisable to secret scanners
SESSIONS_MAX = 10
_SECRET_BYTES = 32
_SEEN_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A log-in: its secret, shown once, when it ends at the latest, and whether a password must be chosen."""

    secret: str
    expires_at: int
    temporary: bool


def log_in(door: Doorman, *, name: str, password: str, code: str) -> Session:
    """Return a new session; of more than ten of one user the oldest ends.

    Raise `LoginRefused`, `LoginsBusy`.
    """
    secret = SECRET_PREFIX + urlsafe_b64encode(door.random.bytes(_SECRET_BYTES)).rstrip(b"=").decode()

    def opened(connection: Connection, row: Row[Any], now: int) -> Session:
        _end_older(connection, row.id, keep=SESSIONS_MAX - 1)
        connection.execute(
            insert(sessions).values(digest=_digest(secret), user_id=row.id, created_at=now, seen_at=now)
        )
        _audit(connection, now, row.id, "logged_in")
        return Session(secret=secret, expires_at=now + door.settings.session_seconds, temporary=row.temporary)

    return prove(door, name=name, password=password, code=code, then=opened)


def change_password(door: Doorman, session: str, *, present: str, wanted: str, code: str) -> str | None:
    """Change the password of a session's user and end the user's other sessions.

    The first time, return what an authenticator takes in: from then on a code is asked for. Raise
    `LoginRefused`, `PasswordRefused`, `Unauthenticated`.
    """
    name = session_actor(door.store, door.settings, door.clock, session).name
    require_sound(name, wanted)
    if wanted == present:
        raise PasswordRefused("the new password is the one there was; choose another", param="wanted")
    kept = door.passwords.hash(wanted)

    def changed(connection: Connection, row: Row[Any], now: int) -> str | None:
        values = {"password": kept, "password_made_at": now, "temporary": False}
        enrolled = None
        if row.second_factor is None:
            enrolled = door.random.bytes(SECOND_FACTOR_BYTES)
            values["second_factor"] = door.keys.seal(enrolled, owner=row.id)
        connection.execute(update(users).where(users.c.id == row.id).values(**values))
        others = (sessions.c.user_id == row.id) & (sessions.c.digest != _digest(session))
        connection.execute(delete(sessions).where(others))
        _audit(connection, now, row.id, "password_changed")
        issuer = f"Vostro {door.settings.bic}"
        return None if enrolled is None else enrolment_uri(enrolled, name=name, issuer=issuer)

    return prove(door, name=name, password=present, code=code, then=changed)


def log_out(store: Store, clock: Clock, session: str) -> None:
    """End a session at once; to end it twice changes nothing."""
    query = delete(sessions).where(sessions.c.digest == _digest(session)).returning(sessions.c.user_id)
    with store.transaction() as connection:
        user = connection.scalar(query)
        if user is not None:
            _audit(connection, int(clock.now()), user, "logged_out")


def session_actor(store: Store, settings: Settings, clock: Clock, session: str) -> Actor:
    """Return whose session this is; raise `Unauthenticated`. Who must choose a password has no roles yet."""
    now = int(clock.now())
    with store.snapshot() as connection:
        row = connection.execute(_whose(session)).one_or_none()
    if (
        row is None
        or row.disabled_at is not None
        or now - row.created_at >= settings.session_seconds
        or now - row.seen_at >= settings.session_idle_seconds
    ):
        raise Unauthenticated("this session is over; log in again")
    if now - row.seen_at >= min(_SEEN_SECONDS, settings.session_idle_seconds // 2):
        seen = update(sessions).where(sessions.c.digest == _digest(session)).values(seen_at=now)
        with store.transaction() as connection:
            connection.execute(seen)
    roles: frozenset[Role] = frozenset() if row.temporary else roles_of(row.roles.split())
    return Actor(id=row.id, name=row.name, roles=roles)


def _whose(session: str) -> Select[Any]:
    columns = (sessions.c.created_at, sessions.c.seen_at)
    account = (users.c.id, users.c.name, users.c.roles, users.c.temporary, users.c.disabled_at)
    return select(*columns, *account).join(users).where(sessions.c.digest == _digest(session))


def _end_older(connection: Connection, user: str, *, keep: int) -> None:
    newest = (
        select(sessions.c.digest)
        .where(sessions.c.user_id == user)
        .order_by(sessions.c.created_at.desc(), sessions.c.digest)
        .limit(keep)
    )
    older = (sessions.c.user_id == user) & sessions.c.digest.not_in(newest)
    connection.execute(delete(sessions).where(older))


def _audit(connection: Connection, at: int, user: str, action: str) -> None:
    append_audit(connection, at=at, actor=user, action=action, subject=user, detail={})


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
