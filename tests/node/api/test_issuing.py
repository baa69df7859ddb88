"""Issuing through HTTP: money comes into being, is asked back, and its issuer or holder ends that."""

from collections.abc import Callable
from typing import Any

import pytest

from node.services.actors import Role
from tests.node.api.conftest import Door
from tests.node.bank import Bank
from tests.scenario import BANKS, OPERATOR

_MONEY = {"amount": "125000", "currency": "USD", "reference": "OMO-1"}
_ISSUE = {**_MONEY, "holder": {"bic": BANKS[0].bic}}


@pytest.fixture
def issuer(doors: Callable[..., Door]) -> Door:
    """The door of the central bank."""
    return doors(OPERATOR)


def _post(door: Door, path: str, body: Any = None, *, role: Role, key: str = "k") -> Any:
    return door.client.post(path, headers=door.headers(role, idempotency_key=key), json=body)


def _working(*doors: Door) -> Callable[[], None]:
    """Return what signs and sends what each node's outbox has, and then lets everybody mirror."""
    banks = [Bank(store=door.context.store, network=door.network, member=door.member) for door in doors]

    def work() -> None:
        for bank in banks:
            bank.run()
        for bank in banks:
            bank.follow()

    return work


def _dollars(door: Door) -> tuple[int, int]:
    assets = door.client.get("/v1/assets", headers=door.headers(Role.AUDITOR)).json()["assets"]
    (found,) = [each for each in assets if each["currency"] == "USD"]
    return int(found["supply"]), int(found["pending"])


def _waiting(door: Door) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = door.client.get("/v1/redemptions", headers=door.headers()).json()[
        "redemptions"
    ]
    return listed


def test_issue_settles(issuer: Door) -> None:
    """An issue is accepted once, settles, and is the asset's supply."""
    before, _ = _dollars(issuer)
    first = _post(issuer, "/v1/issues", _ISSUE, role=Role.ISSUER)
    again = _post(issuer, "/v1/issues", _ISSUE, role=Role.ISSUER)
    _working(issuer)()

    assert (202, first.content, "true") == (
        again.status_code, again.content, again.headers["idempotent-replayed"],
    )  # fmt: skip
    (taken,) = first.json()["issues"]
    shown = issuer.client.get(f"/v1/payments/{taken['id']}", headers=issuer.headers()).json()
    assert ("issue", "settled") == (shown["kind"], shown["state"])
    assert before + 125_000 == _dollars(issuer)[0]


def test_only_an_issuer_issues(door: Door) -> None:
    """A bank can't issue what another issues, whatever the role of its caller."""
    refused = _post(door, "/v1/issues", {**_ISSUE, "holder": {"bic": BANKS[1].bic}}, role=Role.ISSUER)
    assert (400, "payer_refused") == (refused.status_code, refused.json()["code"])


@pytest.mark.parametrize(("answer", "redeemed"), [("confirmation", 125_000), ("refusal", 0)])
def test_redemption_is_answered(doors: Callable[..., Door], issuer: Door, answer: str, redeemed: int) -> None:
    """What a holder asks back waits on both sides, until its issuer takes it or gives it back."""
    bank = doors()
    bank.network.issue(bank.member, 840, 10**6)
    work = _working(bank, issuer)
    before, _ = _dollars(issuer)
    assert 202 == _post(bank, "/v1/redemptions", _MONEY, role=Role.OFFICER).status_code
    work()
    (asked,) = _waiting(issuer)
    assert [asked] == _waiting(bank)
    assert (BANKS[0].bic, OPERATOR.bic, "125000") == (asked["holder"], asked["issuer"], asked["amount"])
    assert (before, 125_000) == _dollars(bank)

    path = f"/v1/redemptions/{asked['id']}/{answer}"
    ended = _post(issuer, path, role=Role.ISSUER, key="end")
    again = _post(issuer, path, role=Role.ISSUER, key="end")
    work()

    assert (202, ended.content) == (again.status_code, again.content)
    assert [] == _waiting(issuer) == _waiting(bank)
    assert (before - redeemed, 0) == _dollars(bank) == _dollars(issuer)
    assert 404 == _post(issuer, path, role=Role.ISSUER, key="late").status_code


def test_holder_withdraws(doors: Callable[..., Door], issuer: Door) -> None:
    """While it waits, its holder takes it back; nobody else's node can."""
    bank = doors()
    bank.network.issue(bank.member, 840, 10**6)
    work = _working(bank, issuer)
    _post(bank, "/v1/redemptions", _MONEY, role=Role.OFFICER)
    work()
    (asked,) = _waiting(bank)

    assert 404 == _post(issuer, f"/v1/redemptions/{asked['id']}/withdrawal", role=Role.OFFICER).status_code
    answering = f"/v1/redemptions/{asked['id']}/confirmation"
    assert 404 == _post(bank, answering, role=Role.ISSUER).status_code
    assert (
        202
        == _post(bank, f"/v1/redemptions/{asked['id']}/withdrawal", role=Role.OFFICER, key="w").status_code
    )
    work()
    assert [] == _waiting(bank)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("BANADEFFXXX-1/confirmation", 400, "unknown_participant"),
        ("NONSENSE-1/refusal", 400, "invalid_bic"),
        (f"{BANKS[0].bic}-7/refusal", 404, "not_found"),
        (f"{BANKS[0].bic}--1/refusal", 404, "not_found"),
        (f"{BANKS[0].bic}/refusal", 404, "not_found"),
    ],
)
def test_refuses_what_is_not_there(issuer: Door, path: str, status: int, code: str) -> None:
    """A redemption that does not wait can't be ended."""
    refused = _post(issuer, f"/v1/redemptions/{path}", role=Role.ISSUER)
    assert (status, code) == (refused.status_code, refused.json()["code"])
