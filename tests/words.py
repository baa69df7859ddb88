"""The packed words of instructions of many legs, as initiators write them (contracts/src/types/Legs.sol)."""

from settlement.instruction import Leg

LAPSES_WITH_DAY = 1


def head_word(
    sequence: int, initiator: int, *, valid_from: int = 0, valid_until: int = 0, flags: int = 0
) -> int:
    """Pack a head; times in UTC seconds, 0 for none."""
    return flags << 248 | sequence << 184 | initiator << 152 | valid_from << 112 | valid_until << 72


def leg_word(leg: Leg) -> int:
    """Pack a leg."""
    return (
        leg.asset << 224
        | leg.payer << 192
        | leg.payee << 160
        | leg.amount << 96
        | leg.payer_for << 64
        | leg.payee_for << 32
    )
