"""Reconciliation finds every difference between chain, ledger and accepted instructions, and nothing else."""

from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from node.chain import calls
from node.errors import MirrorBehind
from node.services.reconciliation import Break, Kind, Reconciliation, reconcile
from node.store.tables import accounts, assets, balances, postings
from settlement.posting import Bucket
from tests.embedded import FUNDS
from tests.node.services.ledgers import Ledger
from tests.scenario import BANKS, EUR, USD


def _reconcile(ledger: Ledger) -> Reconciliation:
    network = ledger.network
    return reconcile(ledger.store, network.chain, network.contracts, participant=ledger.member.id)


def _alter(ledger: Ledger, statement: Any) -> None:
    with ledger.store.transaction() as connection:
        connection.execute(statement)


def test_untouched_ledger_has_no_breaks(ledger: Ledger) -> None:
    """Accounts, assets, postings and accepted instructions of a sound node all agree."""
    for amount in (5, 6):
        ledger.accept(ledger.pay(amount))
    ledger.mirror()

    found = _reconcile(ledger)

    assert () == found.breaks
    # Three monies; the operator's side of two of them, and three banks' accounts in each.
    assert (11, 3, 2) == (found.accounts, found.assets, found.settled)


def test_chain_may_go_on(ledger: Ledger) -> None:
    """The chain is asked as it was at the mirrored height, so payments meanwhile are no breaks."""
    height = _reconcile(ledger).height
    ledger.pay(5)

    found = _reconcile(ledger)

    assert () == found.breaks
    assert height == found.height < ledger.network.chain.final_height()


def test_states_and_limits_are_compared(ledger: Ledger) -> None:
    """Freezing, reserves and redemptions on chain come out the same in the ledger."""
    network, (bank, *_) = ledger.network, BANKS
    for key, name, arguments in (
        (bank.key("pay"), "setReserve", (USD, 10**6)),
        (bank.key("administer"), "setLimits", (EUR, 10**9, 10**10)),
        (network.operator.key("administer"), "freeze", (EUR, bank.id)),
    ):
        network.sender.call(key, "Ledger", name, *arguments)
    terms = network.terms(bank, network.operator, USD, 500)
    request = calls.Call(
        contract="Ledger",
        calldata=network.contracts.calldata("Ledger", "requestRedemption", terms.word(), bytes(32), []),
    )
    network.send(bank.key("pay"), request)
    ledger.accept(terms, kind="redemption", commitment=bytes(32))
    ledger.mirror()

    assert () == _reconcile(ledger).breaks


def test_altered_balance_is_found(ledger: Ledger) -> None:
    """A balance that was edited differs from the chain and from its own postings."""
    place = (balances.c.asset == USD) & (balances.c.participant == 2)
    _alter(ledger, update(balances).where(place).values(balance=FUNDS + 1))

    found = _reconcile(ledger).breaks

    account = "account 840-2"
    assert (
        Break(
            kind=Kind.ACCOUNT,
            subject=account,
            field="available",
            expected=str(FUNDS),
            found=str(FUNDS + 1),
        )
        in found
    )
    assert (
        Break(
            kind=Kind.POSTING,
            subject=account,
            field="available after the last posting",
            expected=str(FUNDS),
            found=str(FUNDS + 1),
        )
        in found
    )
    assert (
        Break(
            kind=Kind.SUPPLY,
            subject="asset 840",
            field="held",
            expected=str(3 * FUNDS),
            found=str(3 * FUNDS + 1),
        )
        in found
    )


def test_invented_posting_is_found(ledger: Ledger) -> None:
    """A posting that no event made leaves its entry out of balance and its account with a gap."""
    _alter(
        ledger,
        insert(postings).values(
            height=10**6,
            log_index=0,
            line=0,
            asset=USD,
            participant=2,
            bucket=Bucket.AVAILABLE.value,
            counterparty=3,
            amount=40,
            balance=FUNDS + 50,
        ),
    )

    found = _reconcile(ledger).breaks

    assert {
        ("event 1000000-0", "sum of the postings in asset 840", "0", "40"),
        ("account 840-2", "available after posting 1000000-0", str(FUNDS + 40), str(FUNDS + 50)),
        ("account 840-2", "available after the last posting", str(FUNDS + 50), str(FUNDS)),
    } == {(each.subject, each.field, each.expected, each.found) for each in found}


@pytest.mark.parametrize(
    ("statement", "subject", "field"),
    [
        (update(accounts).where(accounts.c.asset == USD).values(frozen=True), "account 840-3", "frozen"),
        (
            update(accounts).where(accounts.c.asset == USD).values(limit_day=1),
            "account 840-4",
            "limit of a day",
        ),
        (delete(accounts).where(accounts.c.participant == 2), "account 840-2", "open"),
        (update(assets).values(issuer=3), "asset 978", "issuer"),
        (update(assets).values(business_day=9), "asset 392", "business day"),
    ],
)
def test_altered_registration_is_found(ledger: Ledger, statement: Any, subject: str, field: str) -> None:
    """What was registered and is edited in the ledger differs from the chain."""
    _alter(ledger, statement)

    assert (subject, field) in {(each.subject, each.field) for each in _reconcile(ledger).breaks}


def test_settlement_nobody_accepted_is_found(ledger: Ledger) -> None:
    """A payment of this bank that its node never accepted was made by somebody else with its key."""
    terms = ledger.pay(5)
    ledger.mirror()

    (found,) = _reconcile(ledger).breaks

    assert ("instruction", "none") == (found.field, found.found)
    assert 1_000_000 <= terms.sequence


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"terms": bytes(32)}, "terms"),
        ({"commitment": bytes(32)}, "commitment"),
        ({"kind": "issue"}, "kind"),
        ({"asset": EUR}, "asset"),
        ({"payee": 4}, "payee"),
        ({"amount": 6}, "amount"),
        ({"urgent": True}, "urgent"),
    ],
)
def test_settlement_of_something_else_is_found(ledger: Ledger, values: dict[str, object], field: str) -> None:
    """A settlement that says something else than the instruction with its sequence is found (R3)."""
    identifier = ledger.accept(ledger.pay(5), **values)
    ledger.mirror()

    assert [(f"instruction {identifier}", field)] == [
        (each.subject, each.field) for each in _reconcile(ledger).breaks
    ]


def test_instruction_that_has_not_settled_is_no_break(ledger: Ledger) -> None:
    """An instruction that waits is not compared with anything."""
    ledger.accept(ledger.network.terms(BANKS[0], BANKS[1], USD, 5))

    assert () == _reconcile(ledger).breaks


def test_nothing_mirrored_nothing_reconciled(ledger: Ledger, stores: Any) -> None:
    """A store that mirrors nothing yet can't be reconciled, which is not the same as having no breaks."""
    with pytest.raises(MirrorBehind):
        _reconcile(Ledger(store=stores("sqlite"), network=ledger.network))
