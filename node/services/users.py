"""People's accounts at this node: made, given roles, reset and disabled by an operator at its terminal.

A password that an operator sets is good for nothing but choosing another, for three days; with that the
person gets a second factor, which nobody else ever sees.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from node.clock import Clock, Random
from node.errors import NameTaken, NotFound, PasswordRefused
from node.services.actors import roles_of, roles_text
from node.services.audit import append_audit
from node.services.identifiers import new_id
from node.services.passwords import Passwords
from node.store.session import Store
from node.store.tables import sessions, users
from settlement.document import Json
from settlement.errors import InvalidValue

USERS_MAX = 10_000
_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}", re.ASCII)
# Whom a name that nobody has is checked against: it has no name, no role, and nobody's password.
NOBODY = "nobody"


class InvalidUserName(InvalidValue):
    """A log-in name has other characters, or is too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An account as it is listed. Times in UTC seconds."""

    id: str
    name: str
    roles: str
    temporary: bool
    second_factor: bool
    failures: int
    locked_until: int
    created_at: int
    disabled_at: int | None


def new_user(
    store: Store,
    clock: Clock,
    random: Random,
    passwords: Passwords,
    *,
    name: str,
    roles: Iterable[str],
    password: str,
    by: str,
) -> User:
    """Make an account; raise `InvalidUserName`, `InvalidRole`, `PasswordRefused`, `NameTaken`."""
    known, text, now = login_name(name), roles_text(roles_of(roles)), int(clock.now())
    values = {"id": new_id("usr", clock, random), "name": known, "roles": text, "created_at": now}
    fresh = _initial(passwords, known, password, now)
    with store.transaction() as connection:
        _require_free(connection, known)
        connection.execute(insert(users).values(**values, **fresh))
        append_audit(
            connection,
            at=now,
            actor=by,
            action="user_made",
            subject=str(values["id"]),
            detail={"roles": text},
        )
    return find_user(store, known)


def list_users(store: Store) -> list[User]:
    """Return every account there is or was, by name."""
    query = select(users).where(users.c.id != NOBODY).order_by(users.c.name).limit(USERS_MAX)
    with store.snapshot() as connection:
        rows = connection.execute(query).mappings().all()
    return [
        User(
            **{name: row[name] for name in User.__slots__ if name != "second_factor"},
            second_factor=row["second_factor"] is not None,
        )
        for row in rows
    ]


def find_user(store: Store, name: str) -> User:
    """Return the account of this name; raise `NotFound`."""
    for user in list_users(store):
        if user.name == name.lower():
            return user
    raise _unknown(name)


def disable_user(store: Store, clock: Clock, name: str, *, by: str) -> None:
    """End an account and its sessions at once; raise `NotFound`."""
    now = int(clock.now())
    _change(store, name, {"disabled_at": now}, at=now, by=by, action="user_disabled", detail={})


def set_roles(store: Store, clock: Clock, name: str, roles: Iterable[str], *, by: str) -> None:
    """Give an account these roles instead of its present ones, at once; raise `NotFound`, `InvalidRole`."""
    text = roles_text(roles_of(roles))
    detail: dict[str, Json] = {"roles": text}
    _change(store, name, {"roles": text}, at=int(clock.now()), by=by, action="user_roles_set", detail=detail)


def reset_user(
    store: Store, clock: Clock, passwords: Passwords, name: str, *, password: str, by: str
) -> None:
    """Let somebody who lost password or second factor begin anew; an account that was disabled opens again.

    Raise `NotFound`, `PasswordRefused`.
    """
    now = int(clock.now())
    fresh = _initial(passwords, login_name(name), password, now) | {"disabled_at": None}
    _change(store, name, fresh, at=now, by=by, action="user_reset", detail={})


def login_name(name: str) -> str:
    """Return a name as it is kept, in lower case; raise `InvalidUserName`."""
    known = known_name(name)
    if not known:
        raise InvalidUserName(f"{name[:64]!r} is no log-in name: letters, digits, . _ @ -, at most 64")
    return known


def known_name(name: str) -> str:
    """Return a name as it is kept, or the empty one, which is nobody's, for what is no name."""
    return name.lower() if _NAME.fullmatch(name.lower()) else ""


def require_sound(name: str, password: str) -> None:
    """Raise `PasswordRefused` for a password that holds its user's name."""
    if name in password.lower():
        raise PasswordRefused("a password must not hold the name; take some words", param="password")


def _initial(passwords: Passwords, name: str, password: str, now: int) -> dict[str, object]:
    require_sound(name, password)
    return {
        "password": passwords.hash(password),
        "password_made_at": now,
        "temporary": True,
        "second_factor": None,
        "code_step": 0,
        "failures": 0,
        "locked_until": 0,
    }


def _require_free(connection: Connection, name: str) -> None:
    if connection.scalar(select(users.c.id).where(users.c.name == name)) is not None:
        raise NameTaken(f"{name} is somebody's already; `vostro users list` shows everybody", param="name")


def _change(
    store: Store,
    name: str,
    values: dict[str, object],
    *,
    at: int,
    by: str,
    action: str,
    detail: dict[str, Json],
) -> None:
    with store.transaction() as connection:
        changed = connection.scalar(
            update(users)
            .where(users.c.name == known_name(name), users.c.id != NOBODY)
            .values(**values)
            .returning(users.c.id)
        )
        if changed is None:
            raise _unknown(name)
        if action != "user_roles_set":
            connection.execute(delete(sessions).where(sessions.c.user_id == changed))
        append_audit(connection, at=at, actor=by, action=action, subject=changed, detail=detail)


def _unknown(name: str) -> NotFound:
    return NotFound(f"nobody has the name {name!r}; `vostro users list` shows everybody")
