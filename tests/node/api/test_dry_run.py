"""`dry_run` of payments: what sending them would do, and nothing of it is done."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import func, select

from node.store.tables import metadata
from tests.node.api.conftest import Door
from tests.node.api.test_payments import payment, send
from tests.scenario import BANKS

_LIMITED = {"approval_limits": "USD=1.00"}


def _check(door: Door, body: Any, key: str | None = None) -> Any:
    headers = door.headers() if key is None else door.headers(idempotency_key=key)
    return door.client.post("/v1/payments?dry_run=true", json=body, headers=headers)


def _rows(door: Door) -> dict[str, int]:
    """How many rows each table has."""
    with door.context.store.snapshot() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_tells_what_would_happen(doors: Callable[..., Door], dialect: str) -> None:
    """What goes out at once, what waits for a second person and why, what is known already: in order."""
    door = doors(BANKS[0], dialect, **_LIMITED)
    uetr = "8a562c67-ca16-48ba-b074-65581be6f011"
    known = send(door, payment(uetr=uetr, amount="5")).json()["payments"][0]["id"]
    before = _rows(door)
    bodies = [payment(amount="100"), payment(amount="101"), payment(uetr=uetr, amount="5")]
    found = _check(door, {"payments": bodies})
    assert 200 == found.status_code, found.text
    assert [
        ("submitted", None, None),
        ("awaiting_approval", "AboveLimit", None),
        ("known", None, known),
    ] == [(each["outcome"], each["need"], each["id"]) for each in found.json()["payments"]]
    assert [] == found.json()["faults"]
    assert before == _rows(door)


def test_lists_all_faults(door: Door) -> None:
    """Every fault stands with its position, also the only one of a single payment; a wrong form is 422."""
    wrong = [payment(currency="XXX"), payment(), payment(amount="0"), payment(payee={"bic": "NOBODYXX"})]
    found = _check(door, {"payments": wrong}).json()
    assert [] == found["payments"]
    assert [
        (0, "currency", "unknown_currency"),
        (2, "amount", "amount_not_positive"),
        (3, "bic", "invalid_bic"),
    ] == [(each["transaction"], each["path"], each["code"]) for each in found["faults"]]
    single = _check(door, payment(amount="0"))
    assert (200, [0]) == (single.status_code, [each["transaction"] for each in single.json()["faults"]])
    assert 422 == _check(door, {"payments": [{}]}).status_code


def test_takes_no_key(door: Door) -> None:
    """A key that was sent with it is still new afterwards."""
    assert "submitted" == _check(door, payment(), "K").json()["payments"][0]["outcome"]
    sent = send(door, payment(), "K")
    assert (202, None) == (sent.status_code, sent.headers.get("idempotent-replayed"))


def test_foresees_what_then_happens(doors: Callable[..., Door]) -> None:
    """What is foreseen of any payments is what sending them at once does, day totals included."""
    door = doors(**_LIMITED)
    numbers = iter(range(10**6))

    @given(amounts=some.lists(some.sampled_from(["1", "100", "101", str(10**12)]), min_size=1, max_size=6))
    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def foresees(amounts: list[str]) -> None:
        body = {"payments": [payment(amount=amount) for amount in amounts]}
        foreseen = _check(door, body).json()["payments"]
        taken = send(door, body, f"key {next(numbers)}").json()["payments"]
        states = [
            door.client.get(f"/v1/payments/{each['id']}", headers=door.headers()).json()["state"]
            for each in taken
        ]
        words = {"accepted": "submitted"}
        assert [each["outcome"] for each in foreseen] == [words.get(state, state) for state in states]

    foresees()
