"""The Ledger contract as it was after one block: what the mirror is held against."""

from typing import Any, NamedTuple

from node.chain.contracts import Contracts
from node.chain.protocol import Chain


class ChainAccount(NamedTuple):
    """`IAccounts.Account`, in its order."""

    balance: int
    reserve: int
    credit: int
    open: bool
    frozen: bool
    bilateral: bool
    urgent_waiting: int
    per_instruction: int
    per_day: int
    outflow: int
    outflow_day: int


class ChainAsset(NamedTuple):
    """`IAssets.Asset`, in its order."""

    kind: int
    day_rule: int
    currency: int
    issuer: int
    business_day: int
    supply: int
    credit: int
    is_cut_off: bool
    lapses_with_day: bool
    asks_acceptance: bool


class ChainLimit(NamedTuple):
    """`IAccounts.BilateralLimit`, in its order."""

    is_set: bool
    limit: int
    net_day: int
    net: int


class LedgerReading:
    """The Ledger as it was after one block."""

    def __init__(self, chain: Chain, contracts: Contracts, height: int) -> None:
        self._chain = chain
        self._contracts = contracts
        self._height = height

    def account(self, asset: int, holder: int) -> ChainAccount:
        """Return what a holder has of an asset, and the rules set for it."""
        return ChainAccount(*self._read("accountOf", asset, holder))

    def bilateral_limit(self, asset: int, holder: int, counterparty: int) -> ChainLimit:
        """Return what a holder lets go to a counterparty on a day, net, and what has gone."""
        return ChainLimit(*self._read("bilateralLimitOf", asset, holder, counterparty))

    def locked(self, asset: int, holder: int) -> int:
        """Return what is locked of a holder's asset, in minor units."""
        return int(self._read("lockedOf", asset, holder))

    def asset(self, asset: int) -> ChainAsset:
        """Return an asset as it is registered."""
        return ChainAsset(*self._read("assetOf", asset))

    def _read(self, function: str, *arguments: int) -> Any:
        return self._contracts.read(self._chain, "Ledger", function, *arguments, height=self._height)
