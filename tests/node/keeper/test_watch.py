"""The watch on the real contracts: each rule raises once, tells why, and stops what its bank may stop."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert

from node.chain.own_calls import set_limits
from node.errors import NotFound, SettingsInvalid
from node.keeper.feeder import Feeder
from node.keeper.watch import Watch
from node.mirror.head import head
from node.services.alerts.raised import (
    QUIET_SECONDS,
    Alert,
    AlreadyAcknowledged,
    acknowledge,
    list_alerts,
)
from node.services.alerts.rules import rules_of
from node.services.breaks import InvalidNote, clear
from node.services.streams.feed import read
from node.store.session import Store
from node.store.tables import blocks, breaks, proofs
from settlement.alerting import RoundTrip, Rules, UnusualAmount, ValidatorSilent, Velocity
from tests.embedded import FUNDS, embedded_network
from tests.node.bank import Bank, request
from tests.scenario import BANKS, OPERATOR, USD, Network
from tests.settlement.evidence.material import FOUR, Content, address_of, addresses, extra_data, header, seal

_OFF = Rules(
    unusual_amount=None, velocity=None, round_trip=None, limit_nearly_used=None, queue_age=None,
    break_age=None, validator_silent=None,
)  # fmt: skip
_UNUSUAL = replace(_OFF, unusual_amount=UnusualAmount(factor=10, history=10, history_min=3))


@pytest.fixture
def network() -> Iterator[Network]:
    """The network, fresh for each test."""
    with embedded_network() as network:
        yield network


@pytest.fixture
def bank(store: Store, network: Network) -> Bank:
    """The first bank."""
    return Bank(store=store, network=network)


def _watch(bank: Bank, rules: Rules, *, sealed: bool = False) -> Watch:
    network = bank.network
    return Watch(
        bank.store, network.chain, network.contracts, network.clock, bank.settings, rules=rules, sealed=sealed
    )


def _begun(bank: Bank, rules: Rules) -> Watch:
    watch = _watch(bank, rules)
    assert 0 == watch.tick()
    return watch


def _pay(bank: Bank, *amounts: int) -> None:
    for amount in amounts:
        bank.network.pay(bank.member, [(BANKS[1], USD, amount)])
    bank.follow()


def _alerts(bank: Bank, *, acknowledged: bool = False) -> list[Alert]:
    with bank.store.snapshot() as connection:
        return list_alerts(connection, also_acknowledged=acknowledged)


def _acknowledge(bank: Bank, number: int, **changed: Any) -> Alert:
    given: dict[str, Any] = {
        "by": "Erika",
        "note": "announced",
        "actor": "test",
        "at": int(bank.network.clock.now()),
    }
    with bank.store.transaction() as connection:
        return acknowledge(connection, number, **(given | changed))


def test_an_unusual_amount_is_raised_once(bank: Bank) -> None:
    """Raised with its reason and what it looked at, once, whichever of several watches comes first."""
    watch = _begun(bank, _UNUSUAL)
    _pay(bank, 100, 110, 90, 5_000, 100)
    assert 1 == watch.tick()
    assert [0, 0] == [watch.tick(), _watch(bank, _UNUSUAL).tick()]
    (alert,) = _alerts(bank)
    assert ("unusual_amount", USD, BANKS[0].id) == (alert.rule, alert.asset, alert.participant)
    assert ("5000", "100") == (alert.data["amount"], alert.data["median"])
    assert "more than 10 times the median 100" in alert.explanation


def test_history_counts_but_is_not_raised(bank: Bank) -> None:
    """What was final before the watch began raises nothing, and is what later payments are compared with."""
    _pay(bank, 100, 100, 100, 9_000)
    watch = _begun(bank, _UNUSUAL)
    assert 0 == watch.tick()
    _pay(bank, 8_000)
    assert 1 == watch.tick()
    assert "8000" == _alerts(bank)[0].data["amount"]


def test_ticks_do_not_matter(bank: Bank) -> None:
    """Looked at payment by payment or all at once, the same is found."""
    watch = _begun(bank, _UNUSUAL)
    found = 0
    for amount in (100, 100, 100, 4_000, 100, 5_000):
        _pay(bank, amount)
        found += watch.tick()
    assert (2, ["4000", "5000"]) == (found, [alert.data["amount"] for alert in _alerts(bank)])


def test_velocity_is_one_alert_while_it_lasts(bank: Bank) -> None:
    """Every further payment is the same finding; acknowledged, it is quiet for a day."""
    watch = _begun(bank, replace(_OFF, velocity=Velocity(seconds=3_600, payments_max=2)))
    _pay(bank, 1, 2)
    assert 0 == watch.tick()
    _pay(bank, 3, 4)
    assert 1 == watch.tick()
    (alert,) = _alerts(bank)
    _acknowledge(bank, alert.id)
    _pay(bank, 5)
    assert (0, []) == (watch.tick(), _alerts(bank))

    bank.network.clock.sleep(QUIET_SECONDS + 1)
    _pay(bank, 6, 7, 8)
    assert 1 == watch.tick()


def test_a_round_trip_is_seen(bank: Bank) -> None:
    """Money that goes back within the hour is told, with where it came from."""
    watch = _begun(bank, replace(_OFF, round_trip=RoundTrip(amount_min=1_000)))
    bank.network.pay(BANKS[1], [(BANKS[0], USD, 10_000)])
    bank.network.pay(BANKS[2], [(BANKS[0], USD, 9_900)])
    _pay(bank, 9_900)
    assert 1 == watch.tick()
    assert "10000" == _alerts(bank)[0].data["received"]


def test_a_limit_nearly_used_is_told(bank: Bank) -> None:
    """As the chain counts the day's outflow, once a minute."""
    network = bank.network
    call = set_limits(network.contracts, asset=USD, per_instruction=10_000, per_day=10_000)
    network.send(BANKS[0].key("administer"), call)
    rules = replace(_OFF, limit_nearly_used=Rules().limit_nearly_used)
    watch = _begun(bank, rules)
    _pay(bank, 8_999)
    assert 0 == watch.tick()
    _pay(bank, 1)
    network.clock.sleep(60)
    assert 1 == watch.tick()
    assert {"used": "9000", "limit": "10000"} == _alerts(bank)[0].data


def test_a_payment_that_waits_too_long_is_told(bank: Bank) -> None:
    """What is queued for longer than the rule has is told, by the payment's id."""
    watch = _begun(bank, replace(_OFF, queue_age=Rules().queue_age))
    bank.accept(request(amount=str(FUNDS + 1), queue=True))
    bank.run()
    assert 0 == watch.tick()
    bank.network.clock.sleep(3_601)
    assert 1 == watch.tick()
    assert f"payment {bank.payments()[0].id}" == _alerts(bank)[0].subject


def test_an_open_break_is_told(bank: Bank) -> None:
    """A break that nobody has cleared in time is told; a cleared one is not."""
    at = int(bank.network.clock.now())
    with bank.store.transaction() as connection:
        for number in (1, 2):
            connection.execute(
                insert(breaks).values(
                    id=number, kind="balance", subject=f"account {number}", field="balance", expected="1",
                    found="2", height=1, opened_at=at,
                )
            )  # fmt: skip
        clear(connection, 1, by="Erika", reason="late", actor="test", at=at)
    watch = _begun(bank, replace(_OFF, break_age=Rules().break_age))
    assert 0 == watch.tick()
    bank.network.clock.sleep(14_401)
    assert 1 == watch.tick()
    assert "break 2" == _alerts(bank)[0].subject


def test_a_silent_validator_is_told(bank: Bank) -> None:
    """Where validators seal blocks, one that has sealed none of the last ones is told by its address."""
    with bank.store.transaction() as connection:
        start, made = head(connection), None
        assert start is not None
        for height in range(start.height + 1, start.height + 4):
            made = header(made, Content(), extra=extra_data(addresses(FOUR)))
            encoded = seal(made, FOUR[:3]).encoded()
            connection.execute(insert(proofs).values(height=height, header=encoded))
            block = {"hash": b"\1" * 32, "parent_hash": b"\2" * 32, "timestamp": start.timestamp}
            connection.execute(insert(blocks).values(height=height, **block))
    rules = replace(_OFF, validator_silent=ValidatorSilent(blocks=3))
    assert 0 == _begun(bank, rules).tick()
    watch = _watch(bank, rules, sealed=True)
    assert 1 == watch.tick()
    assert f"validator 0x{address_of(FOUR[3]).hex()}" == _alerts(bank)[0].subject


def test_a_rule_stops_its_own_banks_payments(bank: Bank) -> None:
    """Of its own account the node may stop all outgoing payments, once; the chain then refuses others."""
    watch = _begun(bank, replace(_UNUSUAL, freeze_on=("unusual_amount",)))
    _pay(bank, 100, 100, 100, 5_000, 6_000)
    assert 2 == watch.tick()
    assert [True, False] == [alert.stop_asked_at is not None for alert in _alerts(bank)]
    bank.run()

    bank.accept(request())
    bank.run()
    (payment,) = bank.payments()
    assert ("rejected", "OutgoingStopped") == (payment.state, payment.reason)


def test_an_issuer_freezes_an_account_of_its_money(store: Store, network: Network) -> None:
    """Who issues a money watches every account of it, and freezes the one account that a rule found."""
    issuer = Bank(store=store, network=network, member=OPERATOR)
    watch = _begun(issuer, replace(_UNUSUAL, freeze_on=("unusual_amount",)))
    for amount in (100, 100, 100, 5_000):
        network.pay(BANKS[0], [(BANKS[1], USD, amount)])
    issuer.follow()
    assert 1 == watch.tick()
    issuer.run()
    account = network.contracts.read(network.chain, "Ledger", "accountOf", USD, BANKS[0].id)
    other = network.contracts.read(network.chain, "Ledger", "accountOf", USD, BANKS[1].id)
    assert (True, False) == (account[4], other[4])


def test_without_the_setting_nothing_is_stopped(bank: Bank) -> None:
    """A rule that may not stop anything only tells."""
    watch = _begun(bank, _UNUSUAL)
    before = bank.counts()
    _pay(bank, 100, 100, 100, 5_000)
    assert 1 == watch.tick()
    assert before == bank.counts()


def test_an_alert_is_told_by_the_feed(bank: Bank) -> None:
    """Who listens to the feed learns of alerts, with their reason."""
    feeder = Feeder(bank.store, bank.network.chain, bank.network.clock, bank.settings)
    feeder.tick()
    watch = _begun(bank, _UNUSUAL)
    _pay(bank, 100, 100, 100, 5_000)
    watch.tick()
    while feeder.tick():
        pass
    with bank.store.snapshot() as connection:
        entries = read(connection, after=0, limit=100).entries
    assert ["account.debited"] * 4 + ["alert.raised"] == [entry.type for entry in entries]
    assert "times the median" in entries[-1].body


def test_acknowledging(bank: Bank) -> None:
    """By a name, with a note, once."""
    watch = _begun(bank, _UNUSUAL)
    _pay(bank, 100, 100, 100, 5_000)
    watch.tick()
    (alert,) = _alerts(bank)
    for wrong in ({"by": " "}, {"note": ""}, {"note": "x" * 501}):
        with pytest.raises(InvalidNote):
            _acknowledge(bank, alert.id, **wrong)
    with pytest.raises(NotFound):
        _acknowledge(bank, alert.id + 1)
    assert ("Erika", "announced") == (_acknowledge(bank, alert.id).acknowledged_by, "announced")
    with pytest.raises(AlreadyAcknowledged):
        _acknowledge(bank, alert.id)
    assert ([], 1) == (_alerts(bank), len(_alerts(bank, acknowledged=True)))


def test_rules_of_a_file() -> None:
    """Only what is named is otherwise; null is off; anything unknown or out of range is refused by name."""
    found = rules_of(
        b'{"velocity": {"payments_max": 5}, "round_trip": null, "freeze_on": ["velocity"]}', place="f"
    )
    assert (Velocity(payments_max=5), None, ("velocity",), UnusualAmount()) == (
        found.velocity, found.round_trip, found.freeze_on, found.unusual_amount,
    )  # fmt: skip
    for wrong in (
        b"", b"[]", b'{"speed": {}}', b'{"velocity": 5}', b'{"velocity": {"max": 5}}', b'{"freeze_on": "x"}',
        b'{"velocity": {"payments_max": 0}}', b'{"velocity": {"payments_max": true}}',
        b'{"velocity": {"payments_max": 5000}}', b'{"freeze_on": ["queue_age"]}',
    ):  # fmt: skip
        with pytest.raises(SettingsInvalid):
            rules_of(wrong, place="f")
