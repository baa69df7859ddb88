"""Where a trade would stand by the money there is at the mirror's head."""

from sqlalchemy import Connection

from node.mirror.ledger import accounts_of
from node.services.trades.view import Standing
from settlement.lifecycle import Fact
from settlement.posting import Bucket
from settlement.trade import Funds, foresee


def foreseen(connection: Connection, found: Standing) -> Fact:
    """Return where it would stand if every debtor had consented: queued or settled."""
    funds = {
        (account.asset, account.participant): Funds(
            balance=account.balances[Bucket.AVAILABLE], reserve=account.reserve, credit=account.credit
        )
        for debtor in found.trade.debtors
        for account in accounts_of(connection, debtor)
    }
    return foresee(found.trade, consenting=found.trade.debtors, funds=funds, urgent=found.urgent)
