"""Netting cycles: what a cycle of many payments comes to for each of its members."""

from dataclasses import dataclass

from settlement.errors import InvalidWord

_U32, _U64 = 2**32 - 1, 2**64 - 1
_SIGN = 2**63


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A member's part in a cycle. `net`: what it receives less what it pays, minor units.

    `first` … `last` are its own counters of the payments that it pays, both 0 when it pays none.
    """

    participant: int
    first: int
    last: int
    net: int


def position_from_word(word: int) -> Position:
    """Unpack a position (contracts/src/types/Cycle.sol); raise `InvalidWord` for one no cycle has."""
    net = word >> 32 & _U64
    if word & _U32 or net == _SIGN:
        raise InvalidWord(f"{word:#066x} is no position of a cycle", param="position")
    return Position(
        participant=word >> 224 & _U32,
        first=word >> 160 & _U64,
        last=word >> 96 & _U64,
        net=net if net < _SIGN else net - 2 * _SIGN,
    )
