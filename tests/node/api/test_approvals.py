"""Four eyes through HTTP: what waits, who may answer, and where a secret never shows."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from sqlalchemy import select
from structlog.testing import capture_logs

from node.services.actors import Role
from node.store.tables import metadata
from tests.node.api.conftest import SECRET, Door
from tests.node.api.test_payments import payment

_LIMITED = {"approval_limits": "USD=1.00"}


@pytest.fixture
def limited(doors: Callable[..., Door]) -> Iterator[Door]:
    """A door where what is above a dollar waits; loggers that a test can listen to."""
    structlog.reset_defaults()
    structlog.configure(cache_logger_on_first_use=False)
    yield doors(**_LIMITED)
    structlog.reset_defaults()


def _enter(door: Door, role: Role = Role.OFFICER) -> str:
    headers = door.headers(role, idempotency_key="enter")
    answer = door.client.post("/v1/payments", headers=headers, json=payment(amount="101"))
    assert 202 == answer.status_code
    return str(answer.json()["payments"][0]["id"])


def _waiting(door: Door) -> list[dict[str, Any]]:
    answer = door.client.get("/v1/approvals", headers=door.headers(Role.APPROVER))
    found: list[dict[str, Any]] = answer.json()["approvals"]
    return found


def _approve(door: Door, payment_id: str, key: str = "k", **body: str) -> Any:
    path = f"/v1/approvals/{payment_id}/approval"
    return door.client.post(path, headers=door.headers(Role.APPROVER, idempotency_key=key), json=body)


def test_approved_by_its_digest(limited: Door) -> None:
    """An approver sees what waits and consents to its digest; the payment's history has both names."""
    entered = _enter(limited)
    (waiting,) = _waiting(limited)
    assert (entered, "AboveLimit", "101", "USD", "officer") == tuple(
        waiting[name] for name in ("id", "need", "amount", "currency", "entered_by")
    )
    shown = limited.client.get(f"/v1/payments/{entered}", headers=limited.headers()).json()
    assert ("awaiting_approval", "PDNG") == (shown["state"], shown["status"])
    answer = _approve(limited, entered, digest=waiting["digest"], secret=SECRET, reason="seen")
    assert (200, {"id": entered, "verdict": "approved", "approver": "approver"}) == (
        answer.status_code,
        answer.json(),
    )
    again = _approve(limited, entered, digest=waiting["digest"], secret="another", reason="seen")
    assert (answer.content, "true") == (again.content, again.headers["idempotent-replayed"])
    assert [] == _waiting(limited)
    timeline = limited.client.get(f"/v1/payments/{entered}", headers=limited.headers()).json()["timeline"]
    assert [("awaiting_approval", "officer"), ("approved", "approver")] == [
        (entry["event"], entry["by"]) for entry in timeline[1:]
    ]


def test_rejected(limited: Door) -> None:
    """A rejection takes a reason, and a second answer finds nothing that waits."""
    entered = _enter(limited)
    (waiting,) = _waiting(limited)
    path = f"/v1/approvals/{entered}/rejection"
    headers = limited.headers(Role.APPROVER, idempotency_key="r")
    assert 422 == limited.client.post(path, headers=headers, json={}).status_code
    rejected = limited.client.post(path, headers=headers, json={"reason": "no invoice"})
    assert (200, "rejected") == (rejected.status_code, rejected.json()["verdict"])
    late = _approve(limited, entered, digest=waiting["digest"], secret=SECRET)
    assert (409, "approval_refused") == (late.status_code, late.json()["code"])


def test_roles(limited: Door) -> None:
    """Only an approver answers; an officer who asks is refused, whatever it knows."""
    entered = _enter(limited)
    (waiting,) = _waiting(limited)
    for role in set(Role) - {Role.APPROVER}:
        headers = limited.headers(role, idempotency_key="k")
        body = {"digest": waiting["digest"], "secret": SECRET}
        path = f"/v1/approvals/{entered}/approval"
        assert 403 == limited.client.post(path, headers=headers, json=body).status_code


def test_secret_is_nowhere(limited: Door) -> None:
    """Neither log, store nor answer has a secret, right, wrong or in a malformed request."""
    entered = _enter(limited)
    (waiting,) = _waiting(limited)
    digest, wrong = waiting["digest"], "hunter2-hunter2"
    with capture_logs() as logs:
        answers = [
            _approve(limited, entered, "a", digest=digest, secret=wrong),
            _approve(limited, entered, "b", digest="no", secret=wrong),
            _approve(limited, entered, "c", digest=digest, secret=wrong, other="x"),
            _approve(limited, entered, "d", digest=digest, secret=SECRET),
        ]
    assert [403, 422, 422, 200] == [answer.status_code for answer in answers]
    with limited.context.store.snapshot() as connection:
        kept = [connection.execute(select(table)).all() for table in metadata.sorted_tables]
    everything = repr(logs) + repr(kept) + "".join(answer.text for answer in answers)
    for secret in (SECRET, wrong):
        assert secret not in everything
