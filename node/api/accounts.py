"""`/v1/accounts`: what this node's bank holds."""

from fastapi import APIRouter

from node.api.auth import Reader
from node.api.context import InContext
from node.api.schemas import Account, Accounts
from node.services.accounts import Holding
from node.services.reports import own_accounts
from settlement.posting import Bucket

router = APIRouter(prefix="/v1/accounts", tags=["accounts"])


@router.get("", summary="What does this node's bank hold?")
def list_all(context: InContext, _actor: Reader) -> Accounts:
    """Return every account with its balances at the newest mirrored block, its limits and its state."""
    return Accounts(accounts=[_account(holding) for holding in own_accounts(context.store, context.settings)])


def _account(holding: Holding) -> Account:
    account, balances = holding.account, holding.account.balances
    return Account(
        asset=holding.asset.id,
        currency=holding.asset.currency.code,
        open=account.open,
        frozen=account.frozen,
        available=str(balances[Bucket.AVAILABLE]),
        locked=str(balances[Bucket.LOCKED]),
        issued=str(balances[Bucket.ISSUED]),
        reserve=str(account.reserve),
        credit=str(account.credit),
        limit_instruction=str(account.limit_instruction),
        limit_day=str(account.limit_day),
    )
