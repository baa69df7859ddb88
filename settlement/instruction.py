"""An instruction as the chain knows it: `Terms` (one word), a commitment to its document, and its digest;
and the same as an instruction of one leg, which can wait in the queue.

The word is the same in calldata, in the event and under an approval, so that nothing has to be
translated between what a person approved, what was signed and what settled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import sha3

from settlement.errors import InvalidWord
from settlement.money import AMOUNT_MAX

# From the most significant bit: flags 8, sequence 64, asset 32, payer 32, payee 32, amount 64, zero 24
# (contracts/src/types/Terms.sol).
_FLAGS, _SEQUENCE, _ASSET, _PAYER, _PAYEE, _AMOUNT = 248, 184, 152, 120, 88, 24
_U32, _U40, _U64 = 2**32 - 1, 2**40 - 1, 2**64 - 1
_URGENT = 1
_RESERVED_BITS = (1 << _AMOUNT) - 1
_WORD_BYTES = 32


class InstructionKind(StrEnum):
    """What an instruction does; each is brought on chain by its own function."""

    PAYMENT = "payment"
    ISSUE = "issue"
    REDEMPTION = "redemption"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A single-leg instruction: `payer` is its initiator (for an issue the issuer). Amount in minor units."""

    sequence: int
    asset: int
    payer: int
    payee: int
    amount: int
    urgent: bool = False

    def word(self) -> int:
        """Pack into the word of `Terms.sol`; raise `InvalidWord` for a field out of its range."""
        self.validate()
        return (
            (_URGENT if self.urgent else 0) << _FLAGS
            | self.sequence << _SEQUENCE
            | self.asset << _ASSET
            | self.payer << _PAYER
            | self.payee << _PAYEE
            | self.amount << _AMOUNT
        )

    def encoded(self) -> bytes:
        """Return the word as its 32 bytes."""
        return self.word().to_bytes(_WORD_BYTES, "big")

    def validate(self) -> None:
        """Raise `InvalidWord` for a field out of its range."""
        for name in ("asset", "payer", "payee"):
            if not 0 <= getattr(self, name) <= _U32:
                raise InvalidWord(f"{name} {getattr(self, name)} does not fit 32 bits", param=name)
        if not 0 <= self.sequence <= _U64:
            raise InvalidWord(f"sequence {self.sequence} does not fit 64 bits", param="sequence")
        if not 0 < self.amount <= AMOUNT_MAX:
            raise InvalidWord(f"amount {self.amount} is not in 1 … {AMOUNT_MAX}", param="amount")


def terms_from_word(word: int) -> Terms:
    """Unpack a word; the inverse of `Terms.word`. Raise `InvalidWord` when bits are set that mean nothing."""
    flags = word >> _FLAGS
    if flags > _URGENT or word & _RESERVED_BITS:
        raise InvalidWord(f"{word:#066x} has bits set that mean nothing", param="terms")
    terms = Terms(
        sequence=word >> _SEQUENCE & _U64,
        asset=word >> _ASSET & _U32,
        payer=word >> _PAYER & _U32,
        payee=word >> _PAYEE & _U32,
        amount=word >> _AMOUNT & _U64,
        urgent=flags == _URGENT,
    )
    terms.validate()
    return terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One movement of an instruction of many. Amount in minor units.

    `payer_for`, `payee_for`: the corporates for whom the two banks pay and are paid; 0 is the bank itself.
    """

    asset: int
    payer: int
    payee: int
    amount: int
    payer_for: int = 0
    payee_for: int = 0

    def word(self) -> int:
        """Pack into the word of `Legs.sol`."""
        return (
            self.asset << 224
            | self.payer << 192
            | self.payee << 160
            | self.amount << 96
            | self.payer_for << 64
            | self.payee_for << 32
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OneLeg:
    """A single-leg instruction in the form of those of many legs: the same sequence, so either form settles.

    `valid_from`, `valid_until`: the first and the last second (UTC) at which it may settle; 0 is none.
    Urgency is no part of it.
    """

    terms: Terms
    valid_from: int = 0
    valid_until: int = 0

    @property
    def head(self) -> int:
        """Return what it says of itself, packed (contracts/src/types/Legs.sol); raise `InvalidWord`."""
        return packed_head(
            initiator=self.terms.payer,
            sequence=self.terms.sequence,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
        )

    @property
    def leg(self) -> Leg:
        """Return its only leg."""
        terms = self.terms
        return Leg(asset=terms.asset, payer=terms.payer, payee=terms.payee, amount=terms.amount)

    def digest(self, *, chain_id: int, ledger: bytes, commitment: bytes) -> bytes:
        """Return the 32 bytes by which the queue knows it: digest over all that it says, chain and Ledger."""
        return instruction_digest(
            chain_id=chain_id, ledger=ledger, head=self.head, commitment=commitment, legs=[self.leg]
        )


def packed_head(*, initiator: int, sequence: int, valid_from: int = 0, valid_until: int) -> int:
    """Return what an instruction of many legs says of itself, as a word; raise `InvalidWord`.

    `valid_from`, `valid_until`: the first and the last second (UTC) at which it may settle; 0 is none.
    """
    if not 0 <= valid_until <= _U40:
        raise InvalidWord(f"valid until {valid_until} does not fit 40 bits", param="valid_until")
    if not 0 <= valid_from <= (valid_until or _U40):
        raise InvalidWord(f"valid from {valid_from} is not before valid until", param="valid_from")
    return sequence << 184 | initiator << 152 | valid_from << 112 | valid_until << 72


def initiator_and_sequence(head: int) -> tuple[int, int]:
    """Return whose instruction of many legs it is, and its number, from its head (`OneLeg.head`)."""
    return head >> 152 & _U32, head >> 184 & _U64


def valid_times(head: int) -> tuple[int, int]:
    """Return the first and last UTC second at which it may settle, from its head; 0 is none."""
    return head >> 112 & _U40, head >> 72 & _U40


def leg_from_word(word: int) -> Leg:
    """Unpack a leg (contracts/src/types/Legs.sol); raise `InvalidWord` for one no instruction has."""
    leg = Leg(
        asset=word >> 224 & _U32,
        payer=word >> 192 & _U32,
        payee=word >> 160 & _U32,
        amount=word >> 96 & _U64,
        payer_for=word >> 64 & _U32,
        payee_for=word >> 32 & _U32,
    )
    if word & _U32 or not 0 < leg.amount <= AMOUNT_MAX:
        raise InvalidWord(f"{word:#066x} is no leg of an instruction", param="leg")
    return leg


def keccak(data: bytes) -> bytes:
    """Return Ethereum's hash (Keccak-256, not SHA3-256) of `data`."""
    digest: bytes = sha3.keccak_256(data).digest()
    return digest


_INSTRUCTION_TYPE = keccak(b"Instruction(uint256 chainId,address ledger,uint256 terms,bytes32 commitment)")


def digest(*, chain_id: int, ledger: bytes, terms: Terms, commitment: bytes) -> bytes:
    """Return the 32-byte digest an approver signs over: chain, Ledger (20 bytes), terms and commitment."""
    return keccak(
        _INSTRUCTION_TYPE
        + chain_id.to_bytes(_WORD_BYTES, "big")
        + ledger.rjust(_WORD_BYTES, b"\0")
        + terms.encoded()
        + commitment
    )


_MANY_LEGS_TYPE = keccak(
    b"Instruction(uint256 chainId,address ledger,uint256 head,bytes32 commitment,uint256[] legs)"
)


def instruction_digest(
    *, chain_id: int, ledger: bytes, head: int, commitment: bytes, legs: Sequence[Leg]
) -> bytes:
    """Return the 32-byte name of an instruction of many legs (`Settlement.digestOf`)."""
    packed = b"".join(leg.word().to_bytes(_WORD_BYTES, "big") for leg in legs)
    return keccak(
        _MANY_LEGS_TYPE
        + chain_id.to_bytes(_WORD_BYTES, "big")
        + ledger.rjust(_WORD_BYTES, b"\0")
        + head.to_bytes(_WORD_BYTES, "big")
        + commitment
        + keccak(packed)
    )
