"""Every error is answered in one form, and what nobody foresaw says nothing of the inside."""

from collections.abc import Callable
from inspect import isabstract

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.testclient import TestClient

from node.api import problems
from node.errors import (
    ChainUnavailable,
    ContractRefused,
    IdempotencyConflict,
    NotFound,
    Unauthenticated,
    requests,
    status_of,
)
from settlement import errors as domain_errors
from settlement.errors import Fault, FaultyMessage, SettlementError, UnknownParticipant

Answering = Callable[[Exception], Response]


def _answer(error: Exception) -> dict[str, object]:
    """Return the problem with which `error` is answered, with its status and headers."""
    app = FastAPI()
    problems.install(app)

    @app.get("/")
    def refuse(request: Request) -> None:
        request.state.request_id = "req_1"
        raise error

    with TestClient(app, raise_server_exceptions=False) as client:
        response = client.get("/")
    assert problems.MEDIA_TYPE == response.headers["content-type"]
    body: dict[str, object] = response.json()
    assert response.status_code == body["status"]
    return body | {"headers": response.headers}


def _leaves(kind: type[SettlementError]) -> list[type[SettlementError]]:
    return [leaf for child in kind.__subclasses__() for leaf in (_leaves(child) or [child])]


def test_names_what_was_refused() -> None:
    """A problem carries the stable code, the sentence, the field and the request's id."""
    answer = _answer(UnknownParticipant("nobody is XXXXDEFF", param="payee"))
    answer.pop("headers")
    assert {
        "type": "urn:vostro:problem:unknown_participant",
        "title": "Unknown participant",
        "status": 400,
        "detail": "nobody is XXXXDEFF",
        "code": "unknown_participant",
        "param": "payee",
        "request_id": "req_1",
    } == answer


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Unauthenticated("no token"), 401),
        (NotFound("no such payment"), 404),
        (IdempotencyConflict("another body"), 409),
        (ContractRefused("no", error="AccountIsFrozen"), 409),
        (ChainUnavailable("refused"), 503),
    ],
    ids=lambda value: value.code if isinstance(value, SettlementError) else str(value),
)
def test_has_the_errors_status(error: SettlementError, status: int) -> None:
    """The HTTP status is the error's own."""
    assert status == _answer(error)["status"]


def test_every_error_has_a_status() -> None:
    """No leaf of the tree is answered 422, which is kept for malformed requests; each has 4xx or 5xx."""
    assert {domain_errors.__name__, requests.__name__} <= {
        leaf.__module__ for leaf in _leaves(SettlementError)
    }
    for leaf in _leaves(SettlementError):
        if not isabstract(leaf):
            status = status_of(leaf.__new__(leaf))
            assert 400 <= status < 600
            assert 422 != status


def test_lists_every_fault() -> None:
    """A faulty message is answered with all its faults and their positions."""
    faults = tuple(
        Fault(transaction=position, path="IntrBkSttlmAmt", code="amount_not_positive", detail="it is 0")
        for position in (0, 7)
    )
    answer = _answer(FaultyMessage(faults))
    assert 400 == answer["status"]
    assert [
        {
            "transaction": position,
            "path": "IntrBkSttlmAmt",
            "code": "amount_not_positive",
            "detail": "it is 0",
        }
        for position in (0, 7)
    ] == answer["faults"]


def test_hides_the_unforeseen() -> None:
    """An unknown exception is a 500 that repeats nothing of it."""
    answer = _answer(RuntimeError("password=hunter2"))
    assert (500, "internal_error") == (answer["status"], answer["code"])
    assert "hunter2" not in str(answer)


def test_malformed_is_422() -> None:
    """Only a request without the documented form is answered 422, with the places."""
    answer = _answer(
        RequestValidationError([{"loc": ("amount",), "msg": "Field required", "type": "missing"}])
    )
    assert (422, "malformed_payload", "amount") == (answer["status"], answer["code"], answer["param"])


@pytest.mark.parametrize(
    ("error", "header"),
    [(Unauthenticated("no token"), "www-authenticate"), (ChainUnavailable("refused"), "retry-after")],
    ids=["unauthenticated", "chain_unavailable"],
)
def test_says_what_to_do_next(error: SettlementError, header: str) -> None:
    """401 says which scheme is asked for, 503 when to try again."""
    headers = _answer(error)["headers"]
    assert header in headers  # type: ignore[operator]  # httpx2's Headers


def test_unknown_path_is_a_problem_too() -> None:
    """What the framework refuses itself has the same form."""
    app = FastAPI()
    problems.install(app)
    with TestClient(app) as client:
        assert (404, "not_found") == (
            client.get("/nowhere").status_code,
            client.get("/nowhere").json()["code"],
        )
