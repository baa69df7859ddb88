"""What a participant holds: its accounts with balances, limits and state, as the mirror has them."""

from dataclasses import dataclass

from node.mirror.ledger import Account, accounts_of
from node.mirror.registry import Asset, registered_assets
from node.store.session import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """An account with the asset it is in."""

    asset: Asset
    account: Account


def list_accounts(store: Store, participant: int) -> list[Holding]:
    """Return every account of a participant, by asset; of an issuer also its side of what it issued."""
    with store.snapshot() as connection:
        assets = {asset.id: asset for asset in registered_assets(connection)}
        return [
            Holding(asset=assets[account.asset], account=account)
            for account in accounts_of(connection, participant)
        ]
