"""Nothing is open unless a route says for whom, and every refusal is logged."""

import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import anyio
import pytest
import structlog
from fastapi import FastAPI
from httpx2 import Response
from sqlalchemy import func, insert, select
from starlette.types import Message
from structlog.testing import capture_logs

from node.api import openapi, problems
from node.api.answers import CSV, XML
from node.api.auth import LOGGED_IN, PUBLIC, UnguardedRoute, require_rules
from node.services.actors import Role
from node.services.alerts.raised import About, raise_alerts
from node.services.breaks import record
from node.services.cycles.words import Call
from node.services.reconciliation import Break, Kind
from node.services.tokens import list_tokens, revoke_token
from node.store.tables import alerts, cycle_calls
from settlement.alerting import Finding
from tests.messages import liquidity_file_of, recall_file_of
from tests.node.api.conftest import Door
from tests.scenario import BANKS
from tests.settlement.iso20022.messages import recall_item

_READERS = set(Role)
_EXAMINERS = {Role.OFFICER, Role.AUDITOR, Role.OPERATOR}
_SENDERS = {Role.OFFICER, Role.INTEGRATION}
_OVERSEERS = {Role.AUDITOR, Role.OPERATOR}
_STAFF = {Role.OFFICER, Role.OPERATOR}
# Whoever is logged in by a password, whatever the role; no other way of coming in.
_LOGGED_IN = None
# The whole matrix, once more and by hand: a new route must be added here too.
MATRIX: dict[tuple[str, str], set[Role] | None] = {
    ("post", "/v1/payments"): _SENDERS,
    ("get", "/v1/payments"): _READERS,
    ("get", "/v1/payments/{payment_id}"): _READERS,
    ("post", "/v1/payments/{payment_id}/cancel"): _SENDERS,
    ("get", "/v1/payments/{payment_id}/evidence"): _READERS,
    ("get", "/v1/payments/{payment_id}/status"): _READERS,
    ("get", "/v1/approvals"): {Role.APPROVER, Role.AUDITOR},
    ("post", "/v1/approvals/{payment_id}/approval"): {Role.APPROVER},
    ("post", "/v1/approvals/{payment_id}/rejection"): {Role.APPROVER},
    ("post", "/v1/files"): _SENDERS,
    ("get", "/v1/files/{file_id}"): _READERS,
    ("get", "/v1/files/{file_id}/status"): _READERS,
    ("get", "/v1/files/{file_id}/receipt"): _READERS,
    ("post", "/v1/recalls"): _SENDERS,
    ("get", "/v1/queue"): _READERS,
    ("post", "/v1/payments/{payment_id}/queue/{order}"): _SENDERS,
    ("post", "/v1/queue/runs"): _SENDERS | {Role.OPERATOR},
    ("get", "/v1/queue/runs"): _READERS,
    ("get", "/v1/queue/runs/{run_id}"): _READERS,
    ("post", "/v1/cycles"): _SENDERS,
    ("get", "/v1/cycles"): _READERS,
    ("get", "/v1/cycles/{call_id}"): _READERS,
    ("post", "/v1/cycles/{call_id}/affirmation"): {Role.APPROVER},
    ("post", "/v1/cycles/{call_id}/withdrawal"): _SENDERS,
    ("post", "/v1/cycles/payments"): _SENDERS,
    ("get", "/v1/cycles/payments"): _READERS,
    ("get", "/v1/cycles/payments/{gross_id}"): _READERS,
    ("get", "/v1/cycles/payments/{gross_id}/proof"): _READERS,
    ("post", "/v1/cycles/payments/{gross_id}/withdrawal"): _SENDERS,
    ("get", "/v1/recalls"): _READERS,
    ("get", "/v1/recalls/{recall_id}"): _READERS,
    ("get", "/v1/recalls/{recall_id}/resolution"): _READERS,
    ("post", "/v1/trades"): _SENDERS,
    ("get", "/v1/trades"): _READERS,
    ("get", "/v1/trades/{trade_id}"): _READERS,
    ("post", "/v1/trades/{trade_id}/affirmation"): _SENDERS,
    ("post", "/v1/trades/{trade_id}/withdrawal"): _SENDERS,
    ("post", "/v1/trades/{trade_id}/cancellation"): _SENDERS,
    ("post", "/v1/trades/{trade_id}/approval"): {Role.APPROVER},
    ("post", "/v1/trades/{trade_id}/rejection"): {Role.APPROVER},
    ("post", "/v1/expected-trades"): _SENDERS,
    ("post", "/v1/issues"): {Role.ISSUER},
    ("post", "/v1/redemptions"): _SENDERS,
    ("get", "/v1/redemptions"): _READERS,
    ("post", "/v1/redemptions/{redemption_id}/confirmation"): {Role.ISSUER},
    ("post", "/v1/redemptions/{redemption_id}/refusal"): {Role.ISSUER},
    ("post", "/v1/redemptions/{redemption_id}/withdrawal"): _SENDERS,
    ("get", "/v1/assets"): _READERS,
    ("get", "/v1/accounts"): _READERS,
    ("get", "/v1/statements"): _READERS,
    ("get", "/v1/reports/liquidity"): _READERS,
    ("get", "/v1/reports/issuer"): _READERS,
    ("get", "/v1/reports/regulator"): _OVERSEERS,
    ("get", "/v1/evidence/account"): _OVERSEERS,
    ("get", "/v1/evidence/key"): _OVERSEERS,
    ("get", "/v1/participants"): _READERS,
    ("get", "/v1/events"): _READERS,
    ("get", "/v1/events/stream"): _READERS,
    ("get", "/v1/policies"): {Role.AUDITOR, Role.OPERATOR},
    ("get", "/v1/policies/{rule_name}"): {Role.AUDITOR, Role.OPERATOR},
    ("post", "/v1/policies"): {Role.OPERATOR},
    ("post", "/v1/policies/dry-run"): _OVERSEERS,
    ("post", "/v1/policies/{rule_name}/retirement"): {Role.OPERATOR},
    ("get", "/v1/screening/lists"): _OVERSEERS,
    ("post", "/v1/screening/lists"): {Role.OPERATOR},
    ("get", "/v1/screening/lists/{list_number}"): _OVERSEERS,
    ("get", "/v1/webhooks"): {Role.OPERATOR},
    ("post", "/v1/webhooks"): {Role.OPERATOR},
    ("get", "/v1/webhooks/{webhook_id}/secret"): {Role.OPERATOR},
    ("get", "/v1/webhooks/{webhook_id}/deliveries"): {Role.OPERATOR},
    ("post", "/v1/webhooks/{webhook_id}/rotate"): {Role.OPERATOR},
    ("post", "/v1/webhooks/{webhook_id}/enable"): {Role.OPERATOR},
    ("post", "/v1/webhooks/{webhook_id}/disable"): {Role.OPERATOR},
    ("post", "/v1/webhooks/{webhook_id}/remove"): {Role.OPERATOR},
    ("post", "/v1/webhooks/{webhook_id}/resend"): {Role.OPERATOR},
    ("get", "/v1/alerts"): _READERS,
    ("post", "/v1/alerts/{alert_id}/acknowledgement"): _STAFF,
    ("get", "/v1/breaks"): _EXAMINERS,
    ("post", "/v1/breaks/statement"): {Role.OFFICER, Role.AUDITOR},
    ("post", "/v1/breaks/{break_id}/assignment"): _STAFF,
    ("post", "/v1/breaks/{break_id}/clearance"): _STAFF,
    ("delete", "/v1/sessions/current"): _LOGGED_IN,
    ("post", "/v1/sessions/current/password"): _LOGGED_IN,
    ("get", "/v1/refusals"): _OVERSEERS,
    ("get", "/metrics"): _OVERSEERS,
}


def _paid(door: Door, key: str) -> str:
    headers = door.headers(idempotency_key=f"payment {key}")
    body = {
        "payee": {"bic": BANKS[2].bic},
        "amount": "7",
        "currency": "USD",
        "end_to_end_id": key,
        "queue": True,
    }
    taken: str = door.client.post("/v1/payments", headers=headers, json=body).json()["payments"][0]["id"]
    return taken


def _filed(door: Door, key: str) -> str:
    # Of one that is a transfer of liquidity everything can be asked.
    text = liquidity_file_of("1.00", message_id=key)
    if door.member is not BANKS[0]:
        swapped = text.replace(BANKS[0].bic, "SWAPPED").replace(door.member.bic, BANKS[0].bic)
        text = swapped.replace("SWAPPED", door.member.bic)
    headers = door.headers(idempotency_key=f"file {key}", content_type=XML)
    taken: str = door.client.post("/v1/files", headers=headers, content=text).json()["file_id"]
    return taken


def _recalled(door: Door, key: str) -> str:
    text = recall_file_of(recall_item(message_id=key, end_to_end_id="E1"), message_id=key)
    text = text.replace(BANKS[0].bic, door.member.bic)
    headers = door.headers(idempotency_key=f"recall {key}", content_type=XML)
    taken: str = door.client.post("/v1/recalls", headers=headers, content=text).json()["recall_id"]
    return taken


def _proposed(door: Door, key: str) -> str:
    headers = door.headers(idempotency_key=f"trade {key}")
    leg = {"asset": "USD", "payer": {"bic": BANKS[2].bic}, "payee": {"bic": door.member.bic}, "amount": "7"}
    body = {"legs": [leg], "reference": key}
    taken: str = door.client.post("/v1/trades", headers=headers, json=body).json()["id"]
    return taken


def _resolved(door: Door, key: str) -> str:
    headers = door.headers(idempotency_key=f"run {key}")
    answer = door.client.post("/v1/queue/runs", headers=headers, json={"currency": "USD"})
    taken: str = answer.json()["run_id"]
    return taken


def _broken(door: Door, key: str) -> str:
    at = int(door.context.clock.now())
    found = Break(kind=Kind.SUPPLY, subject=key, field="held", expected="1", found="2")
    (number,) = record(door.context.store, [found], height=9, actor="keeper", at=at, run=None)
    return str(number)


def _added(door: Door, key: str) -> str:
    headers = door.headers(Role.OPERATOR, idempotency_key=f"webhook {key}")
    body = {"url": f"https://example.org/{key}"}
    webhook: str = door.client.post("/v1/webhooks", headers=headers, json=body).json()["id"]
    return webhook


def _raised(door: Door, key: str) -> str:
    finding = Finding(rule="velocity", subject=key, explanation="too fast", data={})
    with door.context.store.transaction() as connection:
        raise_alerts(connection, [About(finding=finding)], at=1_700_000_000)
        return str(connection.execute(select(func.max(alerts.c.id))).scalar_one())


def _ruled(door: Door, key: str) -> str:
    headers = door.headers(Role.OPERATOR, idempotency_key=f"rule {key}")
    body = {"name": key.lower(), "condition": "amount < 0", "outcome": "hold", "reason": "never"}
    rule: str = door.client.post("/v1/policies", headers=headers, json=body).json()["name"]
    return rule


def _promised(door: Door, key: str) -> str:
    headers = door.headers(idempotency_key=f"gross {key}")
    body = {"payee": {"bic": BANKS[2].bic}, "amount": "7", "currency": "USD", "end_to_end_id": key}
    answer = door.client.post("/v1/cycles/payments", headers=headers, json=body)
    taken: str = answer.json()["payments"][0]["id"]
    return taken


def _called(door: Door, key: str) -> str:
    at = int(door.context.clock.now())
    asked = Call(
        call=f"cycle_{key}", previous=None, attempt=1, asset=840, members=[2, 3], apart=[],
        lists_until=at, summaries_until=at, affirmed_until=at, valid_until=at,
    )  # fmt: skip
    row = {"id": asked.call, "coordinator": 3, "asset": 840, "content": asked.model_dump_json()}
    with door.context.store.transaction() as connection:
        connection.execute(insert(cycle_calls).values(**row, created_at=at, created_by="3"))
    return asked.call


def _listed(door: Door, key: str) -> str:
    headers = door.headers(Role.OPERATOR, idempotency_key=f"list {key}", content_type=CSV)
    table = f"entry,name\n{key},Nobody {key}\n"
    answer = door.client.post("/v1/screening/lists", headers=headers, content=table)
    return str(answer.json()["number"])


# A parameter that names an object: how a door's own bank gets one.
_MAKERS: dict[str, Callable[[Door, str], str]] = {
    "payment_id": _paid,
    "file_id": _filed,
    "recall_id": _recalled,
    "break_id": _broken,
    "webhook_id": _added,
    "order": lambda _, __: "hold",
    "run_id": _resolved,
    "trade_id": _proposed,
    "rule_name": _ruled,
    "gross_id": _promised,
    "call_id": _called,
    "list_number": _listed,
    "alert_id": _raised,
    "redemption_id": lambda door, _: f"{door.member.bic}-1",
}
# Made by blocks only: none is there, and whose it is `test_issuing` tells.
_ABSENT = {"redemption_id"}


@pytest.fixture
def uncached() -> Iterator[None]:
    """Loggers that a test can listen to."""
    structlog.reset_defaults()
    structlog.configure(cache_logger_on_first_use=False)
    yield
    structlog.reset_defaults()


def _operations(door: Door) -> dict[tuple[str, str], dict[str, Any]]:
    paths = door.client.get("/openapi.json").json()["paths"]
    return {
        (method, path): operation
        for path, operations in paths.items()
        for method, operation in operations.items()
        if (method, path) not in PUBLIC
    }


def test_the_matrix_is_complete(door: Door) -> None:
    """Every route that is not public is in the matrix with the roles of its document, and nothing else."""
    named = {
        route: {role for rule in operation["security"] for roles in rule.values() for role in roles}
        for route, operation in _operations(door).items()
    }
    assert {
        route: {LOGGED_IN} if roles is _LOGGED_IN else {role.value for role in roles}
        for route, roles in MATRIX.items()
    } == named


def _asked(door: Door, route: tuple[str, str], target: str, **headers: str) -> Response:
    """The answer to a request as the document shows it by example: sound, but for what it names."""
    method, _ = route
    bodies = _operations(door)[route].get("requestBody", {}).get("content", {})
    examples = bodies.get("application/json", {}).get("examples", {})
    body = next((example["value"] for example in examples.values()), None)
    given = {"idempotency-key": f"{target} {sorted(headers.items())}"[:100]} | headers
    answer: Response = door.client.request(method, target, headers=given, json=body)
    return answer


@pytest.mark.slow
def test_every_route_and_role(door: Door, doors: Callable[..., Door]) -> None:
    """Each role gets through exactly where the matrix lets it, to its own bank's objects, never to another's.

    To who may not, another bank's object looks like an own one: what is not theirs to ask tells them nothing.
    """
    other = doors(BANKS[1])
    keys = (f"K{number}" for number in count())
    for route, allowed in MATRIX.items():
        names = re.findall(r"{(\w+)}", route[1])
        for role in Role:
            # Numbers of breaks, alerts and lists start at 1 everywhere: the other bank has more of them.
            _listed(other, next(keys))
            _broken(other, next(keys))
            _raised(other, next(keys))
            own = {name: _MAKERS[name](door, next(keys)) for name in names}
            foreign = {name: _MAKERS[name](other, next(keys)) for name in names}
            headers = {"authorization": door.headers(role)["authorization"]}
            found = _asked(door, route, route[1].format(**own), **headers).status_code
            if allowed is _LOGGED_IN:
                assert 401 == found, (route, role, "by a token, which is no session")
            elif role not in allowed:
                assert 403 == found, (route, role)
            else:
                unwanted = {401, 403, 500} if _ABSENT & {*names} else {401, 403, 404, 500}
                assert found not in unwanted, (route, role, found)
            if names and allowed is not None:
                hidden = _asked(door, route, route[1].format(**foreign), **headers).status_code
                assert (404 if role in allowed else 403) == hidden, (route, role, "another bank's")
        stranger = _asked(door, route, route[1].format(**dict.fromkeys(names, "1")))
        assert 401 == stranger.status_code, route


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Bearer vostro_wrong", "Bearer " + "x" * 10_000],
    ids=["empty", "bare", "blank", "basic", "wrong", "long"],
)
def test_strangers_stay_out(door: Door, header: str) -> None:
    """Whatever is not a valid token is 401 and says which scheme is asked for."""
    response = door.client.get("/v1/payments", headers={"authorization": header})
    assert (401, "unauthenticated") == (response.status_code, response.json()["code"])
    assert response.headers["www-authenticate"].startswith("Bearer")


def test_a_revoked_token_is_a_strangers(door: Door) -> None:
    """A token lets nobody in from the moment it is revoked."""
    context = door.context
    assert 200 == door.client.get("/v1/payments", headers=door.headers()).status_code
    for token in list_tokens(context.store):
        if token.role is Role.OFFICER:
            revoke_token(context.store, context.clock, token.id, by="test")
    assert 401 == door.client.get("/v1/payments", headers=door.headers()).status_code


def test_a_refused_body_is_not_read(door: Door) -> None:
    """Who may not write is refused before the body is read, so that it can't fill the node's memory."""
    read = 0
    statuses = []

    async def receive() -> Message:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b" " * 65536, "more_body": True}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    token = door.headers(Role.AUDITOR)["authorization"].encode()
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/payments",
        "raw_path": b"/v1/payments",
        "query_string": b"",
        "headers": [(b"authorization", token)],
    }
    assert isinstance(door.client.app, FastAPI)
    anyio.run(door.client.app, scope, receive, send)
    assert [403] == statuses
    assert 0 == read


def test_refusals_are_logged(door: Door, uncached: None) -> None:
    """Each refusal is in the log with its request id and, where known, its role; never the secret."""
    with capture_logs() as logs:
        unknown = door.client.get("/v1/payments", headers={"authorization": "Bearer vostro_wrong"})
        forbidden = door.client.post("/v1/payments", headers=door.headers(Role.AUDITOR))
    refused = [entry for entry in logs if entry["event"] == "access_refused"]
    assert [unknown.json()["request_id"], forbidden.json()["request_id"]] == [
        entry["request_id"] for entry in refused
    ]
    assert [None, "auditor"] == [entry.get("roles") for entry in refused]
    assert "vostro_wrong" not in str(logs)
    assert door.secrets[Role.AUDITOR] not in str(logs)


def test_a_route_without_a_rule_is_not_served() -> None:
    """An application with a route that does not say who may use it is not built."""
    app = FastAPI()
    problems.install(app)
    openapi.install(app)

    @app.get("/v1/open")
    def opened() -> None:
        return None

    with pytest.raises(UnguardedRoute, match="/v1/open"):
        require_rules(app)
