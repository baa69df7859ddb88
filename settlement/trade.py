"""Trades: instructions of many legs that settle together or not at all (PvP, DvP), and what becomes of them.

One leg that its payer submits is a payment; everything else takes the consent of somebody else, or has more
legs, and is a trade (contracts/settlement.md).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from settlement.errors import InvalidTrade
from settlement.instruction import (
    Leg,
    initiator_and_sequence,
    instruction_digest,
    keccak,
    leg_from_word,
    packed_head,
    valid_times,
)
from settlement.lifecycle import Fact
from settlement.money import AMOUNT_MAX

# The contracts' own limits (contracts/src/parts/Instructions.sol).
LEGS_MAX = 32
DEBTORS_MAX = 6
_WORD_BYTES = 32

# Asset and participant.
AccountKey = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """An instruction of many legs: `head` as packed, `commitment` (32 bytes) to its document."""

    head: int
    commitment: bytes
    legs: tuple[Leg, ...]

    @property
    def initiator(self) -> int:
        """Return whose proposal it is."""
        return initiator_and_sequence(self.head)[0]

    @property
    def sequence(self) -> int:
        """Return its initiator's number of it."""
        return initiator_and_sequence(self.head)[1]

    @property
    def valid_from(self) -> int:
        """Return the first UTC second at which it may settle; 0: none."""
        return valid_times(self.head)[0]

    @property
    def valid_until(self) -> int:
        """Return the last UTC second at which it may settle; 0: none."""
        return valid_times(self.head)[1]

    @property
    def debtors(self) -> tuple[int, ...]:
        """Return who pays, in the order of first appearance: each has to consent."""
        return tuple(dict.fromkeys(leg.payer for leg in self.legs))

    @property
    def parties(self) -> tuple[int, ...]:
        """Return who pays or is paid, in the order of first appearance."""
        return tuple(dict.fromkeys(party for leg in self.legs for party in (leg.payer, leg.payee)))

    @property
    def words(self) -> tuple[int, bytes, list[int]]:
        """Return it as the contract takes it: head, commitment, legs."""
        return self.head, self.commitment, [leg.word() for leg in self.legs]

    @property
    def is_payment(self) -> bool:
        """Tell whether it takes nobody's consent but its payer's, for its only leg."""
        return len(self.legs) == 1 and self.legs[0].payer == self.initiator

    def outflow(self, participant: int) -> dict[int, int]:
        """Return what a participant pays, in minor units by asset."""
        found: dict[int, int] = defaultdict(int)
        for leg in self.legs:
            if leg.payer == participant:
                found[leg.asset] += leg.amount
        return dict(found)

    def digest(self, *, chain_id: int, ledger: bytes) -> bytes:
        """Return the 32 bytes by which everybody knows it: over all that it says, chain and Ledger."""
        return instruction_digest(
            chain_id=chain_id, ledger=ledger, head=self.head, commitment=self.commitment, legs=self.legs
        )


def trade_of(
    *, initiator: int, sequence: int, valid_until: int, commitment: bytes, legs: Iterable[Leg]
) -> Trade:
    """Return a trade from its fields; raise `InvalidWord` for a time that fits no head."""
    head = packed_head(initiator=initiator, sequence=sequence, valid_until=valid_until)
    return Trade(head=head, commitment=commitment, legs=tuple(legs))


def form_refusal(trade: Trade) -> str | None:
    """Return why the chain takes these legs for no instruction, by the contracts' name; None when it does.

    In the order of `Instructions._formRefusal`; who sponsors whom is not asked.
    """
    if not 0 < len(trade.legs) <= LEGS_MAX:
        return "LegsOutOfRange"
    of_a_leg = next((refusal for leg in trade.legs if (refusal := _leg_refusal(leg))), None)
    if of_a_leg is not None:
        return of_a_leg
    if sum(leg.amount for leg in trade.legs) > AMOUNT_MAX:
        return "AmountOutOfRange"
    if trade.initiator not in trade.parties:
        return "InitiatorNotParty"
    return "TooManyDebtors" if len(trade.debtors) > DEBTORS_MAX else None


def _leg_refusal(leg: Leg) -> str | None:
    if leg.payer == 0:
        return "MalformedTerms"
    if not 0 < leg.amount <= AMOUNT_MAX:
        return "AmountOutOfRange"
    return "SelfPayment" if leg.payer == leg.payee else None


def validate_trade(trade: Trade) -> None:
    """Raise `InvalidTrade` for what the chain takes for no instruction, or what is a plain payment."""
    refusal = form_refusal(trade)
    if refusal is not None:
        raise InvalidTrade(f"the chain would refuse these legs: {refusal} ({_WHY[refusal]})", param="legs")
    if trade.is_payment:
        raise InvalidTrade("one leg that this bank pays is a payment: send it as one", param="legs")


_WHY = {
    "LegsOutOfRange": f"1 to {LEGS_MAX} legs",
    "MalformedTerms": "a leg without a payer",
    "AmountOutOfRange": f"each amount, and their sum, in 1 … {AMOUNT_MAX}",
    "SelfPayment": "a leg pays its own payer",
    "InitiatorNotParty": "who proposes pays or is paid in a leg",
    "TooManyDebtors": f"at most {DEBTORS_MAX} participants pay",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Funds:
    """What an account holds, in minor units: balance, and reserve and credit line as set."""

    balance: int = 0
    reserve: int = 0
    credit: int = 0


def foresee(
    trade: Trade,
    *,
    consenting: Collection[int],
    funds: Mapping[AccountKey, Funds],
    urgent: Collection[int] = (),
    now: int = 0,
) -> Fact:
    """Return where a well-formed trade stands once these debtors have consented: proposed, queued or settled.

    By money and time alone: limits, freezes, and payees who have to accept are the chain's to say. `urgent`:
    the debtors to whom it is; accounts that are not in `funds` hold nothing.
    """
    if not set(trade.debtors) <= set(consenting):
        return Fact.PROPOSED
    if now < trade.valid_from:
        return Fact.QUEUED
    accounts = {(leg.asset, leg.payer) for leg in trade.legs}
    borne = all(
        _is_borne(trade, account, funds.get(account, Funds()), urgent=account[1] in urgent)
        for account in accounts
    )
    return Fact.SETTLED if borne else Fact.QUEUED


def _is_borne(trade: Trade, account: AccountKey, funds: Funds, *, urgent: bool) -> bool:
    """Tell whether an account bears all legs together (the rule of `settlement.liquidity.rule`)."""
    inflow = sum(leg.amount for leg in trade.legs if (leg.asset, leg.payee) == account)
    outflow = sum(leg.amount for leg in trade.legs if (leg.asset, leg.payer) == account)
    final = funds.balance + inflow - outflow
    return final >= -funds.credit and (urgent or final >= funds.reserve - funds.credit)


def approval_subject(digest: bytes, round_number: int) -> bytes:
    """Return what an approval of a consent is for: the digest, and after withdrawals their number with it."""
    if round_number == 0:
        return digest
    return keccak(digest + round_number.to_bytes(_WORD_BYTES, "big"))


def packed_legs(legs: Iterable[Leg]) -> bytes:
    """Return legs as their words, one after the other."""
    return b"".join(leg.word().to_bytes(_WORD_BYTES, "big") for leg in legs)


def legs_of(packed: bytes) -> tuple[Leg, ...]:
    """Return the legs that `packed_legs` took; raise `InvalidWord`."""
    return tuple(
        leg_from_word(int.from_bytes(packed[at : at + _WORD_BYTES], "big"))
        for at in range(0, len(packed), _WORD_BYTES)
    )
