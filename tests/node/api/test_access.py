"""Nothing is open unless a route says for whom, and every refusal is logged."""

from collections.abc import Iterator

import anyio
import pytest
import structlog
from fastapi import FastAPI
from starlette.types import Message
from structlog.testing import capture_logs

from node.api import openapi, problems
from node.api.auth import PUBLIC, UnguardedRoute, require_rules
from node.services.actors import Role
from node.services.tokens import list_tokens, revoke_token
from tests.node.api.conftest import Door

_READERS = set(Role)
_EXAMINERS = {Role.OFFICER, Role.AUDITOR, Role.OPERATOR}
_SENDERS = {Role.OFFICER, Role.INTEGRATION}
# The whole matrix, once more and by hand: a new route must be added here too.
MATRIX = {
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
    ("get", "/v1/files/{file_id}/status"): _READERS,
    ("get", "/v1/accounts"): _READERS,
    ("get", "/v1/statements"): _READERS,
    ("get", "/v1/reports/liquidity"): _READERS,
    ("get", "/v1/reports/issuer"): _READERS,
    ("get", "/v1/reports/regulator"): {Role.AUDITOR, Role.OPERATOR},
    ("get", "/v1/participants"): _READERS,
    ("get", "/v1/breaks"): _EXAMINERS,
    ("post", "/v1/breaks/{break_id}/assignment"): {Role.OFFICER, Role.OPERATOR},
    ("post", "/v1/breaks/{break_id}/clearance"): {Role.OFFICER, Role.OPERATOR},
    ("get", "/metrics"): {Role.AUDITOR, Role.OPERATOR},
}


@pytest.fixture
def uncached() -> Iterator[None]:
    """Loggers that a test can listen to."""
    structlog.reset_defaults()
    structlog.configure(cache_logger_on_first_use=False)
    yield
    structlog.reset_defaults()


def _operations(door: Door) -> set[tuple[str, str]]:
    paths = door.client.get("/openapi.json").json()["paths"]
    return {
        (method, path) for path, operations in paths.items() for method in operations if path not in PUBLIC
    }


def test_the_matrix_is_complete(door: Door) -> None:
    """Every route that is not public is in the matrix, and nothing else."""
    assert set(MATRIX) == _operations(door)


def test_every_route_and_role(door: Door) -> None:
    """Each role gets through exactly where the matrix lets it; without a token nobody does."""
    for (method, path), allowed in MATRIX.items():
        target = path.format(payment_id="pay_0", file_id="file_0", break_id=1)
        for role in Role:
            status = door.client.request(method, target, headers=door.headers(role)).status_code
            assert (role in allowed) is (status != 403), (method, path, role)
        assert 401 == door.client.request(method, target).status_code


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
