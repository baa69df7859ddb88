"""What a transaction offers for gas: one policy per fee rule, within the operator's limits."""

from dataclasses import dataclass

from node.chain.protocol import Fees
from node.errors import FeesAboveLimit
from node.settings import Settings

# Enough for five full blocks in a row, each of which raises the base fee by an eighth (EIP-1559).
_BASE_FEE_HEADROOM = 2
# A pool takes another transaction in the place of one when it offers a tenth more (geth, Besu); we offer an
# eighth more.
_BUMP = 9, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeLimits:
    """The most that may be offered for a unit of gas, in wei, and the most of it as a tip."""

    price_max: int = 100_000_000_000
    priority_max: int = 2_000_000_000


DEFAULT_LIMITS = FeeLimits()


def fee_limits(settings: Settings) -> FeeLimits:
    """Return the operator's limits."""
    return FeeLimits(price_max=settings.gas_price_max, priority_max=settings.priority_fee_max)


def free() -> Fees:
    """Return the offer on a chain that asks nothing: a legacy transaction at price 0."""
    return Fees(price=0)


def legacy(limits: FeeLimits, *, gas_price: int) -> Fees:
    """Return the offer on a chain without base fees: what the node suggests. Raise `FeesAboveLimit`."""
    _require(limits, gas_price)
    return Fees(price=gas_price)


def market(limits: FeeLimits, *, base_fee: int, priority: int) -> Fees:
    """Return the offer above the newest block's base fee, with room for it to rise; `priority` is the tip the
    node suggests. Raise `FeesAboveLimit` when not even the base fee is within the limits.
    """
    _require(limits, base_fee)
    tip = min(priority, limits.priority_max)
    price = min(_BASE_FEE_HEADROOM * base_fee + tip, limits.price_max)
    return Fees(price=price, priority=min(tip, price))


def bumped(limits: FeeLimits, before: Fees, offer: Fees) -> Fees:
    """Return what a transaction in the place of one that offered `before` must offer, and no less than now.

    What was free stays free: nothing is a tenth more than nothing. Raise `FeesAboveLimit`.
    """
    price = max(_raised(before.price), offer.price)
    _require(limits, price)
    if before.priority is None:
        return Fees(price=price)
    return Fees(price=price, priority=min(max(_raised(before.priority), offer.priority or 0), price))


def _raised(wei: int) -> int:
    numerator, denominator = _BUMP
    return -(-wei * numerator // denominator)


def _require(limits: FeeLimits, price: int) -> None:
    if price > limits.price_max:
        raise FeesAboveLimit(
            f"the chain asks {price} wei for a unit of gas, VOSTRO_GAS_PRICE_MAX is {limits.price_max}: "
            "wait, or raise the limit"
        )
