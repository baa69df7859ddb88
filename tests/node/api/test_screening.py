"""The names list through the door: loaded by operators, kept in versions, shown with what it holds."""

from typing import Any

from node.api.answers import CSV
from node.services.actors import Role
from tests.node.api.conftest import Door
from tests.scenario import BANKS

_TABLE = "entry,name,programme,country\n7,Ivan Petrov,UKR,RU\n7,Iwan Petrow,UKR,RU\n"
_PATH = "/v1/screening/lists"


def _load(
    door: Door, key: str, table: str = _TABLE, query: str = "", **more: str
) -> tuple[int, dict[str, Any]]:
    headers = door.headers(Role.OPERATOR, idempotency_key=key, content_type=CSV) | more
    answer = door.client.post(_PATH + query, headers=headers, content=table.encode())
    return answer.status_code, answer.json()


def _lists(door: Door) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = door.client.get(_PATH, headers=door.headers(Role.AUDITOR)).json()["lists"]
    return found


def test_list_holds_a_payment_and_is_shown(door: Door) -> None:
    """An approver sees whom on which list a held payment is like; so does who looks at the payment."""
    assert 200 == _load(door, "l1")[0]
    rule = {"name": "listed", "condition": "list_hit", "outcome": "hold", "reason": "on the list"}
    headers = door.headers(Role.OPERATOR, idempotency_key="r1")
    assert 200 == door.client.post("/v1/policies", headers=headers, json=rule).status_code
    body = {
        "payee": {"bic": BANKS[1].bic}, "amount": "1", "currency": "USD", "end_to_end_id": "E1",
        "creditor": {"name": "PETROV Ivan"},
    }  # fmt: skip
    sent = door.client.post("/v1/payments", headers=door.headers(idempotency_key="p1"), json=body)
    assert 202 == sent.status_code

    (waiting,) = door.client.get("/v1/approvals", headers=door.headers(Role.APPROVER)).json()["approvals"]
    expected = {
        "list_version": 1, "score": 100, "entry": "7", "names": ["Ivan Petrov", "Iwan Petrow"],
        "programme": "UKR", "country": "RU",
    }  # fmt: skip
    assert expected == waiting["hit"]
    shown = door.client.get(f"/v1/payments/{waiting['id']}", headers=door.headers()).json()
    policy = shown["policy"]
    assert (1, "7", 100) == (policy["list_version"], policy["list_entry"], policy["facts"]["list_score"])


def test_versions_are_kept(door: Door) -> None:
    """Each list that was loaded stays readable, by page; the same again gets its first answer."""
    status, first = _load(door, "l1")
    assert (200, 1, 2) == (status, first["number"], first["names"])
    assert (200, first) == _load(door, "l1")
    _, second = _load(door, "l3", "entry,name\n8,Bert\n", **{"if-match": '"1"'})

    assert [2, 1] == [each["number"] for each in _lists(door)]
    assert second == _lists(door)[0]
    headers = door.headers(Role.AUDITOR)
    page = door.client.get(f"{_PATH}/1?start=1&limit=1", headers=headers).json()["names"]
    assert ["Iwan Petrow"] == [each["name"] for each in page]
    assert 404 == door.client.get(f"{_PATH}/3", headers=headers).status_code


def test_dry_run_loads_nothing(door: Door) -> None:
    """What would change is told, faults likewise; nothing is loaded."""
    status, told = _load(door, "", query="?dry_run=true")
    assert (200, 1, 2) == (status, told["number"], told["added"])
    status, problem = _load(door, "", "entry,name\n7,\n", query="?dry_run=true")
    assert (400, "faulty_message") == (status, problem["code"])
    assert ["line 2/name"] == [fault["path"] for fault in problem["faults"]]
    assert [] == _lists(door)


def test_a_stale_version_replaces_nothing(door: Door) -> None:
    """Who has not seen the newest list replaces nothing."""
    _load(door, "l1")

    status, problem = _load(door, "l2", "entry,name\n8,Bert\n", **{"if-match": '"0"'})

    assert (412, "precondition_failed") == (status, problem["code"])
    assert [1] == [each["number"] for each in _lists(door)]
