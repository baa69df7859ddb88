"""Tokens are shown once, kept as digests, and end the moment they are revoked."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from node.clock import SystemClock, SystemRandom
from node.errors import NotFound, Unauthenticated
from node.services.actors import Role
from node.services.audit import verify_audit
from node.services.tokens import authenticate, list_tokens, new_token, revoke_token
from node.store.session import Store
from node.store.tables import api_tokens
from tests.clocks import SetClock

_CLOCK, _RANDOM = SystemClock(), SystemRandom()


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """A migrated, empty store."""
    store = Store(store_url)
    store.migrate()
    yield store
    store.close()


def _make(store: Store, role: Role = Role.OFFICER) -> tuple[str, str]:
    token, secret = new_token(store, _CLOCK, _RANDOM, name="till", role=role, by="operator")
    return token.id, secret


@pytest.mark.parametrize("role", Role)
def test_lets_its_holder_in(store: Store, role: Role) -> None:
    """Who shows the secret is the token's actor, in the token's role."""
    token_id, secret = _make(store, role)
    actor = authenticate(store, _CLOCK, secret)
    assert (token_id, "till", frozenset({role})) == (actor.id, actor.name, actor.roles)


_CHANGES: list[Callable[[str], str]] = [lambda s: s + "A", lambda s: s[:-1], str.upper, lambda s: s[:7]]


@pytest.mark.parametrize("change", _CHANGES)
def test_keeps_others_out(store: Store, change: Callable[[str], str]) -> None:
    """A secret that differs in anything is nobody's."""
    _, secret = _make(store)
    with pytest.raises(Unauthenticated):
        authenticate(store, _CLOCK, change(secret))


def test_keeps_no_secret(store: Store) -> None:
    """No column of the row holds the secret or a part of it."""
    _, secret = _make(store)
    with store.snapshot() as connection:
        row = connection.execute(select(api_tokens)).one()
    kept = b"".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
    assert secret.removeprefix("vt_")[:8].encode() not in kept


def test_revoked_is_over(store: Store) -> None:
    """A revoked token lets nobody in, can't be revoked again, and stays in the list."""
    token_id, secret = _make(store)
    revoke_token(store, _CLOCK, token_id, by="operator")
    with pytest.raises(Unauthenticated):
        authenticate(store, _CLOCK, secret)
    with pytest.raises(NotFound):
        revoke_token(store, _CLOCK, token_id, by="operator")
    assert [(token_id, True)] == [(token.id, token.revoked_at is not None) for token in list_tokens(store)]


def test_ends_by_itself(store: Store) -> None:
    """A token is good to the last second of its time and not longer."""
    clock = SetClock(1_000_000)
    _, secret = new_token(store, clock, _RANDOM, name="till", role=Role.OFFICER, by="operator", days=2)
    clock.sleep(2 * 86_400 - 1)
    authenticate(store, clock, secret)
    clock.sleep(1)
    with pytest.raises(Unauthenticated):
        authenticate(store, clock, secret)


def test_is_audited(store: Store) -> None:
    """Making and revoking a token leave one entry each in the audit log."""
    token_id, _ = _make(store)
    revoke_token(store, _CLOCK, token_id, by="operator")
    with store.snapshot() as connection:
        count, _head = verify_audit(connection)
    assert 2 == count
