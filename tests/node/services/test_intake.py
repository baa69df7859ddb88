"""What callers send at the same moment is taken together, and each gets what it would have got alone."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from time import sleep
from typing import Any, cast

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from node.clock import SystemRandom
from node.errors import DuplicateUetr, IdempotencyConflict, StoreUnavailable
from node.services.acceptance import submission_of, take, take_all
from node.services.accepted import SERIES
from node.services.answers import Answer
from node.services.audit import verify_audit
from node.services.identifiers import new_uetrs
from node.services.intake import REQUESTS_TOGETHER_MAX, Intake, together
from node.services.requests import PaymentRequest
from node.services.submissions import Submission
from node.store.counters import take_numbers
from node.store.session import Store
from node.store.tables import audit, instructions, outbox, reviews
from settlement.errors import AmountNotPositive, SettlementError
from settlement.instruction import InstructionKind
from tests.node.bank import Bank, request
from tests.scenario import Network

_WAIT_SECONDS_MAX = 30


@pytest.fixture
def bank(store: Store, network: Network) -> Bank:
    """The first bank."""
    return Bank(store=store, network=network)


class _Door:
    """A store that counts the transactions that are begun; `away`: fails each, once it is opened."""

    def __init__(self, store: Store, *, away: bool) -> None:
        self._store = store
        self._away = away
        self.begun = 0
        self.opened = Event()
        self.snapshot = store.snapshot

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        self.begun += 1
        if self._away:
            self.opened.wait(_WAIT_SECONDS_MAX)
            raise StoreUnavailable("the database can't be used now")
        with self._store.transaction() as connection:
            yield connection


def _submission(key: str, *requests: PaymentRequest) -> Submission:
    body = orjson.dumps([key, *((each.amount, each.uetr) for each in requests)])
    return submission_of(actor="tok_1", key=key, body=body, requests=requests, entered_by=f"caller of {key}")


def _take(bank: Bank, submission: Submission) -> Answer:
    return take(bank.store, bank.settings, bank.network.clock, SystemRandom(), submission)


def _take_all(bank: Bank, submissions: Sequence[Submission]) -> list[Answer]:
    return take_all(bank.store, bank.settings, bank.network.clock, SystemRandom(), submissions)


def _together(
    bank: Bank, submissions: Sequence[Submission], *, away: bool = False
) -> tuple[list[Answer | SettlementError], _Door]:
    """Send all while the first is kept waiting, so that the rest come in together."""
    door = _Door(bank.store, away=away)
    intake = Intake(cast("Store", door), bank.settings, bank.network.clock, SystemRandom())

    def accept(submission: Submission) -> Answer | SettlementError:
        try:
            return intake.accept(submission)
        except SettlementError as error:
            return error

    with ThreadPoolExecutor(len(submissions)) as callers:
        with bank.store.transaction() as connection:
            take_numbers(connection, SERIES, 0)
            first = callers.submit(accept, submissions[0])
            _until(lambda: door.begun == 1)
            rest: list[Future[Answer | SettlementError]] = [
                callers.submit(accept, each) for each in submissions[1:]
            ]
            _until(lambda: len(intake._waiting) == len(rest))
            door.opened.set()
        return [first.result(), *(each.result() for each in rest)], door


def _until(holds: Callable[[], bool]) -> None:
    for _ in range(_WAIT_SECONDS_MAX * 100):
        if holds():
            return
        sleep(0.01)
    raise AssertionError("it did not come to that")


def _written(bank: Bank) -> list[Any]:
    """What was written of each instruction and each submission, but for what is drawn by chance."""
    columns = (instructions.c[name] for name in ("sequence", "amount", "end_to_end_id", "uetr", "created_by"))
    rows = (
        select(*columns, outbox.c.held, reviews.c.need, reviews.c.entered_by)
        .join(outbox, outbox.c.instruction_id == instructions.c.id)
        .outerjoin(reviews, reviews.c.instruction_id == instructions.c.id)
        .order_by(instructions.c.sequence)
    )
    entries = select(audit.c.position, audit.c.actor, audit.c.action, audit.c.subject, audit.c.detail)
    with bank.store.snapshot() as connection:
        verify_audit(connection)
        said = [tuple(row) for row in connection.execute(rows)]
        for *entry, detail in connection.execute(entries.order_by(audit.c.position)):
            counted = {name: value for name, value in orjson.loads(detail).items() if name != "digest"}
            said.append((*entry, counted))
    return said


_AMOUNTS = st.sampled_from([1, 70_000, 99_999, 100_000, 500_000])


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    amounts=st.lists(
        st.lists(st.sampled_from([1, 70000, 99999, 100000, 500000]), min_size=1, max_size=3),
        min_size=1,
        max_size=5,
    ),
    before=st.integers(0, 2),
)
def test_together_is_as_one_after_the_other(
    amounts: list[list[int]], before: int, stores: Callable[[str], Store], network: Network
) -> None:
    """Numbers, what waits for a second person, audit entries and answers are those of taking each alone."""
    uetrs = iter(new_uetrs(50, SystemRandom()))
    submissions = [
        _submission(f"k{place}", *(request(amount=str(amount), uetr=next(uetrs)) for amount in group))
        for place, group in enumerate(amounts)
    ]
    alone, at_once = (Bank(store=stores("sqlite"), network=network) for _ in range(2))
    for bank in (alone, at_once):
        bank.set(approval_limits="USD=1500.00")
        for submission in submissions[:before]:
            _take(bank, submission)

    one_by_one = [_take(alone, each) for each in submissions]
    together = _take_all(at_once, submissions)

    assert [(each.status, each.replayed) for each in one_by_one] == [
        (each.status, each.replayed) for each in together
    ]
    assert _written(alone) == _written(at_once)


def test_what_waits_goes_in_one_transaction(bank: Bank) -> None:
    """While one is being taken in the others gather, and go together; each is answered with its own."""
    submissions = [_submission(f"k{number}", request(number)) for number in range(8)]

    answers, door = _together(bank, submissions)

    assert 2 == door.begun
    named = [orjson.loads(answer.body)["payments"][0]["end_to_end_id"] for answer in _sound(answers)]
    assert [f"E{number}" for number in range(8)] == named
    with bank.store.snapshot() as connection:
        assert 8 == verify_audit(connection)[0]
        assert list(range(1, 9)) == sorted(connection.scalars(select(instructions.c.sequence)))
        kept = {
            row.subject: row.detail for row in connection.execute(select(audit.c.subject, audit.c.detail))
        }
    assert {f"k{number}" for number in range(8)} == set(kept)


def test_a_wrong_one_spoils_nothing(bank: Bank) -> None:
    """Of what came together each wrong one is told its own fault, and all others are taken, once."""
    uetr = new_uetrs(1, SystemRandom())[0]
    _take(bank, _submission("used", request(1)))
    submissions = [
        _submission("first", request(2)),
        _submission("k", request(3, amount="0")),
        _submission("used", request(4)),
        _submission("u1", request(5, uetr=uetr)),
        _submission("u2", request(5, uetr=uetr)),
        _submission("u3", request(6, uetr=uetr)),
        _submission("good", request(7)),
        _submission("good", request(7)),
    ]

    first, zero, used, one, same, other, good, again = _together(bank, submissions)[0]

    assert isinstance(zero, AmountNotPositive)
    assert isinstance(used, IdempotencyConflict)
    assert [DuplicateUetr] == [type(each) for each in (one, same, other) if not isinstance(each, Answer)]
    assert 2 == len({_name(each) for each in (first, good)})
    assert _name(good) == _name(again)
    assert 4 == len(bank.payments())


def test_all_are_told_when_the_store_is_away(bank: Bank) -> None:
    """When the database can't be reached nobody hangs, and nobody's request is tried again alone."""
    answers, door = _together(
        bank, [_submission(f"k{number}", request(number)) for number in range(6)], away=True
    )

    assert {StoreUnavailable} == {type(answer) for answer in answers}
    assert door.begun <= 6


def test_goes_on_after_a_failure(bank: Bank) -> None:
    """Whatever became of one, the next is worked on."""
    intake = Intake(bank.store, bank.settings, bank.network.clock, SystemRandom())
    with pytest.raises(AmountNotPositive):
        intake.accept(_submission("k1", request(amount="0")))
    assert 202 == intake.accept(_submission("k2", request())).status


def test_no_more_than_a_little_together() -> None:
    """What is large goes alone, and what is of another kind waits for its turn."""
    many = _submission("many", *(request(number) for number in range(REQUESTS_TOGETHER_MAX)))
    one = _submission("one", request())
    issue = submission_of(actor="a", key="i", body=b"{}", requests=[request()], kind=InstructionKind.ISSUE)

    assert 1 == together([many])
    assert 1 == together([many, one])
    assert 1 == together([one, many])
    assert 1 == together([one, issue])
    assert 3 == together([one, one, one, issue, one])


def _sound(answers: Sequence[Answer | SettlementError]) -> list[Answer]:
    assert not [answer for answer in answers if not isinstance(answer, Answer)]
    return [answer for answer in answers if isinstance(answer, Answer)]


def _name(answer: Answer | SettlementError) -> str:
    assert isinstance(answer, Answer)
    name: str = orjson.loads(answer.body)["payments"][0]["id"]
    return name
