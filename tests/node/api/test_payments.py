"""Payments through HTTP: taken once, answered the same for ever, seen to their end."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from node.api.answers import REPLAYED
from node.services.actors import Role
from settlement.money import AMOUNT_MAX
from tests.node.api.conftest import Door
from tests.scenario import BANKS, OPERATOR

UETR = "8a562c67-ca16-48ba-b074-65581be6f011"


def payment(**changes: object) -> dict[str, object]:
    """A sound payment to the second bank, with changes."""
    return {
        "payee": {"bic": BANKS[1].bic},
        "amount": "125000",
        "currency": "USD",
        "end_to_end_id": "INV-7731",
    } | changes


def send(door: Door, body: object, key: str = "key-1") -> Any:
    """Post a body as the officer."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return door.client.post("/v1/payments", content=content, headers=door.headers(idempotency_key=key))


def count(door: Door) -> int:
    """How many payments the node has taken."""
    response = door.client.get("/v1/payments", headers=door.headers(), params={"limit": 500})
    assert 200 == response.status_code, response.text
    return len(response.json()["payments"])


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_takes_one(doors: Callable[..., Door], dialect: str) -> None:
    """One payment is answered 202 with its id and a UETR of its own, and is then found by both."""
    door = doors(BANKS[0], dialect)
    response = send(door, payment())
    assert 202 == response.status_code, response.text
    (taken,) = response.json()["payments"]
    for name in (taken["id"], taken["uetr"]):
        found = door.client.get(f"/v1/payments/{name}", headers=door.headers()).json()
        assert ("accepted", "125000", "USD", BANKS[1].bic) == (
            found["state"],
            found["amount"],
            found["currency"],
            found["payee"],
        )
        assert ["accepted"] == [entry["event"] for entry in found["timeline"]]


def test_takes_many_in_order(door: Door) -> None:
    """Many are taken together, and answered in the order asked."""
    names = [f"INV-{number}" for number in range(50)]
    response = send(door, {"payments": [payment(end_to_end_id=name) for name in names]})
    assert names == [taken["end_to_end_id"] for taken in response.json()["payments"]]
    assert 50 == count(door)


def test_replays_byte_for_byte(door: Door) -> None:
    """The same body under the same key has the same answer to the byte, is marked so, and does nothing."""
    first, second = send(door, payment()), send(door, payment())
    assert (202, first.content, "true") == (second.status_code, second.content, second.headers[REPLAYED])
    assert REPLAYED not in first.headers
    assert 1 == count(door)


def test_refuses_another_body_under_a_key(door: Door) -> None:
    """A key that was used with another body is refused, and nothing is taken."""
    send(door, payment())
    response = send(door, payment(amount="1"))
    assert (409, "idempotency_conflict") == (response.status_code, response.json()["code"])
    assert 1 == count(door)


def test_keys_belong_to_their_actor(door: Door, doors: Callable[..., Door]) -> None:
    """Two tokens may use the same key without meeting."""
    other = doors()
    assert send(door, payment()).json() != send(other, payment()).json()


def test_same_uetr_same_content_is_that_payment(door: Door) -> None:
    """A UETR seen before with the same content gets the payment it had, under any key."""
    first = send(door, payment(uetr=UETR), "a").json()["payments"][0]
    again = send(door, payment(uetr=UETR), "b").json()["payments"][0]
    assert first == again
    assert 1 == count(door)


def test_same_uetr_other_content_is_refused(door: Door) -> None:
    """A UETR seen before with other content is refused."""
    send(door, payment(uetr=UETR), "a")
    response = send(door, payment(uetr=UETR, amount="7"), "b")
    assert (409, "duplicate_uetr") == (response.status_code, response.json()["code"])


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"amount": "0"}, "amount_not_positive", "amount"),
        ({"amount": "-5"}, "amount_not_positive", "amount"),
        ({"amount": "1.5"}, "invalid_amount", "amount"),
        ({"amount": str(AMOUNT_MAX + 1)}, "amount_too_large", "amount"),
        ({"currency": "XXX"}, "unknown_currency", "currency"),
        ({"currency": "CHF"}, "asset_not_found", "currency"),
        ({"payee": {"bic": "NOBODEFFXXX"}}, "unknown_participant", None),
        ({"payee": {"bic": "short"}}, "invalid_bic", "bic"),
        ({"payee": {"lei": "549300VOSTROBANKBB46"}}, "invalid_lei", "lei"),
        ({"payee": {}}, "ambiguous_participant", None),
        ({"payee": {"bic": BANKS[1].bic, "lei": BANKS[2].lei}}, "conflicting_participant", None),
        ({"payee": {"bic": BANKS[0].bic}}, "payee_refused", "payee"),
        ({"uetr": UETR.upper()}, "invalid_uetr", "uetr"),
        ({"uetr": "8a562c67-ca16-18ba-b074-65581be6f011"}, "invalid_uetr", "uetr"),
        ({"value_date": "2025-03-09"}, "value_date_refused", "value_date"),
        ({"value_date": "2025-03-11"}, "value_date_refused", "value_date"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_refuses_a_wrong_value(door: Door, changes: dict[str, object], code: str, param: str | None) -> None:
    """A value that can't be is answered 400 with its own code, and nothing is taken."""
    response = send(door, payment(**changes))
    problem = response.json()
    assert (400, code, param) == (response.status_code, problem["code"], problem["param"])
    assert 0 == count(door)


def test_lists_every_fault_of_many(door: Door) -> None:
    """One bad payment refuses all; every fault is listed with its position."""
    bodies = [payment(), payment(amount="0"), payment(), payment(currency="CHF", uetr="x")]
    response = send(door, {"payments": bodies})
    problem = response.json()
    assert (400, "faulty_message") == (response.status_code, problem["code"])
    assert [1, 3] == [fault["transaction"] for fault in problem["faults"]]
    assert "amount_not_positive" == problem["faults"][0]["code"]
    assert 0 == count(door)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        json.dumps({"payments": []}).encode(),
        json.dumps(payment(amount=125000)).encode(),
        json.dumps(payment(extra=1)).encode(),
        json.dumps({"payments": [payment()], "more": 1}).encode(),
        json.dumps(payment(urgent="yes")).encode(),
        b"[" * 100_000,
    ],
    ids=[
        "empty",
        "cut",
        "list",
        "null",
        "text",
        "not utf-8",
        "none",
        "number",
        "extra",
        "more",
        "yes",
        "deep",
    ],
)
def test_malformed_is_422(door: Door, body: bytes) -> None:
    """A body without the documented form is answered 422, and nothing else is."""
    response = send(door, body)
    assert (422, "malformed_payload") == (response.status_code, response.json()["code"])


@pytest.mark.parametrize("key", ["", "x" * 256, "\x7f"], ids=["empty", "long", "control"])
def test_needs_a_key(door: Door, key: str) -> None:
    """A write without a usable idempotency key is refused."""
    response = send(door, payment(), key)
    assert (400, "invalid_idempotency_key") == (response.status_code, response.json()["code"])


def test_needs_a_key_at_all(door: Door) -> None:
    """A write without an idempotency key is refused the same way."""
    response = door.client.post("/v1/payments", json=payment(), headers=door.headers())
    assert (400, "invalid_idempotency_key") == (response.status_code, response.json()["code"])


def test_refuses_too_many(doors: Callable[..., Door]) -> None:
    """More payments than a request may hold are refused as too large."""
    door = doors(payments_max=3)
    response = send(door, {"payments": [payment()] * 4})
    assert (413, "body_too_large") == (response.status_code, response.json()["code"])


def test_refuses_a_large_body(doors: Callable[..., Door]) -> None:
    """A body above the limit is refused, whether it says its size or not."""
    door = doors(body_bytes_max=1024)

    def chunks() -> Any:
        for _ in range(10_000):
            yield b" " * 1024

    for content in (b" " * 2000, chunks()):
        response = door.client.post(
            "/v1/payments", content=content, headers=door.headers(idempotency_key="a")
        )
        assert (413, "body_too_large") == (response.status_code, response.json()["code"])


def test_pages(door: Door) -> None:
    """Pages are newest first, without gap or repetition, and end."""
    send(door, {"payments": [payment(end_to_end_id=f"INV-{number}") for number in range(7)]})
    seen, cursor = [], None
    while True:
        params = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = door.client.get("/v1/payments", headers=door.headers(), params=params).json()
        seen += [each["end_to_end_id"] for each in page["payments"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert [f"INV-{number}" for number in reversed(range(7))] == seen


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"currency": "EUR"}, 1),
        ({"state": "accepted"}, 3),
        ({"state": "settled"}, 0),
        ({"counterparty": BANKS[2].bic}, 1),
        ({"amount_from": "2", "amount_until": "2"}, 1),
        ({"end_to_end_id": "A"}, 1),
        ({"value_date_from": "2025-03-11"}, 0),
    ],
    ids=str,
)
def test_filters(door: Door, params: dict[str, str], expected: int) -> None:
    """A list shows those to which all that is given applies."""
    send(
        door,
        {
            "payments": [
                payment(end_to_end_id="A", amount="1"),
                payment(amount="2", currency="EUR"),
                payment(amount="3", payee={"bic": BANKS[2].bic}),
            ]
        },
    )
    page = door.client.get("/v1/payments", headers=door.headers(), params=params).json()
    assert expected == len(page["payments"])


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"limit": "501"}, 422),
        ({"limit": "0"}, 422),
        ({"nonsense": "1"}, 422),
        ({"cursor": "!!"}, 400),
        ({"state": "nowhere"}, 400),
        ({"amount_from": "x"}, 400),
    ],
    ids=str,
)
def test_refuses_a_wrong_question(door: Door, params: dict[str, str], status: int) -> None:
    """A list that can't be is refused, not answered with nothing."""
    assert status == door.client.get("/v1/payments", headers=door.headers(), params=params).status_code


@pytest.mark.parametrize("name", ["pay_00000000000000000000000000", UETR, "%00", "💶"])
def test_unknown_is_404(door: Door, name: str) -> None:
    """A payment nobody sent is not found."""
    response = door.client.get(f"/v1/payments/{name}", headers=door.headers())
    assert (404, "not_found") == (response.status_code, response.json()["code"])


def test_hides_the_document_from_the_operator(door: Door) -> None:
    """Who runs the node sees payments, but not the people in their documents."""
    body = payment(creditor={"name": "Erika Mustermann", "iban": "DE89370400440532013000"})
    (taken,) = send(door, body).json()["payments"]
    path = f"/v1/payments/{taken['id']}"
    for role in Role:
        sees = role not in {Role.OPERATOR, Role.ISSUER}
        assert sees is ("Mustermann" in door.client.get(path, headers=door.headers(role)).text)


def test_not_admitted_yet(doors: Callable[..., Door]) -> None:
    """A bank that is not registered on the chain is told so."""
    response = send(doors(bic="NOBODEFFXXX"), payment())
    assert (400, "unknown_participant") == (response.status_code, response.json()["code"])


def test_operator_may_pay_too(doors: Callable[..., Door]) -> None:
    """The central bank's own node takes payments like any other."""
    assert 202 == send(doors(OPERATOR), payment()).status_code
