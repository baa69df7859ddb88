"""Netting cycles: what a cycle of many payments comes to for each of its members, and its name on chain."""

from dataclasses import dataclass

from settlement.errors import InvalidWord
from settlement.instruction import keccak

WORD_BYTES = 32
_U32, _U64 = 2**32 - 1, 2**64 - 1
_SIGN = 2**63
# Asset, proposer, number, validity and root stand before the positions.
_FIELDS = 5
_MEMBERS_MAX = 64  # Netting.sol
_CYCLE_TYPE = keccak(
    b"Cycle(uint256 chainId,address ledger,address netting,uint32 asset,uint32 proposer,uint64 number,"
    b"uint40 validUntil,bytes32 root,uint256[] positions)"
)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """A cycle as it is hashed on chain: `words` are its fields, then its positions, 32 bytes each."""

    words: bytes

    @property
    def asset(self) -> int:
        """Return the asset of all its payments."""
        return int.from_bytes(self.words[:WORD_BYTES], "big")

    @property
    def root(self) -> bytes:
        """Return the root over its payments."""
        return self.words[(_FIELDS - 1) * WORD_BYTES : _FIELDS * WORD_BYTES]

    @property
    def position_words(self) -> tuple[int, ...]:
        """Return its members' positions as they are packed, in their order."""
        words = self.words[_FIELDS * WORD_BYTES :]
        return tuple(
            int.from_bytes(words[place : place + WORD_BYTES], "big")
            for place in range(0, len(words), WORD_BYTES)
        )

    def validate(self) -> None:
        """Raise `InvalidWord` for words that are no cycle's."""
        members, rest = divmod(len(self.words) - _FIELDS * WORD_BYTES, WORD_BYTES)
        if rest or not 0 < members <= _MEMBERS_MAX or self.asset > _U32:
            raise InvalidWord(f"these {len(self.words)} bytes are no cycle", param="cycle")

    def digest(self, *, chain_id: int, ledger: bytes, netting: bytes) -> bytes:
        """Return the 32 bytes that name it (`Netting.digestOf`); the contracts' addresses are of 20 bytes."""
        fields = _FIELDS * WORD_BYTES
        return keccak(
            _CYCLE_TYPE
            + chain_id.to_bytes(WORD_BYTES, "big")
            + ledger.rjust(WORD_BYTES, b"\0")
            + netting.rjust(WORD_BYTES, b"\0")
            + self.words[:fields]
            + keccak(self.words[fields:])
        )


def cycle_of(proposed: bytes) -> Cycle:
    """Return the cycle of a `CycleProposed`, whose data are its digest and the cycle; raise `InvalidWord`."""
    head = proposed[2 * WORD_BYTES : (2 + _FIELDS) * WORD_BYTES]
    # Behind them stand where the positions begin and how many there are.
    found = Cycle(words=head + proposed[(4 + _FIELDS) * WORD_BYTES :])
    found.validate()
    return found
