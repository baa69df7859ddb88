"""Statements over UTC days: nothing missing, nothing from outside, nothing claimed that is not mirrored."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from node.errors import MirrorBehind, NotFound, PeriodRefused
from node.services.statements import statement
from settlement.iso20022 import camt053
from settlement.statement import Statement
from tests.clocks import SetClock
from tests.embedded import FUNDS, NOON
from tests.node.services.ledgers import Ledger
from tests.scenario import EUR, USD

DAY = 86_400
TODAY = datetime.fromtimestamp(NOON, UTC).date()
MIDNIGHT = int(NOON) - DAY // 2


def _statement(ledger: Ledger, first: date = TODAY, last: date | None = None, asset: int = USD) -> Statement:
    network = ledger.network
    return statement(
        ledger.store,
        network.chain,
        network.clock,
        owner=ledger.member.id,
        asset=asset,
        first=first,
        last=last or first,
    )


def _clock(ledger: Ledger) -> SetClock:
    clock = ledger.network.clock
    assert isinstance(clock, SetClock)
    return clock


def test_day_has_its_own_entries_only(ledger: Ledger) -> None:
    """Each day opens with what the day before closed with, and has the entries of its own 24 hours."""
    ledger.pay(5)
    for day in (1, 2):
        _clock(ledger).timestamp = NOON + day * DAY
        ledger.pay(10 * day)
        ledger.receive(7)
    ledger.mirror()

    first, second, third = (_statement(ledger, TODAY + timedelta(days=day)) for day in range(3))

    assert (0, FUNDS - 5) == (first.opening, first.closing)
    assert (FUNDS - 5, FUNDS - 8) == (second.opening, second.closing)
    assert (FUNDS - 8, FUNDS - 21) == (third.opening, third.closing)
    assert [-10, 7] == [entry.amount for entry in second.entries]
    assert [-20, 7] == [entry.amount for entry in third.entries]
    assert (MIDNIGHT + DAY, MIDNIGHT + 2 * DAY - 1) == (second.from_time, second.to_time)


def test_a_strangers_large_sequence(ledger: Ledger) -> None:
    """Who pays us by other software may number as the contracts allow, and stands in the statement."""
    network = ledger.network
    payee, payer, _ = network.banks
    terms = replace(network.terms(payer, payee, USD, 3), sequence=2**64 - 1)
    data = network.contracts.pay_calldata([(terms, bytes(32))])
    network.sender.send(payer.key("pay"), network.contracts.address("Payments"), data)
    ledger.mirror()

    assert 3 == _statement(ledger).entries[-1].amount


def test_several_days_at_once(ledger: Ledger) -> None:
    """A statement of several days has the entries of all of them."""
    ledger.pay(5)
    _clock(ledger).timestamp = NOON + 2 * DAY
    ledger.receive(7)
    ledger.mirror()

    found = _statement(ledger, TODAY, TODAY + timedelta(days=2))

    assert [FUNDS, -5, 7] == [entry.amount for entry in found.entries]
    assert FUNDS + 2 == found.closing


def test_midnight_divides_days(ledger: Ledger) -> None:
    """A payment in a day's last second is that day's, one at midnight the next one's."""
    for amount, timestamp in ((1, MIDNIGHT + DAY - 1), (2, MIDNIGHT + DAY)):
        _clock(ledger).timestamp = timestamp
        ledger.pay(amount)
    _clock(ledger).timestamp = NOON + DAY
    ledger.mirror()

    assert [FUNDS, -1] == [entry.amount for entry in _statement(ledger).entries]
    assert [-2] == [entry.amount for entry in _statement(ledger, TODAY + timedelta(days=1)).entries]


def test_day_without_entries_keeps_the_balance(ledger: Ledger) -> None:
    """A quiet day opens and closes with the same balance."""
    _clock(ledger).timestamp = NOON + 3 * DAY
    found = _statement(ledger, TODAY + timedelta(days=1))

    assert (FUNDS, FUNDS, ()) == (found.opening, found.closing, found.entries)


def test_today_ends_now(ledger: Ledger) -> None:
    """The statement of a day that still runs goes no further than now."""
    _clock(ledger).timestamp = NOON + 100

    assert NOON + 100 == _statement(ledger).to_time


def test_today_tells_what_is_mirrored(ledger: Ledger) -> None:
    """While blocks of today are missing, today's statement ends with the newest mirrored one."""
    before = _statement(ledger)
    _clock(ledger).timestamp = NOON + 100
    ledger.pay(5)

    found = _statement(ledger)

    assert before.entries == found.entries
    assert NOON <= found.to_time < NOON + 100


def test_ended_day_is_told_whole_or_not_at_all(ledger: Ledger) -> None:
    """While blocks of a day that has ended are missing, there is no statement of it (R3)."""
    ledger.pay(5)
    _clock(ledger).timestamp = NOON + DAY
    with pytest.raises(MirrorBehind):
        _statement(ledger)

    ledger.mirror()
    assert FUNDS - 5 == _statement(ledger).closing


def test_missing_blocks_of_later_days_do_not_matter(ledger: Ledger) -> None:
    """A day can be told as soon as the next block is known to be later."""
    _clock(ledger).timestamp = NOON + DAY
    ledger.pay(5)

    assert FUNDS == _statement(ledger).closing


def test_own_payments_have_their_references(ledger: Ledger) -> None:
    """An entry this node paid has its references and document; one it received says that it is missing."""
    other = ledger.network.banks[1]
    paid = ledger.pay(5)
    document = {"message": "pacs.008.001.08", "CdtTrfTxInf": {"PmtId": {"InstrId": "I-7", "TxId": "T-7"}}}
    ledger.accept(paid, document=json.dumps(document))
    ledger.receive(7)
    ledger.mirror()

    _, out, back = _statement(ledger).entries

    assert (f"E2E-{paid.sequence}", f"00000000-0000-4000-8000-{paid.sequence:012}") == (
        out.end_to_end_id,
        out.uetr,
    )
    assert ("I-7", "T-7", document) == (out.instruction_id, out.transaction_id, out.document)
    assert (None, None, None) == (back.end_to_end_id, back.uetr, back.document)
    assert [False, True] == [out.document_missing, back.document_missing]
    assert [other.bic, other.bic] == [each.counterparty and each.counterparty.bic for each in (out, back)]
    assert ["Paid", "Paid"] == [out.event, back.event]


def test_entry_names_its_transaction(ledger: Ledger) -> None:
    """An entry leads to the transaction on chain that made it."""
    own, other, _ = ledger.network.banks
    receipt = ledger.network.pay(own, [(other, USD, 5), (other, USD, 6)])
    ledger.mirror()

    *_, first, second = _statement(ledger).entries

    assert {receipt.hash} == {first.transaction_hash, second.transaction_hash}
    assert [0, 1] == [first.log_index, second.log_index]


def test_statement_can_be_written(ledger: Ledger) -> None:
    """What is drawn up becomes a camt.053 with an identification that fits the message."""
    ledger.pay(5)
    ledger.mirror()
    found = _statement(ledger)

    written = camt053.write(found, created_at=int(NOON))

    assert found.identification.encode() in written
    assert len(found.identification) <= 35


@pytest.mark.parametrize(("first", "last"), [(0, -1), (1, 1), (-400, 0)])
def test_period_must_be_one(ledger: Ledger, first: int, last: int) -> None:
    """A period that ends before it begins, has not begun, or is too long is refused."""
    with pytest.raises(PeriodRefused):
        _statement(ledger, TODAY + timedelta(days=first), TODAY + timedelta(days=last))


def test_too_many_entries_are_refused(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A period with more entries than the limit is refused instead of cut."""
    ledger.pay(5)
    ledger.mirror()
    monkeypatch.setattr("node.services.statements.ENTRIES_MAX", 1)

    with pytest.raises(PeriodRefused, match="more than 1 entries"):
        _statement(ledger)


def test_account_must_be_there(ledger: Ledger) -> None:
    """An asset in which the bank has no account is not found."""
    with pytest.raises(NotFound):
        _statement(ledger, asset=1000)
    assert FUNDS == _statement(ledger, asset=EUR).closing
