"""The bank's own rules through the door: written by an operator, shown with each payment."""

from typing import Any

from node.services.actors import Role
from tests.node.api.conftest import Door
from tests.scenario import BANKS

_RULE = {"name": "large", "condition": "amount > 1000", "outcome": "hold", "reason": "large amounts"}


def _write(door: Door, key: str, **changed: str) -> tuple[int, dict[str, Any]]:
    headers = door.headers(Role.OPERATOR, idempotency_key=key)
    answer = door.client.post("/v1/policies", headers=headers, json=_RULE | changed)
    return answer.status_code, answer.json()


def _pay(door: Door, key: str, amount: str) -> tuple[int, dict[str, Any]]:
    payee = BANKS[1].bic
    body = {"payee": {"bic": payee}, "amount": amount, "currency": "USD", "end_to_end_id": key}
    answer = door.client.post("/v1/payments", headers=door.headers(idempotency_key=key), json=body)
    return answer.status_code, answer.json()


def test_payment_shows_its_verdict(door: Door) -> None:
    """A payment shows the rule and version that held it, the facts and the reason."""
    assert 200 == _write(door, "w1")[0]
    status, taken = _pay(door, "p1", "1001")
    assert 202 == status

    (accepted,) = taken["payments"]
    shown = door.client.get(f"/v1/payments/{accepted['id']}", headers=door.headers()).json()

    assert "awaiting_approval" == shown["state"]
    policy = shown["policy"]
    assert ("hold", "large", 1, "large amounts") == tuple(
        policy[name] for name in ("outcome", "rule", "version", "why")
    )
    assert 1001 == policy["facts"]["amount"]


def test_refusal_names_the_rule(door: Door) -> None:
    """What a rule refuses is 403 with the rule's reason; a wrong rule is 400 and names what is wrong."""
    assert 200 == _write(door, "w1", outcome="refuse")[0]

    status, problem = _pay(door, "p1", "1001")
    assert (403, "refused_by_policy") == (status, problem["code"])
    assert "large amounts" in str(problem["detail"])

    status, problem = _write(door, "w2", condition="amounts > 1")
    assert (400, "invalid_condition", "condition") == (status, problem["code"], problem["param"])


def test_rule_changes_by_the_version_seen(door: Door) -> None:
    """Each version is listed with its author, and a version that is not the newest changes nothing."""
    assert 200 == _write(door, "w1")[0]
    headers = door.headers(Role.OPERATOR, idempotency_key="r1")
    stale = door.client.post("/v1/policies/large/retirement", headers=headers | {"if-match": '"7"'}, json={})
    assert 412 == stale.status_code

    done = door.client.post("/v1/policies/large/retirement", headers=headers, json={})
    assert (200, False) == (done.status_code, done.json()["in_force"])

    listed = door.client.get("/v1/policies/large", headers=door.headers(Role.AUDITOR)).json()["rules"]
    assert [(1, True), (2, False)] == [(each["number"], each["in_force"]) for each in listed]
    assert 202 == _pay(door, "p1", "1001")[0]


def test_rule_is_tried_on_history(door: Door) -> None:
    """An auditor sees what a rule would have done to what was accepted; a wrong one is refused as ever."""
    for number, amount in enumerate(["900", "1001", "5000"]):
        assert 202 == _pay(door, f"p{number}", amount)[0]
    assert 200 == _write(door, "w1", condition="amount > 4000")[0]
    body = {
        "condition": "amount > 1000",
        "outcome": "needs_approval",
        "date": "2020-01-01",
        "until": "9999-12-31",
    }

    def tried(**changed: object) -> tuple[int, dict[str, Any]]:
        headers = door.headers(Role.AUDITOR)
        answer = door.client.post("/v1/policies/dry-run", headers=headers, json=body | changed)
        return answer.status_code, answer.json()

    status, found = tried()
    assert (200, 3, 2, 0, None) == (
        status, found["payments"], found["true"], found["unanswered"], found["after"],
    )  # fmt: skip
    assert {"allow": 1, "needs_approval": 1, "hold": 1, "refuse": 0} == found["together"]
    assert [(1001, "allow"), (5000, "hold")] == sorted(
        (each["facts"]["amount"], each["present"]) for each in found["listed"]
    )
    page = tried(limit=2)[1]
    assert 1 == tried(limit=2, after=page["after"])[1]["payments"]
    assert (400, "invalid_condition") == _problem(tried(condition="amounts > 1"))
    assert (400, "invalid_date") == _problem(tried(date="2026-02-30"))
    assert (400, "period_refused") == _problem(tried(until="2019-12-31"))
    assert 422 == tried(after="x\0")[0]


def _problem(answer: tuple[int, dict[str, Any]]) -> tuple[int, str]:
    return answer[0], answer[1]["code"]
