"""Netting cycles: what a cycle of many payments comes to for each of its members, and its name on chain.

A cycle's root is over a subtree for each member, that over its payments (contracts/netting.md, "The tree").
"""

from collections.abc import Sequence
from dataclasses import dataclass

from settlement.errors import InvalidWord
from settlement.instruction import keccak
from settlement.money import AMOUNT_MAX

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
_PAYMENT_TYPE = keccak(
    b"Payment(uint256 index,uint64 counter,uint32 payer,uint32 payee,uint64 amount,bytes32 commitment)"
)
_SUBTREE_TYPE = keccak(b"Subtree(uint32 participant,uint256 count,int64 net,bytes32 root)")


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


def position_word(position: Position) -> int:
    """Pack a position."""
    net = position.net & _U64
    return position.participant << 224 | position.first << 160 | position.last << 96 | net << 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """A cycle as it is hashed on chain: `words` are its fields, then its positions, 32 bytes each."""

    words: bytes

    @property
    def asset(self) -> int:
        """Return the asset of all its payments."""
        return int.from_bytes(self.words[:WORD_BYTES], "big")

    @property
    def arguments(self) -> tuple[int, int, int, int, bytes, list[int]]:
        """Return it as `Netting` takes it: asset, proposer, number, valid until, root, positions."""
        asset, proposer, number, valid_until = (
            int.from_bytes(self.words[at * WORD_BYTES : (at + 1) * WORD_BYTES], "big")
            for at in range(_FIELDS - 1)
        )
        return asset, proposer, number, valid_until, self.root, list(self.position_words)

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


def new_cycle(
    *, asset: int, proposer: int, number: int, valid_until: int, root: bytes, positions: Sequence[int]
) -> Cycle:
    """Return a cycle of its fields; its positions are packed, by ascending participant."""
    head = b"".join(map(_word, (asset, proposer, number, valid_until)))
    return Cycle(words=head + root + b"".join(map(_word, positions)))


def cycle_of(proposed: bytes) -> Cycle:
    """Return the cycle of a `CycleProposed`, whose data are its digest and the cycle; raise `InvalidWord`."""
    head = proposed[2 * WORD_BYTES : (2 + _FIELDS) * WORD_BYTES]
    # Behind them stand where the positions begin and how many there are.
    found = Cycle(words=head + proposed[(4 + _FIELDS) * WORD_BYTES :])
    found.validate()
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class GrossPayment:
    """A payment of a cycle. `counter`: the payer's own number of it; amount in minor units."""

    counter: int
    payer: int
    payee: int
    amount: int
    commitment: bytes

    @property
    def is_well_formed(self) -> bool:
        """Tell whether a cycle can have it."""
        is_in_range = 0 < self.counter <= _U64 and 0 < self.amount <= AMOUNT_MAX
        return is_in_range and self.payer != self.payee and max(self.payer, self.payee) <= _U32

    def leaf(self, index: int) -> bytes:
        """Return its leaf at a place of a subtree."""
        numbers = (index, self.counter, self.payer, self.payee, self.amount)
        return keccak(_PAYMENT_TYPE + b"".join(map(_word, numbers)) + self.commitment)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentPath:
    """Where a payment is among the `count` of a member's subtree, and the nodes up to the cycle's root."""

    index: int
    count: int
    path: tuple[bytes, ...]
    subtree_path: tuple[bytes, ...]


def is_in_cycle(cycle: Cycle, payment: GrossPayment, *, of_payer: PaymentPath, of_payee: PaymentPath) -> bool:
    """Tell whether both sides of a payment have it in what they affirmed (`Netting.provesPayment`).

    Raise `InvalidWord` for positions that no cycle has.
    """
    positions = [position_from_word(word) for word in cycle.position_words]
    payer = next((each for each in positions if each.participant == payment.payer), None)
    return (
        payment.is_well_formed
        and payer is not None
        and payer.first <= payment.counter <= payer.last
        and _is_in(cycle, positions, payment, payment.payer, of_payer)
        and _is_in(cycle, positions, payment, payment.payee, of_payee)
    )


def _is_in(
    cycle: Cycle, positions: Sequence[Position], payment: GrossPayment, participant: int, proof: PaymentPath
) -> bool:
    """Tell whether the payment is in the participant's subtree, and that in the cycle."""
    members = [each.participant for each in positions]
    if participant not in members or not 0 <= proof.index < proof.count:
        return False
    place = members.index(participant)
    depths = (depth_of(proof.count), depth_of(len(members)))
    if (len(proof.path), len(proof.subtree_path)) != depths:
        return False
    root = root_from(payment.leaf(proof.index), proof.index, proof.path)
    leaf = subtree_leaf(participant=participant, count=proof.count, net=positions[place].net, root=root)
    return root_from(leaf, place, proof.subtree_path) == cycle.root


def subtree_leaf(*, participant: int, count: int, net: int, root: bytes) -> bytes:
    """Return the leaf of a member's subtree in the cycle's tree."""
    signed = net.to_bytes(WORD_BYTES, "big", signed=True)
    return keccak(_SUBTREE_TYPE + _word(participant) + _word(count) + signed + root)


def depth_of(leaves: int) -> int:
    """Return how many nodes a path has."""
    return (leaves - 1).bit_length()


def root_from(leaf: bytes, index: int, path: Sequence[bytes]) -> bytes:
    """Return the root to which a path leads; a bit of the place says on which side the node beside is."""
    for level, beside in enumerate(path):
        leaf = keccak(beside + leaf if index >> level & 1 else leaf + beside)
    return leaf


def _word(number: int) -> bytes:
    return number.to_bytes(WORD_BYTES, "big")
