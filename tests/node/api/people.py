"""A person and a machine as they come in through HTTP."""

from urllib.parse import parse_qs, urlsplit

import pyotp
from argon2 import PasswordHasher

from node.services.clients import new_client, secret_proof
from node.services.passwords import Passwords
from node.services.users import new_user
from tests.node.api.conftest import Door

FIRST, WORDS = "a first password", "correct horse battery"
_CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=64))


def bearer(secret: str) -> dict[str, str]:
    """The header that shows a secret."""
    return {"authorization": f"Bearer {secret}"}


def logged_in(door: Door, name: str, password: str, code: str = "") -> str:
    """A new session."""
    form = {"name": name, "password": password, "code": code}
    answer = door.client.post("/v1/sessions", json=form)
    assert 201 == answer.status_code, answer.text
    session: str = answer.json()["session"]
    return session


def person(door: Door, *roles: str, name: str = "erika") -> tuple[str, pyotp.TOTP]:
    """A session of somebody with these roles, who has chosen a password, and their authenticator."""
    context = door.context
    new_user(
        context.store,
        context.clock,
        context.random,
        _CHEAP,
        name=name,
        roles=roles,
        password=FIRST,
        by="test",
    )
    session = logged_in(door, name, FIRST)
    form = {"present": FIRST, "wanted": WORDS, "code": ""}
    answer = door.client.post("/v1/sessions/current/password", headers=bearer(session), json=form)
    assert 200 == answer.status_code, answer.text
    return session, pyotp.TOTP(parse_qs(urlsplit(answer.json()["authenticator"]).query)["secret"][0])


def next_code(door: Door, authenticator: pyotp.TOTP) -> str:
    """A code that was not used: half a minute later."""
    door.context.clock.sleep(authenticator.interval)
    return authenticator.at(int(door.context.clock.now()))


def machine(door: Door, *roles: str) -> tuple[str, str]:
    """A client's id and its secret."""
    context = door.context
    proof, secret = secret_proof(context.random)
    made = new_client(
        context.store, context.clock, context.random, name="till", roles=roles, proof=proof, by="test"
    )
    return made.id, secret


def access_token(door: Door, client_id: str, secret: str, scope: str = "") -> str:
    """A token of a machine."""
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    answer = door.client.post("/v1/token", data=form | {"scope": scope})
    assert 200 == answer.status_code, answer.text
    token: str = answer.json()["access_token"]
    return token
