"""Whether somebody is who they say, by password and code. What is wrong is not said, not even by time.

Every log-in does the same work: one argon2id, then one transaction that holds the account's row, so that many
guesses at once are counted one after another. A name that nobody has is checked against a row of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from node.clock import Clock, Random
from node.errors import LoginRefused
from node.keys.access import AccessKeys
from node.services.audit import append_audit
from node.services.passwords import Passwords, matching_step
from node.services.users import NOBODY, known_name
from node.settings import Settings
from node.store.session import Store
from node.store.tables import users

FAILURES_FREE = 5
LOCK_SECONDS = 30
LOCK_SECONDS_MAX = 3600
TEMPORARY_SECONDS_MAX = 3 * 86_400
# argon2id of a password that was never written down, at the costs of everybody's.
_NOBODYS_PASSWORD = (
    "$argon2id$v=19$m=65536,t=3,p=4$+fwx8z6AmwvmXEnLc9hkNw$pC2CpLkNNpUtoJyRCw48ajUELnAm6v+0A1ZVdUs3WeQ"  # noqa: S105
)
_REFUSED = (
    "name, password and code do not go together, or the account is locked for a while; "
    "an operator can reset it"
)

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Doorman:
    """What letting people in works with."""

    store: Store
    settings: Settings
    clock: Clock
    random: Random
    keys: AccessKeys
    passwords: Passwords


def prove(
    door: Doorman,
    *,
    name: str,
    password: str,
    code: str,
    then: Callable[[Connection, Row[Any], int], Result],
) -> Result:
    """Call `then` with the user's row, held, and the time; raise `LoginRefused`, `LoginsBusy`.

    A code works once. After five failures the account is locked: half a minute, then twice as long each time,
    an hour at most.
    """
    kept = _kept_password(door.store, name)
    matches = door.passwords.matches(kept, password)
    now = int(door.clock.now())
    with door.store.transaction() as connection:
        row = _held(connection, name)
        step = _step(door, row, code)
        sound = matches and row.password == kept and _usable(row, now) and step is not None
        locked = now < row.locked_until
        if not locked:
            _count(connection, row, step if sound else None, now)
        if sound and not locked:
            return then(connection, row, now)
    raise LoginRefused(_REFUSED)


def _kept_password(store: Store, name: str) -> str:
    with store.snapshot() as connection:
        kept = connection.scalar(select(users.c.password).where(users.c.name == known_name(name)))
    return kept or _NOBODYS_PASSWORD


def _held(connection: Connection, name: str) -> Row[Any]:
    """Return the row of this name, or nobody's; nobody else changes it until the transaction ends."""
    whose = or_(users.c.name == known_name(name), users.c.id == NOBODY)
    query = select(users).where(whose).order_by(users.c.id == NOBODY).limit(1).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(dialect.insert(users).values(**_nobody()).on_conflict_do_nothing())
        row = connection.execute(query).one()
    return row


def _nobody() -> dict[str, object]:
    return {
        "id": NOBODY,
        "name": "",
        "roles": "",
        "password": _NOBODYS_PASSWORD,
        "password_made_at": 0,
        "temporary": True,
        "code_step": 0,
        "failures": 0,
        "locked_until": 0,
        "created_at": 0,
    }


def _usable(row: Row[Any], now: int) -> bool:
    lapsed = row.temporary and now - row.password_made_at >= TEMPORARY_SECONDS_MAX
    return row.id != NOBODY and row.disabled_at is None and not lapsed


def _step(door: Doorman, row: Row[Any], code: str) -> int | None:
    """Return the step of a code that is right and was not used; the one there was where none is asked for."""
    if row.second_factor is None:
        return int(row.code_step)
    secret = door.keys.unseal(row.second_factor, owner=row.id)
    return matching_step(secret, code, now=door.clock.now(), after=row.code_step)


def _count(connection: Connection, row: Row[Any], step: int | None, now: int) -> None:
    """Note a success by its step, a failure by None."""
    failures = 0 if step is not None else row.failures + 1
    beyond = failures - FAILURES_FREE
    values = {"failures": failures, "code_step": row.code_step if step is None else step}
    if beyond >= 0:
        values["locked_until"] = now + min(LOCK_SECONDS_MAX, LOCK_SECONDS << min(beyond, 10))
    connection.execute(update(users).where(users.c.id == row.id).values(**values))
    if beyond >= 0 and row.id != NOBODY:
        append_audit(
            connection,
            at=now,
            actor=row.id,
            action="user_locked",
            subject=row.id,
            detail={"failures": failures},
        )
