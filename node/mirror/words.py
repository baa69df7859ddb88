"""The packed word of an instruction's terms, read at the speed of the follower.

`settlement.instruction` has the checked form. Here nothing is checked: the chain refuses malformed
terms, and says so in an event that carries them.
"""

from struct import Struct

# flags u8 ‖ sequence u64 ‖ asset u32 ‖ payer u32 ‖ payee u32 ‖ amount u64 ‖ 24 bits of nothing
TERMS = Struct(">BQIIIQ3x")

_SIGNED_MAX = 2**63 - 1
_MODULUS = 2**64


def signed(sequence: int) -> int:
    """Return an unsigned 64-bit number as the signed one that a column holds; small ones are themselves."""
    return sequence if sequence <= _SIGNED_MAX else sequence - _MODULUS


def unsigned(sequence: int) -> int:
    """Return the number that `signed` took."""
    return sequence % _MODULUS
