"""Breaks through HTTP: read by all, worked on by staff, each write answered once for ever."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from node.services.actors import Role
from node.services.breaks import record
from node.services.reconciliation import Break, Kind
from node.services.reports import own_statement
from settlement.iso20022 import camt053
from tests.node.api.conftest import Door

_BREAK = Break(kind=Kind.ACCOUNT, subject="account 840-2", field="available", expected="1", found="2")


@pytest.fixture
def broken(door: Door) -> Door:
    """A door with two open breaks."""
    at = int(door.network.clock.now())
    second = Break(kind=Kind.SUPPLY, subject="asset 840", field="held", expected="1", found="2")
    record(door.context.store, [_BREAK, second], height=9, actor="keeper", at=at, run=None)
    return door


def _post(door: Door, path: str, body: Any, key: str = "k") -> Any:
    return door.client.post(f"/v1/breaks/{path}", headers=door.headers(idempotency_key=key), json=body)


def test_lists_what_is_open(broken: Door) -> None:
    """Who looks after the books sees the breaks, a page at a time."""
    listed: list[dict[str, Any]] = []
    for role in (Role.OFFICER, Role.AUDITOR, Role.OPERATOR):
        listed = broken.client.get("/v1/breaks", headers=broken.headers(role)).json()["breaks"]
        assert [1, 2] == [each["id"] for each in listed]
    assert ("account 840-2", "2025-03-10T12:00:00Z", None) == tuple(
        listed[0][name] for name in ("subject", "opened_at", "owner")
    )
    after = broken.client.get("/v1/breaks?after=1&limit=1", headers=broken.headers()).json()["breaks"]
    assert [2] == [each["id"] for each in after]


def test_is_assigned_and_cleared(broken: Door) -> None:
    """A break gets an owner and an end; then it shows only among all."""
    assigned = _post(broken, "1/assignment", {"owner": "Erika"}).json()
    cleared = _post(broken, "1/clearance", {"by": "Erika", "reason": "typed wrong"}, "k2").json()

    assert "Erika" == assigned["owner"]
    assert ("Erika", "typed wrong") == (cleared["cleared_by"], cleared["reason"])
    listed = broken.client.get("/v1/breaks", headers=broken.headers()).json()["breaks"]
    assert [2] == [each["id"] for each in listed]
    everything = broken.client.get("/v1/breaks?cleared=true", headers=broken.headers()).json()["breaks"]
    assert [cleared, listed[0]] == everything


def test_the_same_key_does_it_once(broken: Door) -> None:
    """A repeated request gets the first answer; another under its key is refused."""
    first = _post(broken, "1/clearance", {"by": "Erika", "reason": "r"})
    again = _post(broken, "1/clearance", {"by": "Erika", "reason": "r"})

    assert (200, first.content, "true") == (
        again.status_code, again.content, again.headers["idempotent-replayed"],
    )  # fmt: skip
    assert 409 == _post(broken, "2/clearance", {"by": "Erika", "reason": "r"}).status_code


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("9/assignment", {"owner": "Erika"}, 404, "not_found"),
        ("9/clearance", {"by": "Erika", "reason": "r"}, 404, "not_found"),
        ("1/clearance", {"by": "Erika"}, 422, "malformed_payload"),
        ("1/clearance", {"by": "Erika", "reason": ""}, 422, "malformed_payload"),
        ("1/clearance", {"by": "Erika", "reason": "  "}, 400, "invalid_note"),
        ("1/assignment", {"owner": 7}, 422, "malformed_payload"),
        ("x/assignment", {"owner": "Erika"}, 422, "malformed_payload"),
    ],
)
def test_refuses_what_says_nothing(broken: Door, path: str, body: Any, status: int, code: str) -> None:
    """A break that is not open is not found; a note without words is refused."""
    response = _post(broken, path, body)
    assert (status, code) == (response.status_code, response.json()["code"])
    assert 2 == len(broken.client.get("/v1/breaks", headers=broken.headers()).json()["breaks"])


def test_health_tells_of_open_breaks(broken: Door) -> None:
    """Open breaks leave the node ready, and are said on its health page and in its numbers."""
    ready = broken.client.get("/readyz")
    (check,) = [each for each in ready.json()["checks"] if each["name"] == "breaks"]
    numbers = broken.client.get("/metrics", headers=broken.headers(Role.AUDITOR)).text

    assert (200, True) == (ready.status_code, check["passed"])
    assert "2 open breaks, the oldest since 2025-03-10 12:00 UTC" in check["reason"]
    assert "vostro_open_breaks 2.0" in numbers
    assert "vostro_oldest_break_opened_seconds 1.741608e+09" in numbers


def _statement(door: Door) -> bytes:
    context, day = door.context, datetime.fromtimestamp(door.network.clock.now(), UTC).date()
    drawn_up = own_statement(
        context.store, context.settings, context.chain, context.clock, code="USD", first=day, last=day
    )
    return camt053.write(drawn_up, created_at=int(door.network.clock.now()))


def _compared(door: Door, role: Role, content: bytes, key: str) -> Any:
    headers = door.headers(role, idempotency_key=key)
    return door.client.post("/v1/breaks/statement", headers=headers, content=content)


@pytest.mark.parametrize("role", [Role.OFFICER, Role.AUDITOR])
def test_a_statement_is_compared(door: Door, role: Role) -> None:
    """One that came in is held against ours: nothing differs, or each difference is told and opened once."""
    equal = _statement(door)
    other = re.sub(rb'(<Amt Ccy="USD">)', rb"\g<1>1", equal, count=1)

    told = [
        _compared(door, role, content, key) for content, key in ((equal, "1"), (other, "2"), (other, "3"))
    ]

    assert [200] * 3 == [each.status_code for each in told]
    assert [[], ["opening"], ["opening"]] == [
        [each["field"] for each in answer.json()["breaks"]] for answer in told
    ]
    assert told[1].content == _compared(door, role, other, "2").content
    assert 409 == _compared(door, role, equal, "2").status_code
    listed = door.client.get("/v1/breaks", headers=door.headers()).json()["breaks"]
    assert ["statement"] == [each["kind"] for each in listed]


@pytest.mark.parametrize("content", [b"", b"<x/>", b"not xml", b"\xff" * 1000])
def test_what_is_no_statement_is_refused(door: Door, content: bytes) -> None:
    """By a problem that names it, and nothing is opened."""
    answer = _compared(door, Role.OFFICER, content, "1")
    assert 400 == answer.status_code
    assert [] == door.client.get("/v1/breaks", headers=door.headers()).json()["breaks"]
