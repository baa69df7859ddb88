"""The feed on the real contracts: each change once, in order, across restarts, rebuilds and restores."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, text

from node.errors import CursorGone
from node.keeper.feeder import Feeder
from node.mirror.digests import CHAIN_TABLES
from node.services.filters import InvalidCursor
from node.services.identifiers import number_of, numbered_id
from node.services.streams.feed import Choice, Entry, position_of, read
from node.services.voids import cancel_payment
from node.store.session import Store
from node.store.tables import proofs
from settlement.identifiers import BankReference
from tests.embedded import FUNDS, embedded_network
from tests.node.bank import Bank, request
from tests.node.services.core import Core
from tests.scenario import BANKS, OPERATOR, USD, Network


@pytest.fixture
def network() -> Iterator[Network]:
    """The network, fresh for each test."""
    with embedded_network() as network:
        yield network


@pytest.fixture
def bank(store: Store, network: Network) -> Bank:
    """The first bank, its feed begun."""
    bank = Bank(store=store, network=network)
    assert 0 == _feeder(bank).tick()
    return bank


def _feeder(bank: Bank) -> Feeder:
    return Feeder(bank.store, bank.network.chain, bank.network.clock, bank.settings)


def _tell(bank: Bank) -> None:
    feeder = _feeder(bank)
    while feeder.tick():
        pass


def _entries(bank: Bank, after: int = 0, **choice: Any) -> tuple[Entry, ...]:
    with bank.store.snapshot() as connection:
        return read(connection, after=after, limit=500, choice=Choice(**choice)).entries


def _empty_the_mirror(bank: Bank) -> None:
    """Forget all that the chain said, as who fills a damaged mirror again does."""
    postgresql = bank.store.dialect == "postgresql"
    with bank.store.transaction() as connection:
        for table in (*CHAIN_TABLES, proofs):
            if postgresql:
                connection.execute(text(f"ALTER TABLE {table.name} DISABLE TRIGGER ALL"))
            elif table.info.get("append_only"):
                connection.execute(text(f"DROP TRIGGER {table.name}_append_only_delete"))
            connection.execute(delete(table))


def _types(bank: Bank, after: int = 0) -> list[str]:
    return [entry.type for entry in _entries(bank, after)]


def _data(entry: Entry) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(entry.body)
    assert (entry.id, entry.type) == (body["id"], body["type"])
    data: dict[str, Any] = body["data"]
    return data


def test_a_payment_is_told_from_its_acceptance_to_its_end(bank: Bank) -> None:
    """Accepted, submitted, settled, then the debit of its account with the balance it led to."""
    bank.accept(request(5))
    _tell(bank)
    bank.run()
    _tell(bank)

    assert ["payment.accepted", "payment.submitted", "payment.settled", "account.debited"] == _types(bank)
    accepted, submitted, settled, debited = map(_data, _entries(bank))
    assert [("accepted", "1005", "USD"), ("submitted", "1005", "USD"), ("settled", "1005", "USD")] == [
        (each["state"], each["amount"], each["currency"]) for each in (accepted, submitted, settled)
    ]
    assert accepted["payment_id"] == settled["payment_id"] == bank.payments()[0].id
    assert submitted["transaction_hash"] == settled["transaction_hash"] == debited["transaction_hash"]
    assert ("1005", str(FUNDS - 1005)) == (debited["amount"], debited["balance"])


def test_what_comes_in_is_told(bank: Bank, stores: Any) -> None:
    """A payment of another bank is a credit of the account, with the sender's name."""
    other = Bank(store=stores("sqlite"), network=bank.network, member=BANKS[1])
    other.accept(request(payee=BankReference(bic=BANKS[0].bic)))
    other.run()
    bank.follow()
    _tell(bank)

    (credited,) = _entries(bank)
    assert ("account.credited", USD) == (credited.type, credited.asset)
    told = _data(credited)
    assert (BANKS[1].bic, "1000", str(FUNDS + 1000)) == (
        told["counterparty"], told["amount"], told["balance"],
    )  # fmt: skip


def test_what_is_refused_is_told_once_and_with_its_reason(bank: Bank) -> None:
    """Refused and voided is one change: rejected, with the contract's word."""
    bank.accept(request(amount=str(FUNDS + 1)))
    bank.run()
    _tell(bank)

    assert ["payment.accepted", "payment.submitted", "payment.rejected"] == _types(bank)
    assert "InsufficientFunds" == _data(_entries(bank)[-1])["reason"]


def test_the_queue_is_told(bank: Bank) -> None:
    """What waits in the chain's queue is queued, not approved first; taken from it, cancelled."""
    bank.accept(request(amount=str(FUNDS + 1), queue=True))
    bank.run()
    _tell(bank)
    assert ["payment.accepted", "payment.submitted", "payment.queued"] == _types(bank)

    (payment,) = bank.payments()
    cancel_payment(bank.store, bank.settings, bank.network.clock, payment.id, actor="test")
    bank.run()
    _tell(bank)
    assert ["payment.cancelled"] == _types(bank, after=3)


def test_an_account_is_told_frozen(bank: Bank) -> None:
    """A freeze of the bank's own account is told; another's is not."""
    core = Core(network=bank.network)
    for member in BANKS[:2]:
        core.administer(OPERATOR, "freeze", USD, member.id)
    bank.follow()
    _tell(bank)
    (frozen,) = _entries(bank)
    assert ("account.frozen", USD, "USD") == (frozen.type, frozen.asset, _data(frozen)["currency"])


def test_silence_is_told(bank: Bank) -> None:
    """What has no answer when it is too old is told as unknown, once; its end is told later."""
    bank.accept(request())
    _tell(bank)
    bank.network.clock.sleep(bank.settings.unknown_after_seconds)
    _tell(bank)
    _tell(bank)
    assert ["payment.accepted", "payment.unknown"] == _types(bank)

    bank.run()
    _tell(bank)
    assert ["payment.submitted", "payment.settled", "account.debited"] == _types(bank, after=2)


def test_history_is_not_told(store: Store, network: Network) -> None:
    """A feed that begins on a store with a past tells nothing of it, also when the mirror is far behind."""
    bank = Bank(store=store, network=network)
    bank.accept(request())
    bank.run()
    _tell(bank)
    assert () == _entries(bank)

    bank.accept(request(1), key="2")
    _tell(bank)
    assert ["payment.accepted"] == _types(bank)


def test_a_mirror_that_is_behind_when_the_feed_begins_tells_no_history(
    network: Network, store: Store, stores: Any
) -> None:
    """What was final before the feed began is history, whenever it is mirrored."""
    behind = Bank(store=store, network=network)
    other = Bank(store=stores("sqlite"), network=network)
    other.accept(request())
    other.run()
    _feeder(behind).tick()
    behind.follow()
    _tell(behind)
    assert () == _entries(behind)


def test_a_rebuilt_mirror_tells_nothing_twice_and_skips_nothing(bank: Bank) -> None:
    """While a mirror is filled again from genesis nothing is told; then the feed goes on where it was."""
    bank.accept(request())
    bank.run()
    _tell(bank)
    before = _entries(bank)

    _empty_the_mirror(bank)
    _tell(bank)
    assert before == _entries(bank)

    bank.follow()
    _tell(bank)
    assert before == _entries(bank)

    bank.accept(request(1), key="2")
    bank.run()
    _tell(bank)
    after = ["payment.accepted", "payment.submitted", "payment.settled", "account.debited"]
    assert after == _types(bank, after=before[-1].position)


def test_a_new_feeder_goes_on(bank: Bank) -> None:
    """Restarts between any two ticks change nothing of what is told."""
    for number in range(3):
        bank.accept(request(number), key=str(number))
        _feeder(bank).tick()
    bank.run()
    for _ in range(5):
        _feeder(bank).tick()
    assert 3 * ["payment.accepted"] + 3 * ["payment.submitted"] + 3 * [
        "payment.settled", "account.debited",
    ] == _types(bank)  # fmt: skip


def test_one_account_is_told_in_the_order_of_the_chain(bank: Bank) -> None:
    """Each entry of an account starts from the balance that the one before led to."""
    bank.accept(*(request(number) for number in range(20)))
    bank.run()
    _tell(bank)
    balance = FUNDS
    for entry in _entries(bank, types=frozenset({"account.debited"})):
        told = _data(entry)
        balance -= int(told["amount"])
        assert str(balance) == told["balance"]
    assert FUNDS - sum(1000 + number for number in range(20)) == balance


def test_a_cursor_leads_on(bank: Bank) -> None:
    """Whoever goes on from any entry sees what follows it, and nothing else."""
    bank.accept(*(request(number) for number in range(3)))
    bank.run()
    _tell(bank)
    entries = _entries(bank)
    with bank.store.snapshot() as connection:
        for place, entry in enumerate(entries):
            assert entries[place + 1 :] == _entries(bank, after=position_of(connection, entry.id))


def test_a_choice_leaves_out(bank: Bank) -> None:
    """By type and by account; what is of no account is of every one."""
    bank.accept(request(), request(1, currency="EUR"))
    bank.run()
    _tell(bank)
    assert {USD} == {entry.asset for entry in _entries(bank, assets=frozenset({USD}))}
    assert 2 == len(_entries(bank, types=frozenset({"payment.settled"})))


def test_a_foreign_cursor_is_refused(bank: Bank) -> None:
    """A cursor of another feed, or of one that was set back, is told so; nonsense is no cursor."""
    bank.accept(request())
    _tell(bank)
    (entry,) = _entries(bank)
    number = number_of("evt", entry.id)
    assert number is not None
    with bank.store.snapshot() as connection:
        for gone in (number + 1, number + (1 << 64), number + (1 << 126)):
            with pytest.raises(CursorGone):
                position_of(connection, numbered_id("evt", gone))
        for wrong in ("", "evt_", entry.id.lower(), entry.id + "0", "pay" + entry.id[3:]):
            with pytest.raises(InvalidCursor):
                position_of(connection, wrong)


def test_old_entries_are_forgotten(bank: Bank) -> None:
    """What is older than the setting leaves, and its cursor with it; the rest stays."""
    bank.accept(request())
    _tell(bank)
    bank.network.clock.sleep(91 * 86_400)
    bank.accept(request(1), key="2")
    (old,) = _entries(bank)
    feeder = _feeder(bank)
    feeder.tick()
    with bank.store.snapshot() as connection, pytest.raises(CursorGone):
        position_of(connection, old.id)
    assert "payment.accepted" in _types(bank)


def test_two_feeders_tell_once(bank: Bank) -> None:
    """Of two that saw the same news only one tells it."""
    first, second = _feeder(bank), _feeder(bank)
    bank.accept(request())
    first.tick()
    second.tick()
    assert ["payment.accepted"] == _types(bank)


@given(st.integers(0, 2**130 - 1))
def test_numbers_are_ids(number: int) -> None:
    """An id of a number is read back, and sorts as the number does."""
    assert number == number_of("evt", numbered_id("evt", number))
    if number:
        assert numbered_id("evt", number - 1) < numbered_id("evt", number)
