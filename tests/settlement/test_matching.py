"""A proposal held against what was expected, field by field."""

from hypothesis import given
from hypothesis import strategies as st

from settlement.instruction import Leg
from settlement.matching import Verdict, match

_LEGS = st.lists(
    st.builds(
        Leg,
        asset=st.sampled_from([840, 978]),
        payer=st.integers(1, 3),
        payee=st.integers(1, 3),
        amount=st.integers(1, 10_000),
    ),
    min_size=1,
    max_size=6,
)


@given(legs=_LEGS, data=st.data())
def test_order_is_nothing(legs: list[Leg], data: st.DataObject) -> None:
    """The same legs in any order match, without a tolerance."""
    found = match(data.draw(st.permutations(legs)), legs)
    assert (True, ()) == (found.matched, found.differences)


@given(expected=_LEGS, proposed=_LEGS, tolerance=st.integers(0, 10_000))
def test_every_leg_is_told_once(expected: list[Leg], proposed: list[Leg], tolerance: int) -> None:
    """Every leg of either view stands in the comparison once; equal fields are equal, and nothing else is."""
    found = match(expected, proposed, tolerance_basis_points=tolerance)
    amounts = [each for each in found.fields if each.field == "amount"]
    told = [each.proposed for each in amounts if each.proposed is not None]
    assert [leg.amount for leg in proposed] == told
    assert sorted(leg.amount for leg in expected) == sorted(
        each.expected for each in amounts if each.expected is not None
    )
    for each in found.fields:
        assert (each.expected == each.proposed) is (each.verdict is Verdict.EQUAL)
        assert each.verdict is not Verdict.WITHIN_TOLERANCE or each.field == "amount"


@given(amount=st.integers(1, 10**15), tolerance=st.integers(0, 10_000), change=st.integers(-(10**4), 10**4))
def test_tolerance_is_of_the_expected(amount: int, tolerance: int, change: int) -> None:
    """An amount is within the tolerance exactly when it differs by so many basis points of the expected."""
    one = Leg(asset=840, payer=1, payee=2, amount=amount)
    other = Leg(asset=840, payer=1, payee=2, amount=max(1, amount + change))
    found = match([one], [other], tolerance_basis_points=tolerance)
    assert (abs(other.amount - amount) * 10_000 <= amount * tolerance) is found.matched


def test_another_number_of_legs_never_matches() -> None:
    """A leg too many or too few differs in every field, whatever the tolerance."""
    leg = Leg(asset=840, payer=1, payee=2, amount=5)
    for expected, proposed in (([leg], [leg, leg]), ([leg, leg], [leg])):
        found = match(expected, proposed, tolerance_basis_points=10_000)
        assert (False, 4) == (found.matched, len(found.differences))
