"""A bank sees its accounts as the chain has them."""

import pytest

from node.errors import NotFound
from node.services.accounts import get_account, list_accounts
from settlement.posting import Bucket
from tests.embedded import FUNDS
from tests.node.services.ledgers import Ledger
from tests.scenario import EUR, JPY, OPERATOR, USD


def test_every_account_is_listed(ledger: Ledger) -> None:
    """A bank has an account in each money, funded or not, with its currency."""
    found = list_accounts(ledger.store, ledger.member.id)

    assert {JPY: ("JPY", 0), USD: ("USD", FUNDS), EUR: ("EUR", FUNDS)} == {
        holding.asset.id: (holding.asset.currency.code, holding.account.balances[Bucket.AVAILABLE])
        for holding in found
    }
    assert sorted(holding.asset.id for holding in found) == [holding.asset.id for holding in found]


def test_issuer_sees_what_it_issued(ledger: Ledger) -> None:
    """The issuer's side of a money is minus what is outstanding, though it holds no account in it."""
    dollars = get_account(ledger.store, OPERATOR.id, USD).account

    assert -3 * FUNDS == dollars.balances[Bucket.ISSUED]
    assert not dollars.open


def test_missing_account_is_not_found(ledger: Ledger) -> None:
    """An asset in which a bank has no account is not found."""
    with pytest.raises(NotFound):
        get_account(ledger.store, ledger.member.id, 1000)
