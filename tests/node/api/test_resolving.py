"""The queue through the door: seen, ordered, resolved, explained."""

from collections.abc import Callable
from typing import Any

import pytest

from node.api.answers import REPLAYED
from node.services.actors import Role
from tests.embedded import FUNDS
from tests.node.api.conftest import Door
from tests.node.api.test_payments import payment, send
from tests.node.api.test_queue import run
from tests.scenario import BANKS


@pytest.fixture(params=["sqlite", "postgresql"])
def ring(request: pytest.FixtureRequest, doors: Callable[..., Door]) -> tuple[Door, ...]:
    """The doors of three banks that owe each other in a ring, each a little more than it has."""
    opened = tuple(doors(bank, request.param, batch_linger_seconds=0) for bank in BANKS)
    for at, door in enumerate(opened):
        payee = {"bic": BANKS[(at + 1) % 3].bic}
        sent = send(door, payment(payee=payee, amount=str(FUNDS + 500 + at), queue=True))
        assert 202 == sent.status_code, sent.text
        run(door)
    for door in opened:
        door.mirror()
    return opened


def _get(door: Door, path: str) -> Any:
    response = door.client.get(f"/v1/queue{path}", headers=door.headers(Role.AUDITOR))
    assert 200 == response.status_code, response.text
    return response.json()


def _run(door: Door, key: str = "run-1", currency: str = "USD") -> Any:
    headers = door.headers(idempotency_key=key)
    return door.client.post("/v1/queue/runs", headers=headers, json={"currency": currency})


def test_a_gridlock_is_seen_and_unlocked(ring: tuple[Door, ...]) -> None:
    """Each bank sees what it waits for; a run of one settles all, and says so once it is final."""
    seen = _get(ring[0], "?currency=USD")
    (out,), (incoming,) = seen["outgoing"], seen["incoming"]
    assert (3, "InsufficientFunds", BANKS[0].bic, "500") == (
        seen["waiting"], out["reason"], out["waits_for"], out["short"],
    )  # fmt: skip
    assert (BANKS[2].bic, None) == (incoming["payer"], incoming["payment_id"])
    taken = _run(ring[0])
    assert 202 == taken.status_code, taken.text
    path = f"/runs/{taken.json()['run_id']}"
    assert ["waiting"] == [each["state"] for each in _get(ring[0], path)["proposals"]]
    refused = _run(ring[0], "run-2")
    assert (409, "queue_run_refused") == (refused.status_code, refused.json()["code"])
    run(ring[0])
    found = _get(ring[0], path)
    assert (["settled"], found["bound"], []) == (
        [each["state"] for each in found["proposals"]], found["settled_value"], found["left"],
    )  # fmt: skip
    assert [found["id"]] == [each["id"] for each in _get(ring[0], "/runs")["runs"]]
    for door in ring:
        door.mirror()
        listed = door.client.get("/v1/payments", headers=door.headers()).json()["payments"]
        assert ["settled"] == [each["state"] for each in listed]
    again = _run(ring[0])
    assert (202, taken.content, "true") == (again.status_code, again.content, again.headers[REPLAYED])


def test_held_by_its_bank(ring: tuple[Door, ...]) -> None:
    """What one bank holds keeps the ring locked, and every other is told why."""
    door = ring[0]
    payment_id = _get(door, "?currency=USD")["outgoing"][0]["payment_id"]
    headers = door.headers(idempotency_key="hold-1")
    path = f"/v1/payments/{payment_id}/queue/"
    assert 202 == door.client.post(path + "hold", headers=headers).status_code
    assert 422 == door.client.post(path + "nonsense", headers=headers).status_code
    run(door)
    assert "held" == door.client.get(f"/v1/payments/{payment_id}", headers=door.headers()).json()["state"]
    for each in ring:
        each.mirror()
    assert ("Held", True) == tuple(_get(ring[1], "")["incoming"][0][name] for name in ("reason", "held"))
    run_id = _run(ring[1]).json()["run_id"]
    found = _get(ring[1], f"/runs/{run_id}")
    assert ([], 3, 1) == (found["proposals"], found["waiting"], found["barred"])
    assert any("can't settle now: Held" in each["sentence"] for each in found["left"])
    assert any("waits for" in each["sentence"] and "short" in each["sentence"] for each in found["left"])


def test_bad_questions(door: Door) -> None:
    """An unknown currency, run or payment is refused by name."""
    assert (400, "unknown_currency") == (
        (answer := _run(door, currency="XXZ")).status_code, answer.json()["code"],
    )  # fmt: skip
    for path in ("/v1/queue?currency=XXZ", "/v1/queue/runs/run_0"):
        assert door.client.get(path, headers=door.headers()).status_code in {400, 404}
    headers = door.headers(idempotency_key="k")
    assert 404 == door.client.post("/v1/payments/pay_none/queue/hold", headers=headers).status_code
