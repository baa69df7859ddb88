"""People come in by name, password and a code that works once; guessing is counted, and nothing is told."""

import time
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from node.clock import SystemRandom
from node.errors import LoginRefused, LoginsBusy, NameTaken, NotFound, PasswordRefused, Unauthenticated
from node.keys.access import AccessKeys
from node.services.actors import InvalidRole, Role
from node.services.audit import verify_audit
from node.services.logins import FAILURES_FREE, LOCK_SECONDS, LOCK_SECONDS_MAX, TEMPORARY_SECONDS_MAX, Doorman
from node.services.passwords import STEP_SECONDS, Passwords
from node.services.sessions import SESSIONS_MAX, change_password, log_in, log_out, session_actor
from node.services.users import (
    InvalidUserName,
    disable_user,
    find_user,
    list_users,
    new_user,
    reset_user,
    set_roles,
)
from node.settings import Settings
from node.store.session import Store
from node.store.tables import audit, sessions, users
from tests.clocks import SetClock

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST, WORDS, OTHERS = "a first password", "correct horse battery", "four other words here"
_START = 1_760_000_000


@pytest.fixture
def door(store: Store, tmp_path: Path) -> Doorman:
    """A node's door with one officer, Erika, who has not logged in yet."""
    settings = Settings(bic="BANKDEFFXXX", home=tmp_path)
    door = Doorman(
        store=store,
        settings=settings,
        clock=SetClock(_START),
        random=SystemRandom(),
        keys=AccessKeys(tmp_path / "access.json", SystemRandom()),
        passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=64)),
    )
    _new(door, "erika")
    return door


def _new(door: Doorman, name: str, role: str = "officer") -> None:
    new_user(
        door.store,
        door.clock,
        door.random,
        door.passwords,
        name=name,
        roles=[role],
        password=FIRST,
        by="test",
    )


def _enrolled(door: Doorman) -> pyotp.TOTP:
    """Erika's authenticator, after she has chosen her password."""
    session = log_in(door, name="erika", password=FIRST, code="").secret
    uri = change_password(door, session, present=FIRST, wanted=WORDS, code="")
    assert uri is not None
    return pyotp.TOTP(parse_qs(urlsplit(uri).query)["secret"][0])


def _code(door: Doorman, authenticator: pyotp.TOTP) -> str:
    """The next code that was not used: half a minute later."""
    door.clock.sleep(STEP_SECONDS)
    return authenticator.at(int(door.clock.now()))


def _refused(door: Doorman, *, name: str = "erika", password: str = WORDS, code: str = "") -> str:
    with pytest.raises(LoginRefused) as refusal:
        log_in(door, name=name, password=password, code=code)
    return refusal.value.detail


def test_a_first_password_opens_only_the_choice_of_another(door: Doorman) -> None:
    """Who comes in by an operator's password has no roles until another was chosen."""
    opened = log_in(door, name="Erika", password=FIRST, code="")
    assert opened.temporary
    assert frozenset() == session_actor(door.store, door.settings, door.clock, opened.secret).roles
    change_password(door, opened.secret, present=FIRST, wanted=WORDS, code="")
    actor = session_actor(door.store, door.settings, door.clock, opened.secret)
    assert ("erika", frozenset({Role.OFFICER})) == (actor.name, actor.roles)


def test_a_first_password_lapses(door: Doorman) -> None:
    """What an operator set is good for three days."""
    door.clock.sleep(TEMPORARY_SECONDS_MAX)
    _refused(door, password=FIRST)


def test_all_three_are_needed(door: Doorman) -> None:
    """Name, password and code open a session; with any of them wrong it is refused in the same words."""
    authenticator = _enrolled(door)
    said = {
        _refused(door, code=""),
        _refused(door, code="000000" if _code(door, authenticator) != "000000" else "000001"),
        _refused(door, password=OTHERS, code=_code(door, authenticator)),
        _refused(door, name="max", code=_code(door, authenticator)),
        _refused(door, name="x" * 64 + "\x00", code=_code(door, authenticator)),
        _refused(door, name="", code=""),
    }
    assert 1 == len(said)
    assert log_in(door, name="erika", password=WORDS, code=_code(door, authenticator)).secret


def test_a_code_works_once(door: Doorman) -> None:
    """A code that was used opens nothing again, nor does one from before it."""
    authenticator = _enrolled(door)
    before = authenticator.at(int(door.clock.now()))
    code = _code(door, authenticator)
    log_in(door, name="erika", password=WORDS, code=code)
    _refused(door, code=code)
    _refused(door, code=before)


def test_an_old_code_is_none(door: Doorman) -> None:
    """A code of a minute ago, or of a minute ahead, is refused."""
    authenticator = _enrolled(door)
    now = int(door.clock.now())
    for seconds in (-2 * STEP_SECONDS, 2 * STEP_SECONDS):
        _refused(door, code=authenticator.at(now + seconds))


def test_guessing_locks(door: Doorman) -> None:
    """After five failures nothing opens for half a minute, then twice as long each time, an hour at most."""
    authenticator = _enrolled(door)
    for _ in range(5):
        _refused(door, password=OTHERS)
    waits: list[int] = []
    while not waits or waits[-1] < LOCK_SECONDS_MAX:
        user = find_user(door.store, "erika")
        waits.append(user.locked_until - int(door.clock.now()))
        door.clock.sleep(waits[-1] - 1)
        _refused(door, code=authenticator.at(int(door.clock.now())))  # all right, but locked
        assert user == find_user(door.store, "erika"), "who is locked is not counted on"
        door.clock.sleep(1)
        _refused(door, password=OTHERS)
    assert [LOCK_SECONDS << n for n in range(7)] == waits[:7]
    assert LOCK_SECONDS_MAX == waits[-1]
    door.clock.sleep(LOCK_SECONDS_MAX)
    log_in(door, name="erika", password=WORDS, code=_code(door, authenticator))
    assert 0 == find_user(door.store, "erika").failures


def test_many_guesses_at_once_are_counted(door: Doorman) -> None:
    """Guesses that come together are counted one by one, and none is looked at once they have locked."""
    _enrolled(door)

    def guess() -> None:
        while True:
            try:
                log_in(door, name="erika", password=OTHERS, code="")
            except LoginsBusy:
                time.sleep(0.01)
            except LoginRefused:
                return

    threads = [Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert FAILURES_FREE == find_user(door.store, "erika").failures


def test_nobody_costs_what_somebody_costs(door: Doorman) -> None:
    """A name that nobody has is compared, counted and locked as anybody's."""
    compared = []

    class Counting(Passwords):
        def matches(self, kept: str, password: str) -> bool:
            compared.append(kept.rsplit("$", 2)[0])
            return super().matches(kept, password)

    watched = replace(door, passwords=Counting())
    _new(watched, "max")
    for name in ("max", "nobody-here", "", "nobody"):
        _refused(watched, name=name, password=OTHERS)
    assert 4 == len(compared)
    assert 1 == len(set(compared)), "all at the same costs"
    with door.store.snapshot() as connection:
        rows = {row.id: row.failures for row in connection.execute(select(users))}
    assert 3 == rows["nobody"]
    assert ["erika", "max"] == [user.name for user in list_users(door.store)]


def test_sessions_end(door: Doorman) -> None:
    """A session ends when it idles, when it is old however busy, and at log-out."""
    authenticator = _enrolled(door)
    settings = door.settings.model_copy(update={"session_seconds": 3000, "session_idle_seconds": 900})
    door = replace(door, settings=settings)

    def opened() -> str:
        return log_in(door, name="erika", password=WORDS, code=_code(door, authenticator)).secret

    def over(session: str) -> bool:
        try:
            session_actor(door.store, settings, door.clock, session)
        except Unauthenticated:
            return True
        return False

    idle = opened()
    door.clock.sleep(899)
    assert not over(idle)
    door.clock.sleep(900)
    assert over(idle)
    busy = opened()
    lived = 0
    while not over(busy):
        door.clock.sleep(600)
        lived += 600
    assert 3000 == lived
    left = opened()
    assert not over(left)
    log_out(door.store, door.clock, left)
    log_out(door.store, door.clock, left)
    assert over(left)


def test_an_operator_ends_sessions(door: Doorman) -> None:
    """Disabling and resetting end sessions at once; new roles hold at once; a reset asks for no code."""
    authenticator = _enrolled(door)
    session = log_in(door, name="erika", password=WORDS, code=_code(door, authenticator)).secret
    set_roles(door.store, door.clock, "erika", ["auditor", "approver"], by="test")
    actor = session_actor(door.store, door.settings, door.clock, session)
    assert {Role.AUDITOR, Role.APPROVER} == actor.roles
    disable_user(door.store, door.clock, "erika", by="test")
    with pytest.raises(Unauthenticated):
        session_actor(door.store, door.settings, door.clock, session)
    _refused(door, code=_code(door, authenticator))
    reset_user(door.store, door.clock, door.passwords, "erika", password=FIRST, by="test")
    assert log_in(door, name="erika", password=FIRST, code="").temporary


def test_another_password_ends_the_other_sessions(door: Doorman) -> None:
    """With a new password the session it was chosen in goes on, others and the old one are over."""
    authenticator = _enrolled(door)
    thief = log_in(door, name="erika", password=WORDS, code=_code(door, authenticator)).secret
    owner = log_in(door, name="erika", password=WORDS, code=_code(door, authenticator)).secret
    with pytest.raises(LoginRefused):
        change_password(door, thief, present=OTHERS, wanted="thieves' own words", code="")
    code = _code(door, authenticator)
    assert change_password(door, owner, present=WORDS, wanted=OTHERS, code=code) is None
    session_actor(door.store, door.settings, door.clock, owner)
    with pytest.raises(Unauthenticated):
        session_actor(door.store, door.settings, door.clock, thief)
    _refused(door, code=_code(door, authenticator))


def test_sessions_are_bounded(door: Doorman) -> None:
    """Of more sessions than a user may have, the oldest ends."""
    opened = []
    for _ in range(SESSIONS_MAX + 2):
        door.clock.sleep(1)
        opened.append(log_in(door, name="erika", password=FIRST, code="").secret)
    with door.store.snapshot() as connection:
        assert SESSIONS_MAX == len(connection.execute(select(sessions)).all())
    with pytest.raises(Unauthenticated):
        session_actor(door.store, door.settings, door.clock, opened[1])
    session_actor(door.store, door.settings, door.clock, opened[2])


@pytest.mark.parametrize("wanted", ["short", "x" * 201, "my name is Erika!", FIRST])
def test_weak_passwords_are_refused(door: Doorman, wanted: str) -> None:
    """A password has twelve to two hundred characters, holds no name, and is a new one."""
    session = log_in(door, name="erika", password=FIRST, code="").secret
    with pytest.raises(PasswordRefused):
        change_password(door, session, present=FIRST, wanted=wanted, code="")


def test_keeps_no_secret(door: Doorman) -> None:
    """No table holds a password, a session's secret, or a second factor that could be read."""
    authenticator = _enrolled(door)
    session = log_in(door, name="erika", password=WORDS, code=_code(door, authenticator)).secret
    kept = b""
    with door.store.snapshot() as connection:
        for table in (users, sessions, audit):
            for row in connection.execute(select(table)):
                kept += b"".join(v if isinstance(v, bytes) else str(v).encode() for v in row)
    assert b"erika" in kept
    for secret in (FIRST, WORDS, session.removeprefix("vs_"), authenticator.secret):
        assert secret.encode() not in kept
    assert authenticator.byte_secret() not in kept


def test_everything_is_audited(door: Doorman) -> None:
    """Who was made, who came, who was locked, who went: each an entry of the log, whose chain is whole."""
    authenticator = _enrolled(door)
    session = log_in(door, name="erika", password=WORDS, code=_code(door, authenticator)).secret
    log_out(door.store, door.clock, session)
    for _ in range(5):
        _refused(door)
        _refused(door, name="nobody-here")
    with door.store.snapshot() as connection:
        verify_audit(connection)
        actions = list(connection.scalars(select(audit.c.action).order_by(audit.c.position)))
    expected = ["user_made", "logged_in", "password_changed", "logged_in", "logged_out", "user_locked"]
    assert expected == actions


def test_names(door: Doorman) -> None:
    """A name is taken once, in any case; what can't be is refused, what is unknown not found."""
    with pytest.raises(NameTaken):
        _new(door, "ERIKA")
    for name in ("", "a b", "x" * 65, "é", "-x"):
        with pytest.raises(InvalidUserName):
            _new(door, name)
    for role in ("king", ""):
        with pytest.raises(InvalidRole):
            _new(door, "max", role)
    calls: list[Callable[[str], object]] = [
        lambda name: disable_user(door.store, door.clock, name, by="test"),
        lambda name: set_roles(door.store, door.clock, name, ["auditor"], by="test"),
        lambda name: find_user(door.store, name),
    ]
    for call in calls:
        for name in ("max", "nobody", ""):
            with pytest.raises(NotFound):
                call(name)
