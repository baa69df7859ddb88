"""What a transaction offers for gas: one policy per fee rule of an engine."""

from node.chain.engines import FeeRule
from node.chain.protocol import Fees

# Enough for five full blocks in a row, each of which raises the base fee by an eighth (EIP-1559).
_BASE_FEE_HEADROOM = 2


def offer(rule: FeeRule, *, base_fee: int | None, priority: int) -> Fees:
    """Return what to offer, in wei.

    `base_fee` is the newest block's (None where blocks have none), `priority` the tip the node suggests.
    A permissioned chain asks nothing: there the price is 0 and a key needs no balance.
    """
    if rule is FeeRule.FREE or not base_fee:
        return Fees(price=0)
    return Fees(price=_BASE_FEE_HEADROOM * base_fee + priority, priority=priority)
