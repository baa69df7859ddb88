"""`/v1/events`: the feed as a list."""

from node.keeper.feeder import Feeder
from node.services.actors import Role
from tests.node.api.conftest import Door

PAYMENT = {"payee": {"bic": "VOBBUS33XXX"}, "amount": "500", "currency": "USD", "end_to_end_id": "E1"}


def feed(door: Door) -> Feeder:
    """The feeder of a door's node, the feed begun."""
    context = door.context
    feeder = Feeder(context.store, context.chain, context.clock, context.settings)
    feeder.tick()
    return feeder


def pay(door: Door, count: int) -> None:
    """Have payments accepted, one by one."""
    for number in range(count):
        body = PAYMENT | {"end_to_end_id": f"E{number}"}
        headers = door.headers(idempotency_key=f"pay {number}")
        assert 202 == door.client.post("/v1/payments", json=body, headers=headers).status_code


def test_pages_follow_each_other(door: Door) -> None:
    """Page by page everything comes once, and the last cursor waits for what is not there yet."""
    feeder = feed(door)
    pay(door, 3)
    feeder.tick()
    seen, cursor = [], None
    for more in (True, False, False):
        asked = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = door.client.get("/v1/events", params=asked, headers=door.headers(Role.AUDITOR)).json()
        seen += [each["data"]["end_to_end_id"] for each in page["events"]]
        cursor = page["cursor"]
        assert more == page["more"]
    assert ["E0", "E1", "E2"] == seen


def test_a_choice(door: Door) -> None:
    """Types by name or group, accounts by currency or number; what is neither is refused by its name."""
    feeder = feed(door)
    pay(door, 1)
    feeder.tick()

    def count(**choice: str) -> int:
        found = door.client.get("/v1/events", params=choice, headers=door.headers()).json()["events"]
        return len(found)

    assert [1, 1, 0, 1, 1, 0] == [
        count(types="payment.*"), count(types="payment.accepted, account.credited"), count(types="account.*"),
        count(accounts="USD"), count(accounts="840,978"), count(accounts="EUR"),
    ]  # fmt: skip
    for wrong in ({"types": "payment"}, {"types": "payment.paid"}, {"accounts": "0"}, {"accounts": "XXQ"}):
        refused = door.client.get("/v1/events", params=wrong, headers=door.headers())
        assert 400 == refused.status_code, wrong


def test_cursors_that_lead_nowhere(door: Door) -> None:
    """Nonsense is 400, what is gone is 410 and says what to do."""
    feed(door)
    wrong = door.client.get("/v1/events", params={"cursor": "evt_1"}, headers=door.headers())
    gone = door.client.get("/v1/events", params={"cursor": "evt_" + "0" * 26}, headers=door.headers())
    assert (400, "invalid_cursor") == (wrong.status_code, wrong.json()["code"])
    assert (410, "cursor_gone") == (gone.status_code, gone.json()["code"])
    assert "compare by the lists" in gone.json()["detail"]
