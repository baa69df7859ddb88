"""What engines can and can't do, as flags: the only place where they differ by name.

No other file asks which engine it is; it asks for a capability. What their errors look like is in
`normalise`, what is offered for gas in `fees`.
"""

from dataclasses import dataclass
from enum import StrEnum

from node.errors import SettingsInvalid


class FeeRule(StrEnum):
    """What an engine asks for gas."""

    FREE = "free"  # legacy transactions at price 0
    LEGACY = "legacy"  # legacy transactions at the price the node suggests
    MARKET = "market"  # EIP-1559 where the chain has a base fee above 0, else as FREE


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The capabilities of one engine. `final_depth`: blocks on top of a block that make it final."""

    name: str
    embedded: bool  # lives in this process, has no RPC endpoint
    instant: bool  # a block that exists is final
    final_depth: int
    sealed: bool  # validators seal its blocks by QBFT's rules
    fee_rule: FeeRule
    batches: bool  # takes JSON-RPC batches
    block_receipts: bool  # answers eth_getBlockReceipts
    clock_settable: bool  # development chains let their clock be set

    @property
    def finality(self) -> str:
        """Return the finality rule in words, for pages."""
        return "instant" if self.instant else f"depth {self.final_depth}"


ENGINES = {
    engine.name: engine
    for engine in (
        Engine(
            name="eth-tester",
            embedded=True,
            instant=True,
            final_depth=0,
            sealed=False,
            fee_rule=FeeRule.FREE,
            batches=False,
            block_receipts=False,
            clock_settable=True,
        ),
        Engine(
            name="anvil",
            embedded=False,
            instant=False,
            final_depth=0,
            sealed=False,
            fee_rule=FeeRule.MARKET,
            batches=True,
            block_receipts=True,
            clock_settable=True,
        ),
    )
}


def engine(name: str) -> Engine:
    """Return the engine of a name; raise `SettingsInvalid` naming those there are."""
    try:
        return ENGINES[name]
    except KeyError:
        raise SettingsInvalid(f"VOSTRO_ENGINE: {name!r} is none of {', '.join(ENGINES)}") from None
