"""The packed words of instructions and cycles, as initiators write them (contracts/src/types)."""

from settlement.instruction import Leg

LAPSES_WITH_DAY = 1


def head_word(
    sequence: int, initiator: int, *, valid_from: int = 0, valid_until: int = 0, flags: int = 0
) -> int:
    """Pack a head (Legs.sol); times in UTC seconds, 0 for none."""
    return flags << 248 | sequence << 184 | initiator << 152 | valid_from << 112 | valid_until << 72


def leg_word(leg: Leg) -> int:
    """Pack a leg (Legs.sol)."""
    return (
        leg.asset << 224
        | leg.payer << 192
        | leg.payee << 160
        | leg.amount << 96
        | leg.payer_for << 64
        | leg.payee_for << 32
    )


def position_word(participant: int, net: int, first: int = 0, last: int = 0) -> int:
    """Pack a member's position in a cycle (Cycle.sol)."""
    return participant << 224 | first << 160 | last << 96 | (net % 2**64) << 32
