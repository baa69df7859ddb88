"""Reading payments back: pages without gaps or repeats, filters that leave what they say, whole histories."""

from collections.abc import Callable
from typing import Any

import pytest

from node.errors import NotFound
from node.services.filters import Filter, InvalidCursor, InvalidFilter
from node.services.payments import get_payment, list_payments
from node.store.session import Store
from settlement.errors import SettlementError, UnknownCurrency, UnknownParticipant
from settlement.identifiers import BankReference
from tests.node.bank import Bank, request
from tests.scenario import BANKS, Network

UETR = "8a562c67-ca16-48ba-b074-65581be6f011"


@pytest.fixture
def bank(store: Store, network: Network) -> Bank:
    """The first bank."""
    return Bank(store=store, network=network)


@pytest.fixture
def sqlite_bank(stores: Callable[[str], Store], network: Network) -> Bank:
    """The first bank on SQLite, for rules that have nothing to do with the store."""
    return Bank(store=stores("sqlite"), network=network)


def _ids(bank: Bank, **filters: Any) -> list[str]:
    return [payment.end_to_end_id for payment in bank.payments(**filters)]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_are_the_whole(sqlite_bank: Bank, limit: int) -> None:
    """Page after page, the newest first, gives each payment once, also while new ones arrive."""
    sqlite_bank.accept(*(request(number) for number in range(7)))
    sqlite_bank.network.clock.sleep(1)
    found: list[str] = []
    cursor, asked = None, 0
    while True:
        page = list_payments(
            sqlite_bank.store, sqlite_bank.settings, sqlite_bank.network.clock, Filter(), cursor=cursor,
            limit=limit,
        )  # fmt: skip
        found += [payment.end_to_end_id for payment in page.payments]
        assert len(page.payments) <= limit
        asked += 1
        sqlite_bank.accept(request(100 + asked), key=f"new {asked}")
        if page.cursor is None:
            break
        cursor = page.cursor
    assert [f"E{number}" for number in reversed(range(7))] == found


@pytest.mark.parametrize("cursor", ["", "!", "a" * 500, "AA", "\x00", "é"])
def test_foreign_cursor_is_refused(sqlite_bank: Bank, cursor: str) -> None:
    """A cursor that this node did not give is refused."""
    with pytest.raises(InvalidCursor):
        list_payments(
            sqlite_bank.store, sqlite_bank.settings, sqlite_bank.network.clock, Filter(), cursor=cursor
        )


def test_filters(bank: Bank) -> None:
    """Each filter leaves exactly the payments it speaks of, and several leave what all of them do."""
    second = BankReference(bic=BANKS[2].bic)
    bank.accept(
        request(0, uetr=UETR),
        request(1, currency="EUR"),
        request(2, payee=second),
        request(3, amount="5000", payee=second),
    )
    for filters, expected in (
        ({}, ["E0", "E1", "E2", "E3"]),
        ({"uetr": UETR}, ["E0"]),
        ({"currency": "EUR"}, ["E1"]),
        ({"counterparty": BANKS[2].bic[:8]}, ["E2", "E3"]),
        ({"end_to_end_id": "E2"}, ["E2"]),
        ({"amount_from": 1002}, ["E2", "E3"]),
        ({"amount_until": 1001}, ["E0", "E1"]),
        ({"amount_from": 1001, "amount_until": 1002}, ["E1", "E2"]),
        ({"value_date_from": "2025-03-10", "value_date_until": "2025-03-10"}, ["E0", "E1", "E2", "E3"]),
        ({"value_date_from": "2025-03-11"}, []),
        ({"kind": "issue"}, []),
        ({"file_id": "file_none"}, []),
        ({"state": "accepted"}, ["E0", "E1", "E2", "E3"]),
        ({"state": "settled"}, []),
        ({"counterparty": BANKS[2].bic, "amount_until": 4999}, ["E2"]),
    ):
        assert expected == _ids(bank, **filters), filters


@pytest.mark.parametrize(
    ("filters", "error"),
    [
        ({"state": "done"}, InvalidFilter),
        ({"uetr": "\x00"}, InvalidFilter),
        ({"amount_from": 2**63}, InvalidFilter),
        ({"currency": "XXX"}, UnknownCurrency),
        ({"counterparty": "NOBKUS33"}, UnknownParticipant),
    ],
)
def test_wrong_filter_is_refused(
    sqlite_bank: Bank, filters: dict[str, Any], error: type[SettlementError]
) -> None:
    """A filter that can't apply to anything is refused by name."""
    with pytest.raises(error):
        sqlite_bank.payments(**filters)


def test_states_as_they_pass(bank: Bank) -> None:
    """A payment is found under the state it is shown in, at each step of its life."""
    bank.accept(request())
    assert ["E0"] == _ids(bank, state="accepted")
    bank.submitter.tick()
    assert ["E0"] == _ids(bank, state="submitted")
    bank.follow()
    assert ["E0"] == _ids(bank, state="settled")
    assert [] == _ids(bank, state="submitted")


def test_unknown_by_age(bank: Bank) -> None:
    """What has no answer after the set time is unknown, with its age; the answer ends that."""
    bank.accept(request())
    bank.network.clock.sleep(bank.settings.unknown_after_seconds - 1)
    assert ["E0"] == _ids(bank, state="accepted")
    bank.network.clock.sleep(1)
    (payment,) = bank.payments(state="unknown")
    assert bank.settings.unknown_after_seconds == payment.age_seconds
    bank.run()
    (payment,) = bank.payments(state="settled")
    assert payment.age_seconds is None


def test_history(bank: Bank) -> None:
    """One payment, by id or UETR: all that happened in order, with transaction, block and reason."""
    bank.accept(request(uetr=UETR, amount=str(10**17)))
    bank.run()
    by_uetr = get_payment(bank.store, bank.settings, bank.network.clock, UETR)
    assert by_uetr == get_payment(bank.store, bank.settings, bank.network.clock, by_uetr.payment.id)
    assert [
        ("accepted", None), ("signed", "pay"), ("refused", None), ("signed", "void"), ("voided", None)
    ] == [(entry.event, entry.action) for entry in by_uetr.timeline]  # fmt: skip
    accepted, signed, refused, _, voided = by_uetr.timeline
    assert ("tok_1", "InsufficientFunds") == (accepted.by, refused.reason)
    assert signed.transaction_hash == refused.transaction_hash != voided.transaction_hash
    assert refused.height is not None
    assert voided.height is not None
    assert refused.height < voided.height
    assert UETR in by_uetr.document


@pytest.mark.parametrize("wanted", ["pay_none", "", "\x00", UETR])
def test_nothing_has_this_id(sqlite_bank: Bank, wanted: str) -> None:
    """An id that no payment has is not found, whatever it is made of."""
    with pytest.raises(NotFound):
        get_payment(sqlite_bank.store, sqlite_bank.settings, sqlite_bank.network.clock, wanted)
