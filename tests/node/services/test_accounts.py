"""A bank sees its accounts as the chain has them."""

from node.services.accounts import list_accounts
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
    (dollars,) = (
        holding.account for holding in list_accounts(ledger.store, OPERATOR.id) if holding.asset.id == USD
    )

    assert -3 * FUNDS == dollars.balances[Bucket.ISSUED]
    assert not dollars.open


def test_stranger_has_none(ledger: Ledger) -> None:
    """Whoever is no participant has no accounts."""
    assert [] == list_accounts(ledger.store, 99)
