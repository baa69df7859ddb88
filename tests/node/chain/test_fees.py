"""What is offered for gas, and never more than the operator allows."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from node.chain.fees import FeeLimits, bumped, fee_limits, free, legacy, market
from node.chain.protocol import Fees
from node.errors import FeesAboveLimit
from node.settings import Settings

_wei = st.integers(0, 10**15)
_limits = st.builds(FeeLimits, price_max=_wei, priority_max=_wei)
_WIDE = FeeLimits(price_max=10**18, priority_max=10**18)


def test_free_gas_is_free() -> None:
    """Where nothing is asked a legacy transaction at price 0 is offered, which every engine takes."""
    assert Fees(price=0) == free()


@given(limits=_limits, gas_price=_wei)
def test_legacy_is_what_is_asked(limits: FeeLimits, gas_price: int) -> None:
    """Without base fees the node's price is offered as it is, or nothing above the limit."""
    if gas_price > limits.price_max:
        with pytest.raises(FeesAboveLimit, match="VOSTRO_GAS_PRICE_MAX"):
            legacy(limits, gas_price=gas_price)
    else:
        assert Fees(price=gas_price) == legacy(limits, gas_price=gas_price)


@given(base_fee=st.integers(1, 10**15), priority=_wei)
def test_market_survives_a_rise(base_fee: int, priority: int) -> None:
    """The offer still has the tip after five full blocks, each of which raises the base fee by an eighth."""
    fees = market(_WIDE, base_fee=base_fee, priority=priority)

    assert priority == fees.priority
    assert fees.price >= base_fee * 1.125**5 + priority


@given(limits=_limits, base_fee=st.integers(1, 10**15), priority=_wei)
def test_market_keeps_its_limits(limits: FeeLimits, base_fee: int, priority: int) -> None:
    """No offer is above a limit, none is below the base fee, and no tip is above its price."""
    assume(base_fee <= limits.price_max)
    fees = market(limits, base_fee=base_fee, priority=priority)

    assert fees.priority is not None
    assert base_fee <= fees.price <= limits.price_max
    assert fees.priority <= min(fees.price, limits.priority_max, priority)


def test_market_above_the_limit() -> None:
    """A base fee above the limit is not paid, and the setting is named."""
    with pytest.raises(FeesAboveLimit, match="VOSTRO_GAS_PRICE_MAX"):
        market(FeeLimits(price_max=9, priority_max=9), base_fee=10, priority=0)


_fees = st.builds(Fees, price=_wei, priority=st.none()) | st.integers(0, 10**14).flatmap(
    lambda tip: st.builds(Fees, price=st.integers(tip, 10**15), priority=st.just(tip))
)


@given(limits=_limits, before=_fees, offer=_fees)
def test_bump_is_what_a_pool_wants(limits: FeeLimits, before: Fees, offer: Fees) -> None:
    """In the place of another a tenth more is offered in price and tip, of the same kind, within limits."""
    try:
        fees = bumped(limits, before, offer)
    except FeesAboveLimit:
        assert max(offer.price, before.price * 9 / 8) + 1 > limits.price_max
        return
    assert (fees.priority is None) == (before.priority is None)
    assert limits.price_max >= fees.price >= max(before.price * 1.1, offer.price)
    if before.priority is not None and fees.priority is not None:
        assert fees.price >= fees.priority >= min(before.priority * 1.1, fees.price)


def test_limits_are_the_settings() -> None:
    """What limits a chain without settings is what limits one with none set."""
    assert FeeLimits() == fee_limits(Settings(bic="VOAAUS33XXX"))
