"""`/v1/webhooks`: receivers are added once, and what is kept of them is no secret."""

from typing import Any

from node.clock import SystemRandom
from node.keeper.courier import Courier
from node.services.actors import Role
from node.store.tables import idempotency
from tests.node.api.conftest import Door
from tests.node.api.test_events import feed, pay
from tests.receivers import Receiver, answer


def _post(door: Door, path: str, body: dict[str, Any], key: str) -> Any:
    headers = door.headers(Role.OPERATOR, idempotency_key=key)
    return door.client.post(f"/v1/webhooks{path}", json=body, headers=headers)


def _get(door: Door, path: str) -> Any:
    return door.client.get(f"/v1/webhooks{path}", headers=door.headers(Role.OPERATOR)).json()


def _deliver(door: Door) -> None:
    context = door.context
    courier = Courier(context.store, context.vault, context.clock, SystemRandom(), context.settings)
    while courier.tick():
        pass


def test_from_adding_to_delivery(doors: Any) -> None:
    """Added once however often it is asked, its secret asked for apart, each event delivered and logged."""
    door = doors(webhook_private_targets=True)
    feeder = feed(door)
    with Receiver() as receiver:
        receiver.behaviours[:0] = [answer(500)]
        body = {"url": receiver.url, "types": ["payment.*"], "accounts": ["USD"]}
        first, second = (_post(door, "", body, "k") for _ in range(2))
        assert (200, first.json()) == (first.status_code, second.json())
        assert "true" == second.headers["idempotent-replayed"]
        (webhook,) = _get(door, "")["webhooks"]
        assert (first.json(), [840]) == (webhook, webhook["accounts"])

        pay(door, 1)
        feeder.tick()
        _deliver(door)
        (failed,) = _get(door, f"/{webhook['id']}/deliveries")["deliveries"]
        assert (500, 1) == (failed["status"], failed["attempt"])
        assert 200 == _post(door, f"/{webhook['id']}/enable", {}, "again").status_code
        _deliver(door)

    secret = _get(door, f"/{webhook['id']}/secret")["secret"]
    assert secret.startswith("whsec_")
    assert receiver.got[0].headers["webhook-id"] == receiver.got[1].headers["webhook-id"]


def test_no_answer_that_is_kept_has_a_secret(doors: Any) -> None:
    """What is kept for who asks again names no secret, also of a rotation."""
    door = doors(webhook_private_targets=True)
    webhook = _post(door, "", {"url": "http://127.0.0.1:1/"}, "a").json()["id"]
    before = _get(door, f"/{webhook}/secret")["secret"]
    assert 200 == _post(door, f"/{webhook}/rotate", {"overlap_seconds": 60}, "b").status_code
    after = _get(door, f"/{webhook}/secret")["secret"]
    assert before != after
    with door.context.store.snapshot() as connection:
        kept = str(connection.execute(idempotency.select()).all())
    assert "whsec_" not in kept
    assert before.removeprefix("whsec_") not in kept


def test_what_is_refused(door: Door) -> None:
    """A private address, plain HTTP, an unknown type, an unknown receiver: each by its own code."""
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"url": "https://127.0.0.1/"}, "target_refused"),
        ({"url": "http://bank.example/"}, "invalid_target"),
        ({"url": "https://bank.example/", "types": ["payments"]}, "invalid_filter"),
        ({"url": "https://bank.example/", "accounts": ["XXX9"]}, "unknown_currency"),
    ]
    for body, code in wrong:
        refused = _post(door, "", body, code)
        assert (400, code) == (refused.status_code, refused.json()["code"])
    for verb in ("enable", "remove", "rotate"):
        assert 404 == _post(door, f"/whk_0/{verb}", {}, verb).status_code
    assert {"webhooks": []} == _get(door, "")
