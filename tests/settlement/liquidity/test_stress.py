"""Liquidity stress: what settles of a day may settle, nothing is lost, and the credit told is what it
takes.
"""

import json
from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from settlement.errors import InvalidQueue, InvalidScenario
from settlement.liquidity.day import OUTSIDE, Day, LineSet, Sent, Stop
from settlement.liquidity.day_file import read_day, stress_fields
from settlement.liquidity.need import Need, needs
from settlement.liquidity.queue import Account, Payment
from settlement.liquidity.replay import Replay, replay
from settlement.liquidity.scenario import Away, Default, Scenario
from settlement.liquidity.stress import stress
from settlement.liquidity.variation import SHIFT_SECONDS_MAX, quantile, varied
from tests.settlement.liquidity.days import CLOSES_AT, days, scenarios


def _with_credit(day: Day, credit: dict[str, int]) -> Day:
    """The day with these lines, which nobody changes."""
    accounts = tuple(replace(each, credit=credit[each.participant]) for each in day.accounts)
    events = tuple(
        replace(each, credit=credit[each.participant]) if isinstance(each, LineSet) else each
        for each in day.events
    )
    return replace(day, accounts=accounts, events=events)


def _credits(day: Day, kind: str) -> dict[str, int]:
    return {name: getattr(need, kind) for name, need in needs(day).items()}


def _waited(day: Day, found: Replay) -> bool:
    """Whether anything did not settle alone, in its turn and the second it came."""
    return [(each.at, (each.payment.id,)) for each in day.sent] != [
        (step.at, step.settled) for step in found.steps
    ]


def _sent(number: int, at: int, payer: str, payee: str, amount: int, *, urgent: bool = False) -> Sent:
    payment = Payment(id=f"T{number}", payer=payer, payee=payee, amount=amount, urgent=urgent)
    return Sent(at=at, payment=payment)


def _day(balances: dict[str, int], *events: Sent) -> Day:
    accounts = tuple(Account(participant=name, balance=balance) for name, balance in balances.items())
    return Day(asset="USD", opens_at=0, closes_at=CLOSES_AT, accounts=accounts, events=events)


@given(day=days(), scenario=scenarios())
def test_each_step_is_one_that_the_ledger_takes(day: Day, scenario: Scenario) -> None:
    """Step by step, by a book of our own: nobody ends below its floor, nothing settles twice or before it
    came, and what is told of each account is what the steps make of it.
    """
    found = stress(day, scenario)

    book = {each.participant: each.balance for each in found.day.accounts} | {OUTSIDE: 0}
    lines = {each.participant: (each.reserve, each.credit) for each in found.day.accounts}
    came = {each.payment.id: each for each in found.day.sent}
    changes = [each for each in found.day.events if isinstance(each, LineSet)]
    for step in found.replay.steps:
        # Of one second a line may stand before or after a payment.
        at_most = {name: [line] for name, line in lines.items()}
        for change in changes:
            if change.at < step.at:
                at_most[change.participant] = [(change.reserve, change.credit)]
            elif change.at == step.at:
                at_most[change.participant].append((change.reserve, change.credit))
        outflow: defaultdict[str, int] = defaultdict(int)
        urgent: defaultdict[str, int] = defaultdict(int)
        for each in step.settled:
            sent = came.pop(each)
            assert sent.at <= step.at
            book[sent.payment.payer] -= sent.payment.amount
            book[sent.payment.payee] += sent.payment.amount
            outflow[sent.payment.payer] += sent.payment.amount
            urgent[sent.payment.payer] += sent.payment.amount * sent.payment.urgent
        for name in outflow.keys() - {OUTSIDE}:
            assert any(
                book[name] >= -credit
                and (outflow[name] == urgent[name] or book[name] + urgent[name] >= reserve - credit)
                for reserve, credit in at_most[name]
            )
    del book[OUTSIDE]
    assert book == found.replay.balances
    assert came.keys() == {each.id for each in found.replay.left} | set(found.replay.cancelled)
    assert {each.payment.id for each in day.sent} - set(found.unsent) == {
        each.payment.id for each in found.day.sent
    }


@given(day=days(), scenario=scenarios())
def test_value_is_conserved(day: Day, scenario: Scenario) -> None:
    """An account closes with what it opened with, less what it paid, and what it was paid; and all accounts
    together with what came from outside.
    """
    found = stress(day, scenario)

    for each in found.standings:
        assert each.opening - each.settled + each.received == each.closing
        assert each.lowest <= min(each.opening, each.closing)
    by_id = {each.payment.id: each.payment for each in found.day.sent}
    settled = [by_id[each] for step in found.replay.steps for each in step.settled]
    outside = sum(each.amount * ((each.payer == OUTSIDE) - (each.payee == OUTSIDE)) for each in settled)
    opening = sum(each.opening for each in found.standings)
    assert opening + outside == sum(each.closing for each in found.standings)


@given(day=days(), scenario=scenarios())
def test_short_is_who_has_something_left(day: Day, scenario: Scenario) -> None:
    """Who has payments left when the day closes is told to be short, by exactly what would bring them all
    through, and nobody else is.
    """
    found = stress(day, scenario)

    assert {each.participant for each in found.standings if each.short} == {
        each.payer for each in found.replay.left
    }
    lines = {each.participant: (each.reserve, each.credit) for each in found.day.accounts}
    for event in found.day.events:
        if isinstance(event, LineSet):
            lines[event.participant] = event.reserve, event.credit
    for each in found.standings:
        left = [payment for payment in found.replay.left if payment.payer == each.participant]
        for more, bears in ((each.short, True), (each.short - 1, False)):
            if left:
                assert bears == _bears(left, each.closing + more, *lines[each.participant])


def _bears(payments: list[Payment], balance: int, reserve: int, credit: int) -> bool:
    """The design's sentence, of one account's own payments."""
    final = balance - sum(each.amount for each in payments)
    urgent = sum(each.amount for each in payments if each.urgent)
    has_normal = not all(each.urgent for each in payments)
    return final >= -credit and (not has_normal or final + urgent >= reserve - credit)


@given(day=days(), scenario=scenarios())
def test_with_the_credit_at_once_nothing_waits(day: Day, scenario: Scenario) -> None:
    """With what each needs at once every payment that was sent settles in its turn, the second it came,
    whatever goes wrong; and with one unit less for one of them something waits.
    """
    changed = scenario.of(day)
    credit = _credits(changed, "at_once")

    assert not _waited(changed, replay(_with_credit(changed, credit)))
    for name in (name for name, need in credit.items() if need):
        assert _waited(changed, replay(_with_credit(changed, credit | {name: credit[name] - 1})))


@given(day=days())
def test_least_credit_is_enough_in_a_plain_day(day: Day) -> None:
    """With the least that is told everything settles by the close where nobody has reserve and urgency."""
    assume(not any(each.payment.urgent for each in day.sent))
    day = replace(
        day,
        accounts=tuple(replace(each, reserve=0) for each in day.accounts),
        events=tuple(replace(each, reserve=0) if isinstance(each, LineSet) else each for each in day.events),
    )

    assert () == replay(_with_credit(day, _credits(day, "least"))).left


@given(day=days(), scenario=scenarios())
def test_less_than_the_least_is_not_enough(day: Day, scenario: Scenario) -> None:
    """With one unit less than the least for one who alone is short not everything settles, and the least is
    never above what is needed at once.
    """
    changed = scenario.of(day)
    at_once, least = _credits(changed, "at_once"), _credits(changed, "least")

    for name in least:
        assert least[name] <= at_once[name]
        if least[name]:
            found = replay(_with_credit(changed, at_once | {name: least[name] - 1}))
            assert found.left or found.cancelled


@given(day=days(), at=st.integers(min_value=0, max_value=CLOSES_AT))
def test_default_settles_no_more_of_the_defaulter(day: Day, at: int) -> None:
    """A defaulter pays nothing from its default on, never more than on the day as it was, and the same until
    then; it is paid all the same.
    """
    scenario = Scenario(defaults=(Default(participant="A", at=at),))
    before, after = stress(day), stress(day, scenario)

    assert after.standings[0].settled <= before.standings[0].settled
    assert [step for step in before.replay.steps if step.at < at] == [
        step for step in after.replay.steps if step.at < at
    ]
    own = {each.payment.id for each in day.sent if each.payment.payer == "A"}
    assert all(not own & set(step.settled) for step in after.replay.steps if step.at > at)
    assert own & {each.payment.id for each in day.sent if each.at >= at} == set(after.unsent)


@given(day=days())
def test_nothing_wrong_changes_nothing(day: Day) -> None:
    """Without a scenario a day is replayed as it was."""
    found = stress(day)
    assert (day, ()) == (found.day, found.unsent)


@given(day=days(), scenario=scenarios(), seed=st.text(max_size=5))
def test_same_seed_same_bytes(day: Day, scenario: Scenario, seed: str) -> None:
    """The same seed gives the same answer to the byte; a variation keeps who pays whom, by amounts that the
    one paid the other.
    """
    first, second = (
        json.dumps(stress_fields(stress(day, scenario, variations=3, seed=seed))) for _ in range(2)
    )
    assert first == second
    original = {each.payment.id: each for each in day.sent}
    for each in varied(day, seed=seed, number=0).sent:
        was = original.pop(each.payment.id)
        payment = each.payment
        paid = {
            one.payment.amount
            for one in day.sent
            if (one.payment.payer, one.payment.payee) == (payment.payer, payment.payee)
        }
        assert (was.payment.payer, was.payment.payee) == (payment.payer, payment.payee)
        assert payment.amount in paid
        assert abs(was.at - each.at) <= SHIFT_SECONDS_MAX
    assert {} == original


def test_a_seed_is_the_same_everywhere() -> None:
    """What a seed draws is fixed: another machine or version must find the same."""
    day = _day(
        {"A": 10, "B": 0},
        _sent(1, 600, "A", "B", 3),
        _sent(2, 1_200, "A", "B", 5),
        _sent(3, 1_800, "B", "A", 4),
    )
    found = varied(day, seed="1", number=0)
    assert [("T3", 1_805, 4), ("T1", 2_298, 5), ("T2", 2_523, 5)] == [
        (each.payment.id, each.at, each.payment.amount) for each in found.sent
    ]


def test_halves_keep_what_is_above_its_floor() -> None:
    """Halved are balances, reserves and credit, also those set later; half of a debt is within half its
    credit.
    """
    day = Day(
        asset="USD",
        opens_at=0,
        closes_at=CLOSES_AT,
        accounts=(
            Account(participant="A", balance=-5, reserve=3, credit=5),
            Account(participant="B", balance=9),
        ),
        events=(LineSet(at=5, participant="B", reserve=2, credit=7),),
    )
    found = Scenario(is_halved=True).of(day)
    assert (
        Account(participant="A", balance=-2, reserve=1, credit=2),
        Account(participant="B", balance=4),
    ) == found.accounts
    assert (LineSet(at=5, participant="B", reserve=1, credit=3),) == found.events


def test_what_was_sent_while_away_comes_later_in_order() -> None:
    """What a node that is away would have sent comes when it is back, in order and before what comes then; a
    payment to it is not late.
    """
    day = _day(
        {"A": 99, "B": 99},
        _sent(1, 100, "A", "B", 1),
        _sent(2, 100, "B", "A", 2),
        _sent(3, 200, "A", "B", 3),
        _sent(4, 500, "B", "A", 4),
        _sent(5, 500, "A", "B", 5),
    )
    found = stress(day, Scenario(away=(Away(participant="A", begins_at=100, ends_at=500),)))
    assert [(100, "T2"), (500, "T1"), (500, "T3"), (500, "T4"), (500, "T5")] == [
        (step.at, each) for step in found.replay.steps for each in step.settled
    ]


def test_defaulter_leaves_others_short() -> None:
    """B can pay C only with what A pays B: with A in default B is short of it, and C is not paid; what A had
    waiting is cancelled.
    """
    day = _day(
        {"A": 5, "B": 0, "C": 0},
        _sent(1, 100, "A", "B", 9),
        _sent(2, 200, "A", "B", 5),
        _sent(3, 300, "B", "C", 8),
        _sent(4, 900, "A", "B", 1),
    )
    found = stress(day, Scenario(defaults=(Default(participant="A", at=400),)))
    assert (("T1",), ("T4",), ["T3"]) == (
        found.replay.cancelled,
        found.unsent,
        [each.id for each in found.replay.left],
    )
    assert [0, 3, 0] == [each.short for each in found.standings]
    assert Stop(at=400, participant="A") in found.day.events
    # A sent 14 of its 5 before; with these B has enough.
    assert Need(at_once=9, least=9) == found.need


def test_gridlock_settles_at_the_next_interval() -> None:
    """What can settle only together settles together when the queue is next resolved."""
    day = _day(
        {"A": 0, "B": 0, "C": 0},
        _sent(1, 100, "A", "B", 5),
        _sent(2, 200, "B", "C", 5),
        _sent(3, 300, "C", "A", 5),
    )
    found = stress(day)
    assert [(900, ("T1", "T2", "T3"))] == [(step.at, step.settled) for step in found.replay.steps]
    assert Need(at_once=5, least=0) == found.need


def test_quantile_is_one_of_the_values() -> None:
    """The 99 % quantile is the smallest value that 99 of 100 do not exceed; of few, the largest."""
    assert 99 == quantile(list(range(100, 0, -1)))
    assert 3 == quantile([1, 3, 2])
    assert 990 == quantile(list(range(1, 1_001)))


def test_totals_are_of_one_variation() -> None:
    """The quantile of all together is of the sums, at most the sum of the participants' own."""
    day = _day(
        {"A": 0, "B": 0},
        *(_sent(at, at * 100, "AB"[at % 2], "BA"[at % 2], 1 + at) for at in range(20)),
    )
    found = stress(day, variations=50)
    assert found.quantiles is not None
    own = sum(each.quantiles.at_once for each in found.standings if each.quantiles)
    assert 0 < found.quantiles.at_once <= own


@pytest.mark.parametrize(
    ("scenario", "param"),
    [
        (Scenario(defaults=(Default(participant="Z", at=5),)), "default"),
        (Scenario(defaults=(Default(participant="A", at=-1),)), "default"),
        (Scenario(defaults=(Default(participant="A", at=5), Default(participant="A", at=6))), "default"),
        (Scenario(away=(Away(participant="A", begins_at=9, ends_at=5),)), "away"),
        (Scenario(away=(Away(participant="A", begins_at=9, ends_at=CLOSES_AT + 1),)), "away"),
    ],
)
def test_impossible_scenarios_are_refused(scenario: Scenario, param: str) -> None:
    """A scenario that can't be on a day is refused by name."""
    with pytest.raises(InvalidScenario) as refused:
        stress(_day({"A": 1, "B": 1}), scenario)
    assert param == refused.value.param


@pytest.mark.parametrize(("variations", "seed"), [(-1, "1"), (1_001, "1"), (1, "1" * 101)])
def test_too_much_work_is_refused(variations: int, seed: str) -> None:
    """Variations and seeds have limits."""
    with pytest.raises(InvalidScenario):
        stress(_day({"A": 1, "B": 1}), variations=variations, seed=seed)


@pytest.mark.parametrize(
    "day",
    [
        replace(_day({"A": 1, "B": 1}), closes_at=0),
        replace(_day({"A": 1, "B": 1}), closes_at=86_401),
        _day({"A": 1, "B": 1}, _sent(1, 20, "A", "B", 1), _sent(2, 10, "A", "B", 1)),
        _day({"A": 1, "B": 1}, _sent(1, CLOSES_AT + 1, "A", "B", 1)),
        _day({"A": 1, "B": 1}, _sent(1, 5, "A", "Z", 1)),
        _day({"A": 1, OUTSIDE: 1}),
        replace(_day({"A": 1}), events=(LineSet(at=1, participant="Z", reserve=0, credit=0),)),
        replace(_day({"A": 1}), events=(LineSet(at=1, participant="A", reserve=0, credit=-1),)),
        replace(_day({"A": 1}), events=(LineSet(at=1, participant="A", reserve=2**63, credit=0),)),
    ],
)
def test_impossible_days_are_refused(day: Day) -> None:
    """What no ledger has had is refused before anything is replayed."""
    with pytest.raises(InvalidQueue):
        stress(day)


_FILE = {
    "asset": "USD",
    "opens_at": 0,
    "closes_at": CLOSES_AT,
    "accounts": [{"participant": "A", "balance": "300"}, {"participant": "B", "balance": "0"}],
    "payments": [
        {"id": "T2", "from": "B", "to": "A", "amount": "250", "priority": "URGT", "at": 20},
        {"id": "T1", "from": "A", "to": "B", "amount": "500", "priority": "NORM", "at": 10},
    ],
    "lines": [{"at": 10, "participant": "A", "reserve": "0", "credit": "200"}],
}


def test_file_is_read_and_answered() -> None:
    """A file is read in the order of its times, and the answer has amounts as text."""
    day = read_day(json.dumps(_FILE).encode())

    answer = stress_fields(stress(day, variations=2))

    assert [{"id": each, "sent_at": at, "settled_at": at} for each, at in (("T1", 10), ("T2", 20))] == answer[
        "settled"
    ]
    assert {"at_once": "200", "least": "0"} == answer["need"]
    # In one of the two B pays first.
    assert {"at_once": "250", "least": "0"} == answer["quantiles"]
    assert ["50", "250"] == [each["closing"] for each in answer["participants"]]


@pytest.mark.parametrize(
    ("changed", "param"),
    [
        ({"asset": 7}, "asset"),
        ({"opens_at": "0"}, "opens_at"),
        ({"payments": {}}, "payments"),
        ({"payments": [{"id": "T1", "from": "A", "to": "B", "amount": "5", "priority": "NORM"}]}, "at"),
        ({"lines": [{"at": 1, "participant": "A"}]}, "credit"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_file_that_is_no_day_is_refused(changed: dict[str, object], param: str) -> None:
    """What is no such file is refused by the name of what is wrong."""
    with pytest.raises(InvalidQueue) as refused:
        read_day(json.dumps(_FILE | changed).encode())
    assert param == refused.value.param
