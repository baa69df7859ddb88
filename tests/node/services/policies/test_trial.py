"""A rule tried on what was accepted: it says of each what it would have said then."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from node.errors import PeriodRefused
from node.services.actors import Actor, Role
from node.services.payments import get_payment
from node.services.policies import trial
from node.services.policies.facts import Facts
from node.services.policies.language import InvalidCondition
from node.services.policies.rules import InvalidRule, write_rule
from node.services.policies.trial import Trial, try_rule
from node.services.screening.lists import load_list
from node.store.session import Store
from settlement.identifiers import BankReference
from settlement.names_list import ListEntry
from settlement.policy import Outcome
from tests.embedded import embedded_network
from tests.node.bank import Bank, request
from tests.scenario import BANKS

_OPERATOR = Actor(id="usr_1", name="otto", roles=frozenset({Role.OPERATOR}))


@pytest.fixture
def bank(store: Store) -> Iterator[Bank]:
    """The first bank, with nothing accepted yet."""
    with embedded_network() as network:
        yield Bank(store=store, network=network)


def _today(bank: Bank) -> date:
    return datetime.fromtimestamp(bank.network.clock.now(), UTC).date()


def _try(bank: Bank, condition: str, outcome: str = "hold", **changed: Any) -> Trial:
    days = {"first": date(1970, 1, 1), "last": date.max}
    return try_rule(bank.store, bank.settings, condition=condition, outcome=outcome, **days | changed)


def _rule(bank: Bank, condition: str, outcome: str) -> None:
    with bank.store.transaction() as connection:
        write_rule(
            connection, name="rule", condition=condition, outcome=outcome, reason="because",
            actor=_OPERATOR, at=1,
        )  # fmt: skip


def _history(bank: Bank) -> None:
    """Payments to two banks over three days, in files and alone, some of them settled in between."""
    clock, numbers = bank.network.clock, iter(range(100))
    for payees, pause in (([1, 1, 2], 3_600), ([1], 80_000), ([2, 1, 1], 0), ([2], 100_000), ([1, 2], 0)):
        some = [
            request(next(numbers), payee=BankReference(bic=BANKS[payee].bic), amount=str(100 * payee))
            for payee in payees
        ]
        bank.accept(*some, key=f"k{next(numbers)}", entered_by="erika")
        if pause != 3_600:
            bank.run()
        clock.sleep(pause + 1)


def test_facts_are_those_of_then(bank: Bank) -> None:
    """Each payment has the facts that the rules were asked of when it was accepted."""
    _rule(bank, "amount < 0", "hold")
    _history(bank)

    tried = _try(bank, "true").listed

    assert 10 == len(tried)
    for each in tried:
        kept = get_payment(bank.store, bank.settings, bank.network.clock, each.id).policy
        assert kept is not None
        assert kept.facts == each.facts.shown()
    assert {True, False} == {each.facts.new_payee for each in tried}
    assert {0, 1, 2} <= {each.facts.velocity_count for each in tried}


def test_outcomes_are_counted(bank: Bank) -> None:
    """Counts say what the rules in force say, and what they would with the one that is tried."""
    bank.accept(*(request(number, amount=str(100 * number)) for number in range(1, 6)))
    _rule(bank, "amount >= 400", "hold")

    found = _try(bank, "amount <= 100 || amount == 500", "refuse")

    assert (5, 2, 0) == (found.payments, found.true, found.unanswered)
    assert {Outcome.ALLOW: 3, Outcome.HOLD: 2} == found.present
    assert {Outcome.ALLOW: 2, Outcome.HOLD: 1, Outcome.REFUSE: 2} == found.together
    assert [(100, Outcome.ALLOW, Outcome.REFUSE), (500, Outcome.HOLD, Outcome.REFUSE)] == [
        (each.facts.amount, each.present, each.together) for each in found.listed
    ]


def test_no_answer_would_hold(bank: Bank) -> None:
    """A payment of which the rule has no answer is listed, and would be held."""
    bank.accept(request(0, amount=str(2**40)))

    found = _try(bank, "amount * amount > 0", "allow")

    assert (0, 1, {Outcome.HOLD: 1}) == (found.true, found.unanswered, found.together)
    assert [None] == [each.true for each in found.listed]


def test_nothing_is_kept(bank: Bank) -> None:
    """A trial changes nothing: no rule, no payment, no verdict."""
    bank.accept(request(0))
    before = bank.counts(), bank.states()

    _try(bank, "true", "refuse")

    assert before == (bank.counts(), bank.states())
    assert {Outcome.ALLOW: 1} == _try(bank, "false").together


def test_pages_meet(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """However large the pages are, all of them together are every payment once."""
    monkeypatch.setattr(trial, "LISTED_MAX", 3)
    bank.accept(*(request(number) for number in range(7)))
    whole = [payment.id for payment in bank.payments()]

    assert whole[:3] == [each.id for each in _try(bank, "true").listed]
    for limit in (1, 2, 3):
        seen: list[str] = []
        after: str | None = ""
        while after is not None:
            page = _try(bank, "true", after=after, limit=limit)
            seen += [each.id for each in page.listed]
            after = page.after
        assert whole == seen


def test_days_are_those_of_acceptance(bank: Bank) -> None:
    """Only payments that were accepted on the days asked for are looked at."""
    first = _today(bank)
    bank.accept(request(0), key="k0")
    bank.network.clock.sleep(86_400)
    bank.accept(request(1), key="k1")
    second = _today(bank)

    assert first < second
    assert [1, 1, 2] == [
        _try(bank, "true", first=since, last=until).payments
        for since, until in ((first, first), (second, second), (first, second))
    ]


def test_list_is_that_of_now(bank: Bank) -> None:
    """Who was paid and is on the list today is found; a crowd is not asked, and would be held."""
    crowd = {"Rcrd": [{"Nm": f"Number {number}"} for number in range(101)]}
    bank.accept(request(0, document={"Cdtr": {"Nm": "Ivan Petrow"}}), request(1), request(2, document=crowd))
    assert 0 == _try(bank, "list_hit").true
    with bank.store.transaction() as connection:
        names = frozenset({ListEntry(entry="7", name="Ivan Petrov")})
        load_list(connection, names, actor=_OPERATOR, at=1)

    found = _try(bank, "list_score >= 90")

    assert [(True, 90), (None, 0)] == [(each.true, each.facts.list_score) for each in found.listed]


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"condition": "amounts > 1"}, InvalidCondition),
        ({"outcome": "maybe"}, InvalidRule),
        ({"first": date(2026, 2, 2), "last": date(2026, 2, 1)}, PeriodRefused),
    ],
)
def test_what_cannot_be_tried(bank: Bank, changed: dict[str, Any], error: type[Exception]) -> None:
    """What is no rule, or no period, is refused as it would be when it is written."""
    with pytest.raises(error):
        _try(bank, **{"condition": "true"} | changed)


def test_example_is_like_every_other(bank: Bank) -> None:
    """What every rule is tried on when it is written has all the facts that payments have."""
    bank.accept(request(0))

    assert set(Facts.example().shown()) == set(_try(bank, "true").listed[0].facts.shown())
