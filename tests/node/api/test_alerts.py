"""`/v1/alerts`: read by all, acknowledged once by staff."""

from typing import Any

from node.services.actors import Role
from node.services.alerts.raised import About, raise_alerts
from settlement.alerting import Finding
from tests.node.api.conftest import Door


def _raise(door: Door, *subjects: str) -> None:
    found = [
        About(finding=Finding(rule="velocity", subject=each, explanation=f"too fast: {each}", data={"n": 5}))
        for each in subjects
    ]
    with door.context.store.transaction() as connection:
        raise_alerts(connection, found, at=1_700_000_000)


def _acknowledge(door: Door, number: int, key: str, **changed: Any) -> Any:
    body = {"by": "Erika Mustermann", "note": "Salaries", **changed}
    headers = door.headers(Role.OPERATOR, idempotency_key=key)
    return door.client.post(f"/v1/alerts/{number}/acknowledgement", json=body, headers=headers)


def test_from_raised_to_acknowledged(door: Door) -> None:
    """An alert is shown with its reason; acknowledged once, it is shown on request only, with who."""
    _raise(door, "a", "b", "a")
    headers = door.headers(Role.AUDITOR)
    first, second = door.client.get("/v1/alerts", headers=headers).json()["alerts"]
    assert ("a", "too fast: a", {"n": 5}, "2023-11-14T22:13:20Z", None) == (
        first["subject"], first["explanation"], first["data"], first["raised_at"], first["acknowledged_by"],
    )  # fmt: skip

    answer, replayed = (_acknowledge(door, first["id"], "k") for _ in range(2))
    assert (200, answer.json()) == (answer.status_code, replayed.json())
    assert 409 == _acknowledge(door, first["id"], "another").status_code
    assert [second] == door.client.get("/v1/alerts", headers=headers).json()["alerts"]
    asked = {"acknowledged": "true"}
    everything = door.client.get("/v1/alerts", params=asked, headers=headers).json()["alerts"]
    assert ("Erika Mustermann", "Salaries") == (everything[0]["acknowledged_by"], everything[0]["note"])


def test_wrong_acknowledgements(door: Door) -> None:
    """Nobody, nothing to say, a number that there is not: each refused."""
    _raise(door, "a")
    assert [422, 422, 400, 404] == [
        _acknowledge(door, 1, "a", by="").status_code,
        _acknowledge(door, 1, "b", note="x" * 501).status_code,
        _acknowledge(door, 1, "c", note=" ").status_code,
        _acknowledge(door, 2, "d").status_code,
    ]
