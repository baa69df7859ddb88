"""The reports on a real chain: liquidity, what is issued, and every leg, to the last unit."""

from datetime import date, timedelta

import pytest

from node.chain.calls import Call
from node.errors import NotFound, PeriodRefused
from node.services.issued import issuer_report
from node.services.liquidity import own_liquidity
from node.services.regulator import regulator_extract
from node.settings import Settings
from settlement.export import Cell, Export
from tests.clocks import SetClock
from tests.embedded import FUNDS, NOON
from tests.node.services.ledgers import Ledger
from tests.node.services.test_core import _play
from tests.node.services.test_statements import TODAY
from tests.scenario import BANKS, EUR, OPERATOR, USD

_DAY = 86_400


def _liquidity(ledger: Ledger, first: date = TODAY, last: date = TODAY) -> Export:
    network, settings = ledger.network, Settings(bic=ledger.member.bic)
    return own_liquidity(
        ledger.store, settings, network.chain, network.clock, code="USD", first=first, last=last
    )


def _issued(ledger: Ledger, bic: str = OPERATOR.bic) -> Export:
    network = ledger.network
    return issuer_report(
        ledger.store, Settings(bic=bic), network.chain, network.clock, first=TODAY, last=TODAY
    )


def _extract(ledger: Ledger, code: str | None = None) -> Export:
    network = ledger.network
    return regulator_extract(ledger.store, network.chain, network.clock, code=code, first=TODAY, last=TODAY)


def _fields(export: Export) -> list[dict[str, Cell]]:
    names = [column.name for column in export.columns]
    return [dict(zip(names, row, strict=True)) for row in export.rows]


def test_liquidity_of_days(ledger: Ledger) -> None:
    """Each day starts where the last ended, with the credit line that stood then; use is of that day."""
    network, clock = ledger.network, ledger.network.clock
    assert isinstance(clock, SetClock)
    ledger.pay(500)
    # Lending takes two administer keys.
    for use in ("administer", "administer too"):
        network.sender.call(OPERATOR.key(use), "Ledger", "setCredit", USD, BANKS[0].id, 900)
    clock.timestamp = NOON + _DAY
    ledger.receive(40)
    ledger.pay(70)
    ledger.mirror()

    report = _liquidity(ledger, TODAY, TODAY + timedelta(days=1))

    first, second = _fields(report)
    assert ("0.00", "0.00", "5.00", "5.00", "0.00") == tuple(
        first[name] for name in ("opening", "credit", "use_max", "sent", "received")
    )
    assert (f"{(FUNDS - 500) // 100}.00", "9.00") == (second["opening"], second["credit"])
    assert ("0.30", "0.40", "0.70", "0.40") == tuple(
        second[name] for name in ("use_max", "surplus_max", "sent", "received")
    )
    assert ("0.0", "100.0") == (first["sent_until_11h_percent"], first["sent_until_24h_percent"])
    assert "5.70" == report.totals["sent"]


def test_issuer_sees_what_it_owes_and_what_waits(ledger: Ledger) -> None:
    """Supply at the start, issued and redeemed make the supply at the end; what waits is named."""
    network, (bank, *_) = ledger.network, BANKS
    terms = network.terms(bank, network.operator, USD, 500)
    calldata = network.contracts.calldata("Ledger", "requestRedemption", terms.word(), bytes(32), [])
    network.send(bank.key("pay"), Call(contract="Ledger", calldata=calldata))
    ledger.mirror()

    report = _issued(ledger)

    dollars = [row for row in _fields(report) if row["asset"] == USD]
    supply = f"{3 * FUNDS // 100}.00"
    assert [
        ("supply at start", "0.00"),
        ("issued", supply),
        ("redeemed", "0.00"),
        ("supply at end", supply),
        ("pending redemption", "5.00"),
    ] == [(row["record"], row["amount"]) for row in dollars]
    assert (bank.bic, str(terms.sequence), "2025-03-10") == (
        dollars[-1]["holder"], dollars[-1]["sequence"], str(dollars[-1]["since"])[:10],
    )  # fmt: skip
    assert "5.00" == report.totals[f"pending redemption USD of asset {USD}"]


def test_who_issues_nothing_has_no_report(ledger: Ledger) -> None:
    """A bank that is no issuer is told so."""
    with pytest.raises(NotFound, match="issues no asset"):
        _issued(ledger, BANKS[0].bic)


def test_extract_has_every_leg(ledger: Ledger) -> None:
    """Whatever the contracts did, the legs of the extract move what the accounts hold."""
    _play(ledger.network)
    ledger.mirror()

    report = _extract(ledger)

    rows = _fields(report)
    moved: dict[tuple[Cell, Cell], int] = {}
    for row in rows:
        units = int(str(row["amount"]).replace(".", ""))
        for side, sign in (("payer", -1), ("payee", 1)):
            if row[side] is not None:
                moved[row["asset"], row[side]] = moved.get((row["asset"], row[side]), 0) + sign * units
    with ledger.store.snapshot() as connection:
        from node.mirror.ledger import accounts_of

        for account in accounts_of(connection):
            member = next(each for each in (OPERATOR, *BANKS) if each.id == account.participant)
            assert sum(account.balances.values()) == moved.get((account.asset, member.bic), 0)
    assert {"Paid", "Settled", "CycleSettled", "Issued", "MovedByCourtOrder"} <= {
        row["event"] for row in rows
    }
    assert len({row["reference"] for row in rows}) == len(rows)


def test_extract_of_one_currency(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """One currency is asked for by its code; more rows than the limit are refused, not cut."""
    ledger.network.pay(BANKS[0], [(BANKS[1], USD, 5), (BANKS[1], EUR, 6)])
    ledger.mirror()

    euros = _extract(ledger, "EUR")

    assert {EUR} == {row["asset"] for row in _fields(euros)}
    assert "0.06" == _fields(euros)[-1]["amount"]
    assert f"{3 * FUNDS // 100}.06" == euros.totals[f"EUR of asset {EUR}"]
    monkeypatch.setattr("node.services.regulator.ROWS_MAX", 3)
    with pytest.raises(PeriodRefused, match="more than 3 rows"):
        _extract(ledger, "EUR")
