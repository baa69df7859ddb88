"""People by OpenID Connect: only what the issuer signed for this node, in time, says who they are."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from node.errors import IssuerUnavailable, SettingsInvalid, Unauthenticated
from node.services.actors import InvalidRole, Role
from node.services.openid import FETCH_PAUSE_SECONDS, KEYS_SECONDS, KEYS_SECONDS_MAX, OpenIdIssuer
from node.settings import Settings
from tests.clocks import SetClock
from tests.issuer import AUDIENCE, Issuer, running_issuer

_BIC = "BANKDEFFXXX"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """An issuer that answers on loopback."""
    with running_issuer() as issuer:
        yield issuer


@pytest.fixture
def clock() -> SetClock:
    """A clock that stands."""
    return SetClock(1_760_000_000)


def _checker(issuer: Issuer, clock: SetClock, **changes: Any) -> OpenIdIssuer:
    given = {
        "bic": _BIC,
        "oidc_issuer": issuer.name,
        "oidc_audience": AUDIENCE,
        "oidc_roles": "officers=officer risk=approver risk=auditor",
    } | changes
    return OpenIdIssuer(Settings(**given), clock)


def test_groups_are_roles(issuer: Issuer, clock: SetClock) -> None:
    """A person has the roles of all groups that the settings name, and one id for ever."""
    checker = _checker(issuer, clock)
    known = checker.actor(issuer.token(clock.now())).id
    for groups, roles in {
        ("officers",): {Role.OFFICER},
        ("risk", "officers", "choir"): {Role.OFFICER, Role.APPROVER, Role.AUDITOR},
        ("choir",): set(),
        (): set(),
    }.items():
        actor = checker.actor(issuer.token(clock.now(), groups=list(groups), preferred_username="e"))
        assert ("e", roles) == (actor.name, set(actor.roles))
        assert known == actor.id
    assert known != checker.actor(issuer.token(clock.now(), sub="max")).id
    assert 1 == issuer.asked


@pytest.mark.parametrize(
    ("claim", "claims"),
    [
        ("groups", {"groups": "officers others"}),
        ("realm_access.roles", {"realm_access": {"roles": ["officers", 7, None]}}),
        ("https://bank/roles", {"https://bank/roles": ["officers"]}),
    ],
    ids=["text", "inside", "dotted name"],
)
def test_where_roles_stand(issuer: Issuer, clock: SetClock, claim: str, claims: dict[str, Any]) -> None:
    """Groups are read from a list or a text, at the top or inside an object."""
    checker = _checker(issuer, clock, oidc_roles_claim=claim)
    actor = checker.actor(issuer.token(clock.now(), **({"groups": None} | claims)))
    assert {Role.OFFICER} == actor.roles


def test_another_banks_people(issuer: Issuer, clock: SetClock) -> None:
    """Where an issuer serves several banks, a token must name this one."""
    checker = _checker(issuer, clock, oidc_participant_claim="banks")
    checker.actor(issuer.token(clock.now(), banks=["OTHRDEFFXXX", _BIC]))
    for banks in (["OTHRDEFFXXX"], [], None, f"x{_BIC}"):
        with pytest.raises(Unauthenticated):
            checker.actor(issuer.token(clock.now(), banks=banks))


_WRONG: dict[str, dict[str, Any]] = {
    "over": {"exp": 1_760_000_000 - 31},
    "without an end": {"exp": None},
    "not yet": {"nbf": 1_760_000_000 + 31},
    "from the future": {"iat": 1_760_000_000 + 31},
    "for another": {"aud": "other"},
    "for nobody": {"aud": None},
    "of another issuer": {"iss": "http://127.0.0.1:1"},
    "of nobody": {"sub": None},
    "an ID token": {"nonce": "n"},
    "by another key": {"key": Issuer.new_key()},
    "an end that is no number": {"exp": "tomorrow"},
}


@pytest.mark.parametrize("changes", _WRONG.values(), ids=_WRONG)
def test_wrong_tokens(issuer: Issuer, clock: SetClock, changes: dict[str, Any]) -> None:
    """What is over, not yet, for another, of another, or made for a page, lets nobody in."""
    with pytest.raises(Unauthenticated):
        _checker(issuer, clock).actor(issuer.token(clock.now(), **changes))


def test_forged_signatures(issuer: Issuer, clock: SetClock) -> None:
    """No signature, and one by the published key taken as a shared secret, are refused."""
    checker = _checker(issuer, clock)
    good = issuer.token(clock.now())
    checker.actor(good)
    head, body, signature = good.split(".")
    public = json.dumps(issuer.keys[0].as_dict(private=False))
    claims = {"iss": issuer.name, "aud": AUDIENCE, "sub": "e", "exp": int(clock.now()) + 60}
    shared = jwt.encode({"alg": "HS256", "kid": issuer.keys[0].kid}, claims, OctKey.import_key(public))
    other = issuer.token(clock.now(), groups=["risk"]).split(".")[1]
    for text in (
        f"eyJhbGciOiJub25lIn0.{body}.",
        f"{head}.{body}.",
        f"{head}.{other}.{signature}",
        shared,
        "a.b.c",
        "",
    ):
        with pytest.raises(Unauthenticated):
            checker.actor(text)


def test_a_published_secret_is_no_key(issuer: Issuer, clock: SetClock) -> None:
    """A shared secret among the issuer's keys checks nothing."""
    shared = OctKey.generate_key(256, auto_kid=True)
    issuer.keys.append(shared)
    claims = {"iss": issuer.name, "aud": AUDIENCE, "sub": "e", "exp": int(clock.now()) + 60}
    with pytest.raises(Unauthenticated):
        _checker(issuer, clock).actor(jwt.encode({"alg": "HS256", "kid": shared.kid}, claims, shared))


def test_keys_rotate(issuer: Issuer, clock: SetClock) -> None:
    """A new key is taken when it first signs, an old one ends when it is withdrawn."""
    checker = _checker(issuer, clock)
    old = issuer.keys[0]
    checker.actor(issuer.token(clock.now()))
    issuer.keys.append(OKPKey.generate_key("X25519", auto_kid=True))
    issuer.keys.append(Issuer.new_key())
    clock.sleep(FETCH_PAUSE_SECONDS)
    checker.actor(issuer.token(clock.now()))
    issuer.keys.remove(old)
    checker.actor(issuer.token(clock.now(), key=old))
    clock.sleep(KEYS_SECONDS)
    with pytest.raises(Unauthenticated):
        checker.actor(issuer.token(clock.now(), key=old))


def test_unknown_keys_do_not_make_it_ask_on(issuer: Issuer, clock: SetClock) -> None:
    """However many tokens of unknown keys come, the issuer is asked once a minute."""
    checker = _checker(issuer, clock)
    for _ in range(20):
        with pytest.raises(Unauthenticated):
            checker.actor(issuer.token(clock.now(), key=Issuer.new_key()))
    assert 1 == issuer.asked
    clock.sleep(FETCH_PAUSE_SECONDS)
    for _ in range(20):
        with pytest.raises(Unauthenticated):
            checker.actor(issuer.token(clock.now(), key=Issuer.new_key()))
    assert 2 == issuer.asked


_AWAY = [
    (500, b"{}"),
    (200, b"no JSON"),
    (200, b"[]"),
    (200, b'{"issuer": "http://127.0.0.1:1", "jwks_uri": "http://127.0.0.1:1/keys"}'),
    (200, b" " * 300_000),
    (302, b"/elsewhere"),
    (200, b'{"issuer": "NAME", "jwks_uri": "http://keys.example/keys"}'),
    (200, b'{"issuer": "NAME", "jwks_uri": 7}'),
]


@pytest.mark.parametrize("answer", _AWAY, ids=range(len(_AWAY)))
def test_an_issuer_that_is_away(issuer: Issuer, clock: SetClock, answer: tuple[int, bytes]) -> None:
    """Without keys nobody is let in; with keys that were had a day is bridged, and no more."""
    status, content = answer
    path = "/.well-known/openid-configuration"
    issuer.answers[path] = status, content.replace(b"NAME", issuer.name.encode())
    checker = _checker(issuer, clock)
    with pytest.raises(IssuerUnavailable):
        checker.actor(issuer.token(clock.now()))
    away = issuer.answers.pop(path)
    clock.sleep(FETCH_PAUSE_SECONDS)
    checker.actor(issuer.token(clock.now()))
    issuer.answers[path] = away
    clock.sleep(KEYS_SECONDS_MAX - 1)
    checker.actor(issuer.token(clock.now()))
    clock.sleep(FETCH_PAUSE_SECONDS)
    with pytest.raises(IssuerUnavailable):
        checker.actor(issuer.token(clock.now()))


@pytest.mark.parametrize(
    "changes",
    [
        {"oidc_audience": None},
        {"oidc_roles": None},
        {"oidc_roles": "officers"},
        {"oidc_roles": "=officer"},
        {"oidc_issuer": "http://issuer.example"},
        {"oidc_issuer": "ftp://127.0.0.1"},
        {"oidc_issuer": "issuer"},
    ],
)
def test_wrong_settings(issuer: Issuer, clock: SetClock, changes: dict[str, Any]) -> None:
    """An issuer without audience or roles, or one that others could speak for, is refused at start."""
    with pytest.raises(SettingsInvalid):
        _checker(issuer, clock, **changes)
    with pytest.raises(InvalidRole):
        _checker(issuer, clock, oidc_roles="officers=king")
