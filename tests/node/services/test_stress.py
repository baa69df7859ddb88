"""A day out of the mirror: replayed with nothing wrong it is the day that was."""

from datetime import date, timedelta

import pytest

from node.errors import AssetNotFound, PeriodRefused
from node.mirror.ledger import Place, balance_at
from node.services import stress as services
from node.services.stress import mirrored_day
from node.store.session import Store
from settlement.instruction import Leg
from settlement.liquidity.day import OUTSIDE, Day, LineSet
from settlement.liquidity.replay import INTERVAL_SECONDS
from settlement.liquidity.scenario import Default, Scenario
from settlement.liquidity.stress import Stress, stress
from tests.embedded import FUNDS, NOON
from tests.node.services.core import Core
from tests.node.services.ledgers import Ledger
from tests.node.services.test_core import _play
from tests.node.services.test_statements import DAY, MIDNIGHT, TODAY, _clock
from tests.scenario import BANKS, EUR, OPERATOR, USD, Network

_ONE, _TWO, _THREE = BANKS
_LAST = 2**62


def _day(store: Store, network: Network, day: date = TODAY, code: str = "USD") -> Day:
    return mirrored_day(store, network.chain, network.clock, code=code, day=day)


def _closing(store: Store, asset: int = USD) -> dict[str, int]:
    """What the mirror says that each bank has in the end."""
    with store.snapshot() as connection:
        return {
            bank.bic: balance_at(connection, Place(asset=asset, participant=bank.id), height=_LAST)
            for bank in BANKS
        }


def _times(found: Stress) -> dict[str, tuple[int, int]]:
    """When each came and settled."""
    settled = {each: step.at for step in found.replay.steps for each in step.settled}
    return {each.payment.id: (each.at, settled[each.payment.id]) for each in found.day.sent}


@pytest.mark.parametrize(("code", "asset"), [("USD", USD), ("EUR", EUR)])
def test_real_day_is_reproduced(ledger: Ledger, code: str, asset: int) -> None:
    """A day with everything that moves value, queues, sets, cycles, locks and a court's order: all of it
    settles again, what did not wait when it came, and every account closes with what the mirror says.
    """
    _play(ledger.network)
    ledger.mirror()

    found = stress(_day(ledger.store, ledger.network, code=code))

    assert ((), ()) == (found.replay.left, found.replay.cancelled)
    assert _closing(ledger.store, asset) == found.replay.balances
    # The pair that queued, and nothing else, had to wait.
    waited = {each: times for each, times in _times(found).items() if times[0] != times[1]}
    assert (2 if code == "USD" else 0) == len(waited)
    assert all(0 < settled - came <= INTERVAL_SECONDS for came, settled in waited.values())


def test_day_opens_as_the_day_before_closed(ledger: Ledger) -> None:
    """A day opens with balances and lines as they were, has what was set in it, and its own payments only."""
    network, sender = ledger.network, ledger.network.sender
    sender.call(_ONE.key("pay"), "Ledger", "setReserve", USD, 40)
    for use in ("administer", "administer too"):
        sender.call(OPERATOR.key(use), "Ledger", "setCredit", USD, _ONE.id, 900)
    ledger.pay(500)
    _clock(ledger).timestamp = NOON + DAY
    ledger.pay(70)
    for use in ("administer", "administer too"):
        sender.call(OPERATOR.key(use), "Ledger", "setCredit", USD, _ONE.id, 1_000)
    network.issue(_ONE, USD, 8)
    # All it may, with the reserve kept.
    ledger.pay(FUNDS - 500 - 70 + 8 + 1_000 - 40)
    ledger.mirror()

    day = _day(ledger.store, network, TODAY + timedelta(days=1))
    found = stress(day)

    own = next(each for each in day.accounts if each.participant == _ONE.bic)
    assert (FUNDS - 500, 40, 900) == (own.balance, own.reserve, own.credit)
    assert [(40, 1_000)] == [(each.reserve, each.credit) for each in day.events if isinstance(each, LineSet)]
    assert [_ONE.bic, OUTSIDE, _ONE.bic] == [each.payment.payer for each in day.sent]
    assert (MIDNIGHT + DAY, MIDNIGHT + 2 * DAY) == (day.opens_at, day.closes_at)
    assert ((), _closing(ledger.store)) == (found.replay.left, found.replay.balances)
    assert {0} == {settled - came for came, settled in _times(found).values()}
    need = next(each.need for each in found.standings if each.participant == _ONE.bic)
    # With one unit of credit less the last one would have had to wait.
    assert 1_000 == need.at_once == need.least


def test_what_waits_comes_first_the_next_day(ledger: Ledger) -> None:
    """What nobody could settle is left, and is the first of the next day, on which money for it comes."""
    network = ledger.network
    core = Core(network=network)
    legs = [Leg(asset=USD, payer=_ONE.id, payee=_TWO.id, amount=amount) for amount in (FUNDS + 5, 2 * FUNDS)]
    waiting, cancelled = (core.instruct(_ONE, leg) for leg in legs)
    core.submit(_ONE, waiting, cancelled)
    core.call(_ONE, "cancel", cancelled.words(), b"CUST")
    _clock(ledger).timestamp = NOON + DAY
    ledger.receive(5)
    ledger.mirror()

    first = stress(_day(ledger.store, network))
    second = stress(_day(ledger.store, network, TODAY + timedelta(days=1)))

    name = f"{_ONE.id}/{core.sequence(waiting)}"
    assert [name] == [each.id for each in first.replay.left]
    assert 5 == next(each.short for each in first.standings if each.participant == _ONE.bic)
    # Nobody resolved the queue then, so the mirror has it waiting still; the replay settles it.
    assert (MIDNIGHT + DAY, int(NOON) + DAY) == _times(second)[name]


def test_real_day_with_a_bank_in_default(ledger: Ledger) -> None:
    """What the first bank sends after its default does not settle, and what it is paid does."""
    ledger.pay(500)
    _clock(ledger).sleep(3_600)
    ledger.pay(70)
    ledger.receive(9)
    ledger.mirror()

    at = int(NOON) + 1_800
    scenario = Scenario(defaults=(Default(participant=_ONE.bic, at=at),))
    found = stress(_day(ledger.store, ledger.network), scenario)

    assert 1 == len(found.unsent)
    own = next(each for each in found.standings if each.participant == _ONE.bic)
    assert (500, FUNDS + 9, FUNDS - 491) == (own.settled, own.received, own.closing)


def test_days_that_are_not_told(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A day that has not begun, a currency nobody registered and a day of too many payments are refused."""
    with pytest.raises(PeriodRefused):
        _day(ledger.store, ledger.network, TODAY + timedelta(days=1))
    with pytest.raises(AssetNotFound):
        _day(ledger.store, ledger.network, code="CHF")
    monkeypatch.setattr(services, "EVENTS_MAX", 2)
    with pytest.raises(PeriodRefused):
        _day(ledger.store, ledger.network)
