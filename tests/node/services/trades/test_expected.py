"""What was agreed is held against what was proposed, and shown field by field."""

import pytest

from node.errors import TradeRefused
from settlement.errors import InvalidTrade
from settlement.matching import Verdict
from tests.node.services.trades.market import PVP, Market, leg


def test_as_expected(market: Market) -> None:
    """A proposal that says what was expected, in any order of its legs, matches in every field."""
    expected = market.expect(*reversed(PVP))
    digest = market.proposed()
    matched = market.history(digest, 1).matched
    assert matched is not None
    assert (expected, True, ()) == (matched.id, matched.matching.matched, matched.matching.differences)
    assert market.history(digest, 0).matched is None
    market.affirm(digest)
    assert ["settled", "settled"] == market.states(digest)


def test_difference_is_shown_and_stops(market: Market) -> None:
    """A field beyond the tolerance is shown, and affirmed only with a reason; the proposed terms settle."""
    market.expect(PVP[0], leg(1, 0, "EUR", 890))
    digest = market.proposed()
    matched = market.history(digest, 1).matched
    assert matched is not None
    (difference,) = matched.matching.differences
    assert (1, "amount", 890, 900, Verdict.DIFFERENT) == (
        difference.leg, difference.field, difference.expected, difference.proposed, difference.verdict,
    )  # fmt: skip
    with pytest.raises(TradeRefused, match="amount"):
        market.affirm(digest)
    market.affirm(digest, despite="Agreed by telephone")
    assert ["settled", "settled"] == market.states(digest)
    assert 900 == market.history(digest, 1).trade.legs[1].amount
    assert "Agreed by telephone" == market.history(digest, 1).trade.acts[0].reason


def test_within_tolerance(market: Market) -> None:
    """Within the tolerance it matches, the difference is shown, and the proposed amount settles."""
    market.expect(PVP[0], leg(1, 0, "EUR", 891), tolerance=102)
    digest = market.proposed()
    matched = market.history(digest, 1).matched
    assert matched is not None
    assert [(True, Verdict.WITHIN_TOLERANCE)] == [
        (matched.matching.matched, each.verdict) for each in matched.matching.differences
    ]
    market.affirm(digest)
    assert 900 == market.history(digest, 1).trade.legs[1].amount


def test_most_alike_is_shown(market: Market) -> None:
    """Of several expectations of one counterparty the one that differs least is shown."""
    market.expect(leg(0, 1, "USD", 5), leg(1, 0, "EUR", 5))
    best = market.expect(leg(0, 1, "USD", 5), PVP[1])
    market.expect(leg(0, 1, "USD", 7), leg(1, 0, "JPY", 7))
    matched = market.history(market.proposed(), 1).matched
    assert matched is not None
    assert best == matched.id


def test_nothing_expected(market: Market) -> None:
    """Where nothing was written down what was proposed is affirmed as it is."""
    digest = market.proposed()
    assert market.history(digest, 1).matched is None
    market.affirm(digest)


def test_wrong_expectations(market: Market) -> None:
    """A tolerance that is none and an expectation of oneself are refused."""
    with pytest.raises(InvalidTrade):
        market.expect(tolerance=10_001)
    with pytest.raises(TradeRefused):
        market.expect(at=0, of=0)
