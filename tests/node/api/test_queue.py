"""Queue, deadline and repetition through the door."""

import itertools
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import update

from node.api.schemas import STATES
from node.clock import SystemRandom
from node.services.actors import Role
from node.store.session import Store
from node.store.tables import counters
from node.submitter.submitter import LEASE_SECONDS, Submitter
from settlement.lifecycle import State
from tests.messages import file_of
from tests.node.api.conftest import Door
from tests.node.api.test_payments import count, payment, send
from tests.scenario import BANKS

_TOO_MUCH = str(10**15)
_KEYS = itertools.count()


def run(door: Door) -> None:
    """Let the node do all that it can."""
    context = door.context
    context.clock.sleep(LEASE_SECONDS + 1)
    submitter = Submitter(
        context.store, context.chain, contracts=context.contracts, signer=door.network.signer(door.member),
        clock=context.clock, random=SystemRandom(), settings=context.settings,
    )  # fmt: skip
    while submitter.tick():
        door.mirror()


def _shown(door: Door, payment_id: str) -> dict[str, Any]:
    found: dict[str, Any] = door.client.get(f"/v1/payments/{payment_id}", headers=door.headers()).json()
    return found


def _send(door: Door, **changes: object) -> str:
    response = send(door, payment(**changes))
    assert 202 == response.status_code, response.text
    identifier: str = response.json()["payments"][0]["id"]
    return identifier


def _cancel(
    door: Door, payment_id: str, role: Role = Role.OFFICER, key: str | None = None, **headers: str
) -> Any:
    given = door.headers(role, idempotency_key=key or f"cancel {next(_KEYS)}", **headers)
    return door.client.post(f"/v1/payments/{payment_id}/cancel", headers=given)


def test_queued_and_cancelled(door: Door) -> None:
    """A payment that may queue is shown as queued, found by that word, and taken back by its bank."""
    taken = _send(door, amount=_TOO_MUCH, queue=True)
    refused = _cancel(door, taken)
    assert (409, "cancel_refused") == (refused.status_code, refused.json()["code"])
    run(door)
    shown = _shown(door, taken)
    assert ("queued", "PDNG", "InsufficientFunds", True) == (
        shown["state"], shown["status"], shown["reason"], shown["queue"],
    )  # fmt: skip
    listed = door.client.get("/v1/payments", headers=door.headers(), params={"state": "queued"}).json()
    assert [taken] == [each["id"] for each in listed["payments"]]
    assert {403} == {_cancel(door, taken, role).status_code for role in (Role.AUDITOR, Role.OPERATOR)}
    assert [(202, "queued")] * 2 == [
        (answer.status_code, answer.json()["state"])
        for answer in (_cancel(door, taken), _cancel(door, taken))
    ]
    run(door)
    assert ("cancelled", "CUST") == (_shown(door, taken)["state"], _shown(door, taken)["reason"])
    report = door.client.get(f"/v1/payments/{taken}/status", headers=door.headers()).text
    assert "<TxSts>CANC</TxSts>" in report
    assert "<Prtry>CUST</Prtry>" in report


def test_states_are_the_lifecycles() -> None:
    """The words of the description are those that are shown; `held` and the rest can all be filtered by."""
    assert {state.shown for state in State} == set(STATES.replace(" or ", ", ").split(", "))


def test_nothing_has_the_id(door: Door) -> None:
    """What is not there is not cancelled."""
    assert 404 == _cancel(door, "pay_none").status_code


def test_deadline_is_kept_and_shown(door: Door) -> None:
    """A deadline in any offset is shown in UTC; without one the node's own applies."""
    now = int(door.context.clock.now())
    asked = _send(door, deadline=_text(now + 3600, offset=2))
    assert _text(now + 3600) == _shown(door, asked)["deadline"]
    response = send(door, payment(), key="other")
    other = _shown(door, response.json()["payments"][0]["id"])
    assert _text(now + door.context.settings.deadline_seconds) == other["deadline"]


@pytest.mark.parametrize(
    ("seconds", "code"), [(-1, "deadline_refused"), (0, None), (31 * 86_400 + 1, "deadline_refused")]
)
def test_deadline_out_of_reach(door: Door, seconds: int, code: str | None) -> None:
    """A deadline that is past, or far ahead, is refused by its own name, and nothing was taken."""
    deadline = _text(int(door.context.clock.now()) + seconds)
    response = send(door, payment(deadline=deadline))
    if code is None:
        assert 202 == response.status_code, response.text
        return
    assert (400, code, "deadline") == (
        response.status_code, response.json()["code"], response.json()["param"],
    )  # fmt: skip
    assert 0 == count(door)


def test_earliest_time_is_kept_and_shown(door: Door) -> None:
    """It is shown in UTC, it may queue, and without a deadline it has as long as any, from then on."""
    now = int(door.context.clock.now())
    shown = _shown(door, _send(door, not_before=_text(now + 3600, offset=2), queue=None))
    assert (_text(now + 3600), True, _text(now + 3600 + door.context.settings.deadline_seconds)) == (
        shown["not_before"], shown["queue"], shown["deadline"],
    )  # fmt: skip
    run(door)
    assert "queued" == _shown(door, shown["id"])["state"]


def test_earliest_time_tomorrow_is_its_value_date(door: Door) -> None:
    """It counts on the day on which it may settle, and no other date is taken for it."""
    time = datetime.fromtimestamp(door.context.clock.now() + 86_400, UTC)
    tomorrow = time.date().isoformat()
    shown = _shown(door, _send(door, not_before=time.isoformat(timespec="seconds"), value_date=tomorrow))
    assert tomorrow == shown["value_date"]
    today = datetime.fromtimestamp(door.context.clock.now(), UTC).date().isoformat()
    response = send(door, payment(not_before=time.isoformat(), value_date=today), key="other")
    assert (400, "value_date_refused") == (response.status_code, response.json()["code"])


@pytest.mark.parametrize(
    ("said", "param"),
    [
        ({"not_before": 3600, "queue": False}, "not_before"),
        ({"not_before": 31 * 86_400 + 1}, "not_before"),
        ({"not_before": 3600, "deadline": 3599}, "deadline"),
    ],
)
def test_earliest_time_that_goes_with_nothing(door: Door, said: dict[str, Any], param: str) -> None:
    """Without the queue, too far ahead or behind its own deadline it is refused, and nothing was taken."""
    now = int(door.context.clock.now())
    fields = {name: value if value is False else _text(now + value) for name, value in said.items()}
    response = send(door, payment(**fields))
    assert (400, "deadline_refused", param) == (
        response.status_code, response.json()["code"], response.json()["param"],
    )  # fmt: skip
    assert 0 == count(door)


@pytest.mark.parametrize(
    "text", ["soon", "2026-11-22", "2026-11-22T16:00:00", "9999-12-31T23:59:59-23:00", ""]
)
def test_deadline_that_is_no_time(door: Door, text: str) -> None:
    """A time without its offset from UTC, or no time at all, is refused."""
    response = send(door, payment(deadline=text))
    assert 400 == response.status_code, response.text
    assert response.json()["code"] in {"invalid_deadline", "deadline_refused"}
    response = send(door, payment(not_before=text), key="other")
    assert (400, "not_before") == (response.status_code, response.json()["param"])


def _text(seconds: int, *, offset: int = 0) -> str:
    zone = timezone(timedelta(hours=offset)) if offset else UTC
    return datetime.fromtimestamp(seconds, zone).isoformat().replace("+00:00", "Z")


@contextmanager
def _numbers_taken(store: Store) -> Iterator[None]:
    """Hold what every acceptance waits for, as one that takes long does."""
    with store.transaction() as connection:
        connection.execute(update(counters).values(value=counters.c.value))
        yield


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
@pytest.mark.parametrize("path", ["payments", "files"])
def test_in_flight_is_told_so(doors: Callable[..., Door], dialect: str, path: str) -> None:
    """While a request is worked on its repetition is told so at once; then it gets the first answer."""
    door = doors(BANKS[0], dialect)
    send(door, payment(), key="before")  # so that there is a counter to hold
    body = json.dumps(payment()) if path == "payments" else file_of("1.00")

    def ask(_: int = 0) -> Any:
        headers = door.headers(idempotency_key="k")
        return door.client.post(f"/v1/{path}", content=body.encode(), headers=headers)

    with ThreadPoolExecutor(3) as pool:
        with _numbers_taken(door.context.store):
            asked = [pool.submit(ask, number) for number in range(3)]
            answered = as_completed(asked)
            told = [next(answered).result() for _ in range(2)]
        first = next(answered).result()
    assert [(409, "in_flight")] * 2 == [(answer.status_code, answer.json()["code"]) for answer in told]
    assert all(answer.headers["retry-after"] for answer in told)
    again = ask()
    assert [202, 202] == [answer.status_code for answer in (first, again)]
    assert first.content == again.content
    assert 2 == count(door)


def test_cancelled_as_it_was_seen(door: Door) -> None:
    """A payment that has moved since it was seen stays in the queue; a repetition has its first answer."""
    taken = _send(door, amount=_TOO_MUCH, queue=True)
    before = door.client.get(f"/v1/payments/{taken}", headers=door.headers())
    run(door)
    seen = door.client.get(f"/v1/payments/{taken}", headers=door.headers())
    assert f'"{seen.json()["version"]}"' == seen.headers["etag"] != before.headers["etag"]
    moved = _cancel(door, taken, if_match=before.headers["etag"])
    assert (412, "precondition_failed", "If-Match") == (
        moved.status_code, moved.json()["code"], moved.json()["param"],
    )  # fmt: skip
    assert 412 == _cancel(door, taken, if_match=f"W/{seen.headers['etag']}").status_code
    either = f"{before.headers['etag']}, {seen.headers['etag']}"
    asked = _cancel(door, taken, key="C1", if_match=either)
    assert (202, "queued", seen.headers["etag"]) == (
        asked.status_code, asked.json()["state"], asked.headers["etag"],
    )  # fmt: skip
    run(door)
    again = _cancel(door, taken, key="C1", if_match=either)
    assert ("true", asked.content, asked.headers["etag"]) == (
        again.headers["idempotent-replayed"], again.content, again.headers["etag"],
    )  # fmt: skip
    assert "cancelled" == _shown(door, taken)["state"]
