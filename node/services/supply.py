"""How much of each asset there is: what its issuer owes, and what of it waits to be redeemed."""

from collections import Counter
from dataclasses import dataclass

from node.mirror.ledger import accounts_of
from node.mirror.registry import Asset, directory, registered_assets
from node.services.redemptions import waiting
from node.store.session import Store
from settlement.participant import Participant
from settlement.posting import Bucket


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """An asset with its amounts in minor units; `pending` of the supply waits to be redeemed."""

    asset: Asset
    issuer: Participant
    supply: int
    pending: int


def supplies(store: Store) -> list[Supply]:
    """Return every registered asset at the newest mirrored block, by number."""
    with store.snapshot() as connection:
        participants = directory(connection)
        issued: Counter[int] = Counter()
        for account in accounts_of(connection):
            issued[account.asset] -= account.balances[Bucket.ISSUED]
        pending: Counter[int] = Counter()
        for redemption in waiting(connection):
            pending[redemption.terms.asset] += redemption.terms.amount
        return [
            Supply(
                asset=asset,
                issuer=participants.get(asset.issuer),
                supply=issued[asset.id],
                pending=pending[asset.id],
            )
            for asset in registered_assets(connection)
        ]
