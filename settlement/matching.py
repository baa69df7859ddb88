"""Matching: a trade as it was proposed held against the trade that was expected, field by field.

What is found is shown and changes nothing: the proposed terms are what is affirmed and settles.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from settlement.instruction import Leg

TOLERANCE_MAX = 10_000
_WHOLE = 10_000  # basis points
_FIELDS = ("asset", "payer", "payee")


class Verdict(StrEnum):
    """How a proposed field stands to the expected one."""

    EQUAL = "equal"
    WITHIN_TOLERANCE = "within_tolerance"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A field of a leg in both views, as numbers (amounts in minor units); None: that view has no such leg.

    `leg`: the place in the proposal, from 0; None for an expected leg that was not proposed.
    """

    leg: int | None
    field: str
    expected: int | None
    proposed: int | None
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """All fields of all legs, in the order of the proposal, then what is missing there."""

    fields: tuple[Compared, ...]

    @property
    def matched(self) -> bool:
        """Tell whether nothing differs beyond the tolerance."""
        return all(each.verdict is not Verdict.DIFFERENT for each in self.fields)

    @property
    def differences(self) -> tuple[Compared, ...]:
        """Return the fields that differ, those within the tolerance too."""
        return tuple(each for each in self.fields if each.verdict is not Verdict.EQUAL)


def match(expected: Sequence[Leg], proposed: Sequence[Leg], *, tolerance_basis_points: int = 0) -> Matching:
    """Hold proposed legs against expected ones, in any order; the tolerance is on amounts, of the expected.

    Legs are paired so that those most alike come first; equal inputs give equal pairs.
    """
    pairs = _pairs(expected, proposed)
    fields: list[Compared] = []
    for place, leg in enumerate(proposed):
        other = pairs.get(place)
        fields += _compared(place, None if other is None else expected[other], leg, tolerance_basis_points)
    taken = set(pairs.values())
    for place, leg in enumerate(expected):
        if place not in taken:
            fields += _compared(None, leg, None, tolerance_basis_points)
    return Matching(fields=tuple(fields))


def _pairs(expected: Sequence[Leg], proposed: Sequence[Leg]) -> dict[int, int]:
    """Return the place of the expected leg for each proposed one that has any."""
    ranked = sorted(
        (_distance(theirs, ours), place, other)
        for place, theirs in enumerate(proposed)
        for other, ours in enumerate(expected)
    )
    found: dict[int, int] = {}
    for _, place, other in ranked:
        if place not in found and other not in found.values():
            found[place] = other
    return found


def _distance(one: Leg, other: Leg) -> tuple[int, int]:
    different = sum(getattr(one, name) != getattr(other, name) for name in _FIELDS)
    return different, abs(one.amount - other.amount)


def _compared(
    place: int | None, expected: Leg | None, proposed: Leg | None, tolerance: int
) -> list[Compared]:
    found = []
    for name in (*_FIELDS, "amount"):
        ours = None if expected is None else getattr(expected, name)
        theirs = None if proposed is None else getattr(proposed, name)
        within = tolerance if name == "amount" else 0
        found.append(
            Compared(
                leg=place, field=name, expected=ours, proposed=theirs, verdict=_verdict(ours, theirs, within)
            )
        )
    return found


def _verdict(expected: int | None, proposed: int | None, tolerance: int) -> Verdict:
    if expected == proposed:
        return Verdict.EQUAL
    if expected is None or proposed is None or abs(expected - proposed) * _WHOLE > expected * tolerance:
        return Verdict.DIFFERENT
    return Verdict.WITHIN_TOLERANCE
