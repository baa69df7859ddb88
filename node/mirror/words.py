"""The packed words of instructions, read at the speed of the follower.

`settlement.instruction` has the checked form. Here nothing is checked: the chain refuses malformed
words, and says so in an event that carries them; what settled is well-formed.
"""

from struct import Struct

# flags u8 ‖ sequence u64 ‖ asset u32 ‖ payer u32 ‖ payee u32 ‖ amount u64 ‖ 24 bits of nothing
TERMS = Struct(">BQIIIQ3x")
# flags u8 ‖ sequence u64 ‖ initiator u32 ‖ valid from u40 ‖ valid until u40 ‖ 72 bits of nothing
HEAD = Struct(">xQI19x")
# asset u32 ‖ payer u32 ‖ payee u32 ‖ amount u64 ‖ payer for u32 ‖ payee for u32 ‖ marks u32
LEG = Struct(">IIIQ12x")
# Of `Settled`: head ‖ digest ‖ where the legs begin ‖ how many there are; the legs follow.
SETTLED = Struct(">32x32x24xQ24xQ")

_SIGNED_MAX = 2**63 - 1
_MODULUS = 2**64


def signed(sequence: int) -> int:
    """Return an unsigned 64-bit number as the signed one that a column holds; small ones are themselves."""
    return sequence if sequence <= _SIGNED_MAX else sequence - _MODULUS


def unsigned(sequence: int) -> int:
    """Return the number that `signed` took."""
    return sequence % _MODULUS
