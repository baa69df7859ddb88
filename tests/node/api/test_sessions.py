"""Coming in through HTTP: sessions, access tokens, and the list of who was refused."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from node.api.body import SMALL_BYTES_MAX
from node.services.actors import Role
from node.services.clients import disable_client
from tests.issuer import AUDIENCE, running_issuer
from tests.node.api.conftest import Door
from tests.node.api.people import FIRST, WORDS, access_token, bearer, logged_in, machine, next_code, person
from tests.scenario import BANKS

LIST = "/v1/payments"


def _status(door: Door, secret: str, path: str = LIST) -> int:
    return int(door.client.get(path, headers=bearer(secret)).status_code)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_person_comes_and_goes(doors: Callable[..., Door], dialect: str) -> None:
    """First password, own password, authenticator, log-in by all three, work in one's roles, log-out."""
    door = doors(BANKS[0], dialect)
    first, authenticator = person(door, "officer", "approver")
    assert 200 == _status(door, first)
    session = logged_in(door, "erika", WORDS, next_code(door, authenticator))
    assert [200, 403] == [_status(door, session, path) for path in (LIST, "/v1/refusals")]
    left = door.client.delete("/v1/sessions/current", headers=bearer(session))
    assert (204, b"") == (left.status_code, left.content)
    assert [401, 200] == [_status(door, each) for each in (session, first)]


def test_a_first_password_does_nothing_else(door: Door) -> None:
    """Before a password was chosen every route is closed but that, and the answer says why."""
    person(door, "officer")
    context = door.context
    from node.services.users import reset_user

    reset_user(context.store, context.clock, context.passwords, "erika", password=FIRST, by="test")
    answer = door.client.post("/v1/sessions", json={"name": "erika", "password": FIRST})
    assert answer.json()["password_needed"] is True
    assert "no-store" == answer.headers["cache-control"]
    refused = door.client.get(LIST, headers=bearer(answer.json()["session"]))
    assert 403 == refused.status_code
    assert "password" in refused.json()["detail"]


def test_nothing_tells_who_exists(door: Door) -> None:
    """Unknown, wrong, locked and disabled are one answer, but for the request's id."""
    person(door, "officer")
    answers = []
    for name in ("max", "erika", *["erika"] * 6):
        response = door.client.post("/v1/sessions", json={"name": name, "password": "wrong words here"})
        answers.append((response.status_code, response.json() | {"request_id": ""}))
    assert 401 == answers[0][0]
    assert all(answers[0] == each for each in answers)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"name": "e", "password": "\\ud800", "code": ""}',
        b'{"name": "e", "password": "x", "code": "12345a"}',
        b'{"name": "e", "password": "x", "code": ["123456"]}',
        b'{"name": "e", "password": "x", "code": "", "role": "operator"}',
        json.dumps({"name": "e", "password": "x" * 201}).encode(),
    ],
)
def test_a_malformed_log_in(door: Door, body: bytes) -> None:
    """What has not the form is 422, whoever is named."""
    assert 422 == door.client.post("/v1/sessions", content=body).status_code


def test_strangers_send_little(door: Door) -> None:
    """A body at a public route is read to a small limit only."""
    for path in ("/v1/sessions", "/v1/token"):
        answer = door.client.post(path, content=b" " * (SMALL_BYTES_MAX + 1))
        assert (413, "body_too_large") == (answer.status_code, answer.json()["code"])


def test_a_machine_gets_a_token(door: Door) -> None:
    """By the form or by Basic, for all its roles or fewer; the answer is RFC 6749's."""
    client_id, secret = machine(door, "integration", "auditor")
    basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    form = {"grant_type": "client_credentials", "scope": "integration"}
    answer = door.client.post("/v1/token", data=form, headers={"authorization": f"Basic {basic}"})
    told = answer.json()
    assert (200, "Bearer", 600, "integration") == (
        answer.status_code, told["token_type"], told["expires_in"], told["scope"],
    )  # fmt: skip
    assert "no-store" == answer.headers["cache-control"]
    assert [200, 403] == [_status(door, told["access_token"], path) for path in (LIST, "/v1/refusals")]
    assert 200 == _status(door, access_token(door, client_id, secret), "/v1/refusals")


_WRONG: dict[str, tuple[dict[str, Any], int, str]] = {
    "nothing": ({}, 400, "unsupported_grant_type"),
    "password": ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    "twice": ({"grant_type": ["client_credentials"] * 2}, 400, "unsupported_grant_type"),
    "no client": ({"grant_type": "client_credentials"}, 401, "invalid_client"),
    "wrong secret": ({"client_secret": "vc_x"}, 401, "invalid_client"),
    "role": ({"scope": "operator"}, 400, "invalid_scope"),
}


@pytest.mark.parametrize(("changes", "status", "code"), _WRONG.values(), ids=_WRONG)
def test_wrong_grants(door: Door, changes: dict[str, Any], status: int, code: str) -> None:
    """What gets no token says so in RFC 6749's word, too."""
    client_id, secret = machine(door, "integration")
    sound = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    form = changes if "grant_type" in changes or not changes else sound | changes
    answer = door.client.post("/v1/token", data=form)
    assert (status, code, code) == (
        answer.status_code, answer.json()["code"], answer.json()["error"],
    )  # fmt: skip


def test_an_issuers_people(doors: Callable[..., Door]) -> None:
    """With an OpenID Connect issuer in the settings its access tokens open the door in the mapped roles."""
    with running_issuer() as issuer:
        door = doors(oidc_issuer=issuer.name, oidc_audience=AUDIENCE, oidc_roles="officers=officer")
        now = door.context.clock.now()
        assert 200 == _status(door, issuer.token(now))
        assert 403 == _status(door, issuer.token(now), "/v1/refusals")
        assert 403 == _status(door, issuer.token(now, groups=[]))
        assert 401 == _status(door, issuer.token(now, exp=int(now) - 60))
        # The other ways stay open.
        assert 200 == door.client.get(LIST, headers=door.headers()).status_code
    assert 401 == _status(doors(), issuer.token(now)), "a node without this issuer knows nobody of it"


def test_an_issuer_that_is_away_is_503(doors: Callable[..., Door]) -> None:
    """Without keys the answer is to come again; who comes in another way does not notice."""
    with running_issuer() as issuer:
        pass
    door = doors(oidc_issuer=issuer.name, oidc_audience=AUDIENCE, oidc_roles="officers=officer")
    answer = door.client.get(LIST, headers=bearer(issuer.token(door.context.clock.now())))
    assert (503, "issuer_unavailable") == (answer.status_code, answer.json()["code"])
    assert 200 == door.client.get(LIST, headers=door.headers()).status_code


def test_refusals_are_listed(door: Door) -> None:
    """Every 401 and 403 is counted under its route, code, actor and address; the secret is nowhere."""
    client_id, secret = machine(door, "integration")
    token = access_token(door, client_id, secret)
    for _ in range(3):
        _status(door, token, "/v1/refusals")
        _status(door, "vt_unknown")
    door.client.get("/v1/payments/pay_1", headers=bearer("vs_unknown"))
    door.client.post("/v1/sessions", json={"name": "max", "password": "wrong words here"})
    door.client.post("/v1/token", data={"grant_type": "client_credentials"})
    door.context.refusals.flush(door.context.store)
    listed = door.client.get("/v1/refusals", headers=door.headers(Role.AUDITOR)).json()["refusals"]
    assert {
        ("forbidden", client_id, "GET", "/v1/refusals", 3),
        ("unauthenticated", "", "GET", LIST, 3),
        ("unauthenticated", "", "GET", "/v1/payments/{payment_id}", 1),
        ("login_refused", "", "POST", "/v1/sessions", 1),
        ("invalid_client", "", "POST", "/v1/token", 1),
    } == {(each["code"], each["actor"], each["method"], each["route"], each["count"]) for each in listed}
    assert {"testclient"} == {each["address"] for each in listed}
    assert all(each["last_request"].startswith("req_") for each in listed)


def test_disabled_machines_are_out(door: Door) -> None:
    """A machine's tokens end with its account."""
    client_id, secret = machine(door, "integration")
    token = access_token(door, client_id, secret)
    disable_client(door.context.store, door.context.clock, client_id, by="test")
    assert 401 == _status(door, token)
