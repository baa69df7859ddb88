"""Ids of what this node makes: a prefix, 48 bits of milliseconds, 80 random bits, in Crockford's base32.

They sort by the time they were made; those of one request sort in its order, because each is its
predecessor plus one. UETRs are random throughout, as the standard asks.
"""

from uuid import UUID

from node.clock import Clock, Random

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_CHARACTERS = 26
_RANDOM_BITS = 80
_TIME_MASK = (1 << 48) - 1
_UUID_BYTES = 16


def new_id(prefix: str, clock: Clock, random: Random) -> str:
    """Return one new id, for example ``tok_01KAP3…``."""
    return new_ids(prefix, 1, clock, random)[0]


def new_ids(prefix: str, count: int, clock: Clock, random: Random) -> list[str]:
    """Return `count` new ids that sort in their order."""
    milliseconds = int(clock.now() * 1000) & _TIME_MASK
    # The top bit stays clear, so that counting up from here never reaches into the time.
    chance = int.from_bytes(random.bytes(_RANDOM_BITS // 8), "big") >> 1
    first = milliseconds << _RANDOM_BITS | chance
    return [f"{prefix}_{_base32(first + offset)}" for offset in range(count)]


def numbered_id(prefix: str, number: int) -> str:
    """Return the id that is a number (below 2^130); those of larger numbers sort behind."""
    return f"{prefix}_{_base32(number)}"


def number_of(prefix: str, identifier: str) -> int | None:
    """Return the number that `numbered_id` took; None for what it never returned."""
    found, _, digits = identifier.partition("_")
    if found != prefix or len(digits) != _CHARACTERS or not set(digits) <= set(_ALPHABET):
        return None
    number = 0
    for digit in digits:
        number = number << 5 | _ALPHABET.index(digit)
    return number


def new_uetrs(count: int, random: Random) -> list[str]:
    """Return `count` new UETRs: lower-case UUIDs of version 4."""
    chance = random.bytes(_UUID_BYTES * count)
    return [
        str(UUID(bytes=chance[start : start + _UUID_BYTES], version=4))
        for start in range(0, len(chance), _UUID_BYTES)
    ]


def _base32(number: int) -> str:
    pairs = []
    for _ in range(_CHARACTERS // 2):
        pairs.append(_PAIRS[number & 1023])
        number >>= 10
    return "".join(reversed(pairs))
