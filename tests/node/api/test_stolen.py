"""A stolen token is played: whatever a thief tries, it gets them nothing beyond its owner's own."""

import base64
import json
import re
from collections.abc import Callable

import pytest

from node.services.actors import Role
from node.services.users import disable_user, set_roles
from tests.node.api.conftest import Door
from tests.node.api.people import WORDS, access_token, bearer, logged_in, machine, next_code, person
from tests.node.api.test_payments import payment
from tests.scenario import BANKS

LIST = "/v1/payments"


def _tokens(door: Door) -> dict[str, str]:
    """What a thief may have taken: one of each kind, each an officer's."""
    session, _ = person(door, "officer")
    return {
        "session": session,
        "access token": access_token(door, *machine(door, "officer")),
        "API token": door.secrets[Role.OFFICER],
    }


def _status(door: Door, secret: str, method: str = "get", path: str = LIST) -> int:
    headers = bearer(secret) | {"idempotency-key": "a thief's"}
    return int(door.client.request(method, path, headers=headers).status_code)


def test_at_another_bank(doors: Callable[..., Door]) -> None:
    """What opens one bank's node opens no other's, also where both share the file of their secrets."""
    mine, other = doors(BANKS[0]), doors(BANKS[1])
    shared = doors(BANKS[2], home=mine.context.settings.home)
    for kind, secret in _tokens(mine).items():
        assert [200, 401, 401] == [_status(door, secret) for door in (mine, other, shared)], kind


def test_another_banks_payment(doors: Callable[..., Door]) -> None:
    """A token asks for no payment of another bank, by its id or by its UETR."""
    mine, other = doors(BANKS[0]), doors(BANKS[1])
    body = payment(payee={"bic": BANKS[2].bic})
    headers = other.headers(idempotency_key="k")
    (taken,) = other.client.post(LIST, headers=headers, json=body).json()["payments"]
    for kind, secret in _tokens(mine).items():
        for name in (taken["id"], taken["uetr"]):
            for path in ("", "/status", "/evidence"):
                assert 404 == _status(mine, secret, path=f"{LIST}/{name}{path}"), kind
            assert 404 == _status(mine, secret, "post", f"{LIST}/{name}/cancel"), kind


def test_raising_its_role(door: Door) -> None:
    """No header, parameter or claim that a thief adds gives a token another role."""
    secrets = _tokens(door)
    for kind, secret in secrets.items():
        for more in ({"x-role": "operator"}, {"x-roles": "operator"}, {"x-forwarded-user": "operator"}):
            headers = bearer(secret) | more
            assert 403 == door.client.get("/v1/refusals?role=operator", headers=headers).status_code, kind
    head, claims, signature = secrets["access token"].split(".")
    raised = json.loads(base64.urlsafe_b64decode(claims + "==")) | {"scope": "operator"}
    written = base64.urlsafe_b64encode(json.dumps(raised).encode()).rstrip(b"=").decode()
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').rstrip(b"=").decode()
    for forged in (f"{head}.{written}.{signature}", f"{head}.{written}.", f"{unsigned}.{written}."):
        assert 401 == _status(door, forged, path="/v1/refusals")


def test_after_the_role_was_taken(door: Door) -> None:
    """A role that its owner lost is lost to the token at once."""
    session, _ = person(door, "operator", "officer")
    assert 200 == _status(door, session, path="/v1/refusals")
    set_roles(door.context.store, door.context.clock, "erika", ["officer"], by="test")
    assert [403, 200] == [_status(door, session, path=path) for path in ("/v1/refusals", LIST)]


def test_after_log_out(door: Door) -> None:
    """A session is over the moment its owner logs out, changes the password, or is disabled."""
    session, authenticator = person(door, "officer")
    stolen = logged_in(door, "erika", WORDS, next_code(door, authenticator))
    door.client.delete("/v1/sessions/current", headers=bearer(stolen))
    assert 401 == _status(door, stolen)
    stolen = logged_in(door, "erika", WORDS, next_code(door, authenticator))
    form = {"present": WORDS, "wanted": "four other words here", "code": next_code(door, authenticator)}
    assert 200 == door.client.post(
        "/v1/sessions/current/password", headers=bearer(session), json=form
    ).status_code  # fmt: skip
    assert [401, 200] == [_status(door, each) for each in (stolen, session)]
    disable_user(door.context.store, door.context.clock, "erika", by="test")
    assert 401 == _status(door, session)


def test_taking_the_account_over(door: Door) -> None:
    """With a session alone the password can't be changed: that takes the present one, and a new code."""
    session, authenticator = person(door, "officer")
    code = next_code(door, authenticator)
    stolen = logged_in(door, "erika", WORDS, code)
    for present, tried in (("a guess of words", ""), (WORDS, ""), (WORDS, code), ("a guess", "000000")):
        form = {"present": present, "wanted": "thieves' own words", "code": tried}
        answer = door.client.post(
            "/v1/sessions/current/password", headers=bearer(stolen), json=form
        )  # fmt: skip
        assert 401 == answer.status_code
    assert 200 == _status(door, session)


def test_when_it_is_over(door: Door) -> None:
    """Each kind ends by itself: at the end of its time, a session also when nobody works."""
    secrets = _tokens(door)
    clock = door.context.clock
    clock.sleep(door.context.settings.access_token_seconds)
    assert 401 == _status(door, secrets["access token"])
    clock.sleep(door.context.settings.session_idle_seconds)
    assert 401 == _status(door, secrets["session"])
    clock.sleep(367 * 86_400)
    assert 401 == _status(door, secrets["API token"])


def test_replaying_a_request(door: Door) -> None:
    """A payment that was taken down and sent again pays nothing twice: its key gets the first answer."""
    secret = _tokens(door)["access token"]
    headers = bearer(secret) | {"idempotency-key": "k"}
    answers = [door.client.post(LIST, headers=headers, json=payment()).content for _ in range(3)]
    assert 1 == len(set(answers))
    assert 1 == len(door.client.get(LIST, headers=door.headers()).json()["payments"])


def test_in_another_place(door: Door) -> None:
    """A token counts in its header only: not in the address, a cookie, a body or another scheme."""
    for secret in _tokens(door).values():
        for path in (f"{LIST}?access_token={secret}", f"{LIST}?token={secret}"):
            assert 401 == door.client.get(path).status_code
        for name in ("cookie", "x-api-key", "proxy-authorization"):
            assert 401 == door.client.get(LIST, headers={name: f"session={secret}"}).status_code
        for scheme in ("Basic", "Token", "Bearer Bearer"):
            headers = {"authorization": f"{scheme} {secret}"}
            assert 401 == door.client.get(LIST, headers=headers).status_code


def test_leaves_no_copy(door: Door, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither the log nor an answer repeats what was shown."""
    answered = ""
    for secret in _tokens(door).values():
        for path in (LIST, "/v1/refusals", "/v1/payments/pay_0"):
            answered += door.client.get(path, headers=bearer(secret)).text
            answered += door.client.get(path, headers=bearer(secret[:-2])).text
        told = "".join(capfd.readouterr()) + answered
        assert "access_refused" in told
        assert secret[:-2] not in told
        assert not re.search(r"v[stc]_[\w-]{20}", told)
