"""Trades: what is one, what each party pays, and where it stands. The chain's answer is held in
`tests/node/services/trades`.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import InvalidTrade, InvalidWord
from settlement.instruction import Leg
from settlement.lifecycle import Fact
from settlement.money import AMOUNT_MAX
from settlement.trade import (
    Funds,
    Trade,
    foresee,
    form_refusal,
    legs_of,
    packed_legs,
    trade_of,
    validate_trade,
)

_LEG = st.builds(
    Leg,
    asset=st.integers(1, 2),
    payer=st.integers(1, 4),
    payee=st.integers(5, 8),
    amount=st.integers(1, 1_000),
)


def _trade(*legs: Leg, initiator: int = 1) -> Trade:
    return trade_of(initiator=initiator, sequence=7, valid_until=9, commitment=bytes(32), legs=legs)


def _leg(payer: int = 1, payee: int = 2, amount: int = 5, asset: int = 840) -> Leg:
    return Leg(asset=asset, payer=payer, payee=payee, amount=amount)


@given(legs=st.lists(_LEG, min_size=1, max_size=32), sequence=st.integers(0, 2**64 - 1))
def test_fields_come_back(legs: list[Leg], sequence: int) -> None:
    """Head and legs say what they were made of."""
    trade = trade_of(initiator=3, sequence=sequence, valid_until=2**40 - 1, commitment=bytes(32), legs=legs)
    assert (3, sequence, 0, 2**40 - 1) == (
        trade.initiator, trade.sequence, trade.valid_from, trade.valid_until,
    )  # fmt: skip
    assert tuple(legs) == legs_of(packed_legs(trade.legs))
    assert {leg.payer for leg in legs} == set(trade.debtors)


@given(legs=st.lists(_LEG, min_size=1, max_size=8))
def test_outflow_adds_up(legs: list[Leg]) -> None:
    """What the debtors pay is what all legs move, by asset."""
    trade = _trade(*legs)
    for asset in (1, 2):
        paid = sum(trade.outflow(debtor).get(asset, 0) for debtor in trade.debtors)
        assert sum(leg.amount for leg in legs if leg.asset == asset) == paid


@pytest.mark.parametrize(
    ("legs", "initiator", "refusal"),
    [
        ((), 1, "LegsOutOfRange"),
        ((_leg(),) * 33, 1, "LegsOutOfRange"),
        ((_leg(payer=0),), 1, "MalformedTerms"),
        ((_leg(amount=0),), 1, "AmountOutOfRange"),
        ((_leg(amount=AMOUNT_MAX), _leg()), 1, "AmountOutOfRange"),
        ((_leg(payee=1),), 1, "SelfPayment"),
        ((_leg(),), 3, "InitiatorNotParty"),
        (tuple(_leg(payer=payer, payee=9) for payer in range(1, 8)), 1, "TooManyDebtors"),
        ((_leg(), _leg(payer=2, payee=1)), 1, None),
    ],
)
def test_form(legs: tuple[Leg, ...], initiator: int, refusal: str | None) -> None:
    """What the chain takes for no instruction is named as it names it."""
    trade = _trade(*legs, initiator=initiator)
    assert refusal == form_refusal(trade)
    if refusal is not None:
        with pytest.raises(InvalidTrade, match=refusal):
            validate_trade(trade)


def test_a_payment_is_no_trade() -> None:
    """One leg that its initiator pays takes nobody's consent; one that another pays does."""
    with pytest.raises(InvalidTrade, match="payment"):
        validate_trade(_trade(_leg()))
    validate_trade(_trade(_leg(), initiator=2))


def test_time_has_a_limit() -> None:
    """A deadline beyond 40 bits has no head."""
    with pytest.raises(InvalidWord):
        trade_of(initiator=1, sequence=1, valid_until=2**40, commitment=bytes(32), legs=(_leg(),))


def test_foreseen_by_money_and_consent() -> None:
    """A missing consent leaves it proposed, missing money queues it; reserve binds who is not urgent."""
    trade = _trade(_leg(amount=10), _leg(payer=2, payee=1, amount=4))
    funds = {(840, 1): Funds(balance=8, reserve=3), (840, 2): Funds(balance=0)}
    assert Fact.PROPOSED is foresee(trade, consenting=[1], funds=funds)
    assert Fact.QUEUED is foresee(trade, consenting=[1, 2], funds=funds)
    assert Fact.SETTLED is foresee(trade, consenting=[1, 2], funds=funds, urgent=[1])
    assert Fact.SETTLED is foresee(
        trade, consenting=[1, 2], funds=funds | {(840, 1): Funds(reserve=3, credit=9)}
    )
