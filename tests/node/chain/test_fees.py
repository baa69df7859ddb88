"""What is offered for gas."""

from hypothesis import given
from hypothesis import strategies as st

from node.chain.engines import FeeRule
from node.chain.fees import offer
from node.chain.protocol import Fees

_wei = st.integers(0, 10**15)


@given(base_fee=st.none() | _wei, priority=_wei)
def test_free_gas_is_free(base_fee: int | None, priority: int) -> None:
    """Under the free rule nothing is offered, whatever the blocks say."""
    assert Fees(price=0) == offer(FeeRule.FREE, base_fee=base_fee, priority=priority)


@given(base_fee=st.integers(1, 10**15), priority=_wei)
def test_market_survives_a_rise(base_fee: int, priority: int) -> None:
    """The offer still has the tip after five full blocks, each of which raises the base fee by an eighth."""
    fees = offer(FeeRule.MARKET, base_fee=base_fee, priority=priority)

    assert priority == fees.priority
    assert fees.price >= base_fee * 1.125**5 + priority


def test_market_without_a_base_fee() -> None:
    """Without a base fee a legacy transaction at price 0 is offered, which every engine takes."""
    assert Fees(price=0) == offer(FeeRule.MARKET, base_fee=None, priority=5)
    assert Fees(price=0) == offer(FeeRule.MARKET, base_fee=0, priority=5)
