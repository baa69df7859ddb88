"""Double entry: which postings an event makes (R5). Per asset they sum to zero."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from settlement.errors import ImpossibleBalance, UnpostedEvent
from settlement.events import Event
from settlement.instruction import leg_from_word
from settlement.netting import position_from_word


class Bucket(StrEnum):
    """The part of a participant's holding in an asset that a posting changes."""

    AVAILABLE = "available"
    LOCKED = "locked"
    ISSUED = "issued"  # the issuer's liability: minus what is outstanding


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One side of an entry: `amount` in minor units, negative for a debit of the participant's holding.

    `counterparty` is 0 where there is no single one: in a cycle each has a position towards all others.
    """

    asset: int
    participant: int
    bucket: Bucket
    counterparty: int
    amount: int


class Side(IntEnum):
    """One of the two participants that an instruction's terms name; the index of it in (payer, payee)."""

    PAYER = 0
    PAYEE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What an event moves an amount from and to: whose bucket is debited, whose credited."""

    debit: tuple[Side, Bucket]
    credit: tuple[Side, Bucket]


_TRANSFER = Entry(debit=(Side.PAYER, Bucket.AVAILABLE), credit=(Side.PAYEE, Bucket.AVAILABLE))
_LOCKING = Entry(debit=(Side.PAYER, Bucket.AVAILABLE), credit=(Side.PAYER, Bucket.LOCKED))
_UNLOCKING = Entry(debit=(Side.PAYER, Bucket.LOCKED), credit=(Side.PAYER, Bucket.AVAILABLE))

# The events that carry `terms` and move value, by name.
ENTRIES: dict[str, Entry] = {
    "Paid": _TRANSFER,
    "Issued": Entry(debit=(Side.PAYER, Bucket.ISSUED), credit=(Side.PAYEE, Bucket.AVAILABLE)),
    "RedemptionRequested": _LOCKING,
    "Redeemed": Entry(debit=(Side.PAYER, Bucket.LOCKED), credit=(Side.PAYEE, Bucket.ISSUED)),
    "RedemptionRefused": _UNLOCKING,
    "RedemptionWithdrawn": _UNLOCKING,
}

# The events by which an instruction settles: its sequence is used, for ever.
SETTLING = frozenset({"Paid", "Issued", "RedemptionRequested", "Settled"})

# What the contracts that hold value say without moving any. A test holds that all they say is here or posted.
_STILL = {
    "Ledger": """
        AccountFrozen AccountOpened AccountUnfrozen AssetRegistered AuthorityUpdated BilateralLimitSet
        ChangeAgreed ChangeCancelled ChangeProposed CreditSet DayClosed DayCutOff DayOpened FreezeLifted
        FreezeSet LimitsSet ModuleAccepted ModuleClosing ModuleDropped ModulePaused ModuleProposed
        ModuleResumed ReserveSet ResumptionProposed ThresholdSet Voided WaitingRulesSet
    """,
    "Payments": "Refused",
    "Netting": "CycleCancelled CycleExpired CycleProposed CycleWaits",
    "Settlement": """
        Affirmed AuthorityUpdated CancelRequested Cancelled Expired Held Queued Refused Released SetRefused
        Submitted UrgencySet Withdrawn
    """,
}
STILL = {contract: frozenset(names.split()) for contract, names in _STILL.items()}
_WITHOUT_VALUE = frozenset({"AccessManager", "Participants", "Quorum"})


def moves_value(contract: str, name: str) -> bool:
    """Tell whether an event moves value; raise `UnpostedEvent` for one of which nobody has said so."""
    if name in ENTRIES or (contract, name) in _POSTED:
        return True
    if contract in _WITHOUT_VALUE or name in STILL.get(contract, ()):
        return False
    raise UnpostedEvent(f"nobody has said whether {contract}.{name} moves value: install a version that does")


def postings(event: Event) -> tuple[Posting, ...]:
    """Return the postings of an event, each debit before its credit; none for an event that moves nothing.

    `CycleSettled` names its cycle only: the caller adds its `asset` and `positions` to the fields. Raise
    `UnpostedEvent`, and `InvalidWord` for words that the contracts do not write.
    """
    if not moves_value(event.contract, event.name):
        return ()
    if event.name in ENTRIES:
        terms = event.terms
        return _pair(ENTRIES[event.name], terms.asset, (terms.payer, terms.payee), terms.amount)
    return _POSTED[event.contract, event.name](event.fields)


def _settled(fields: Mapping[str, Any]) -> tuple[Posting, ...]:
    legs = [leg_from_word(word) for word in fields["legs"]]
    return tuple(
        posting for leg in legs for posting in _pair(_TRANSFER, leg.asset, (leg.payer, leg.payee), leg.amount)
    )


def _moved_by_court_order(fields: Mapping[str, Any]) -> tuple[Posting, ...]:
    return _pair(_TRANSFER, fields["asset"], (fields["from"], fields["to"]), fields["amount"])


def _affirmed(fields: Mapping[str, Any]) -> tuple[Posting, ...]:
    sides, amount = (fields["participant"], fields["participant"]), fields["locked"]
    return _pair(_LOCKING, fields["asset"], sides, amount) if amount else ()


def _lock_returned(fields: Mapping[str, Any]) -> tuple[Posting, ...]:
    sides = (fields["participant"], fields["participant"])
    return _pair(_UNLOCKING, fields["asset"], sides, fields["amount"])


def _cycle_settled(fields: Mapping[str, Any]) -> tuple[Posting, ...]:
    """Net debtors lose what they had locked, net creditors have it."""
    positions = [position_from_word(word) for word in fields["positions"]]
    if sum(position.net for position in positions):
        raise ImpossibleBalance(f"the positions of cycle {fields['digest'].hex()} do not sum to zero")
    return tuple(
        Posting(
            asset=fields["asset"],
            participant=position.participant,
            bucket=Bucket.LOCKED if position.net < 0 else Bucket.AVAILABLE,
            counterparty=0,
            amount=position.net,
        )
        for position in positions
        if position.net
    )


def _pair(entry: Entry, asset: int, sides: tuple[int, int], amount: int) -> tuple[Posting, ...]:
    (debit_side, debit_bucket), (credit_side, credit_bucket) = entry.debit, entry.credit
    debited, credited = sides[debit_side], sides[credit_side]
    return (
        Posting(asset=asset, participant=debited, bucket=debit_bucket, counterparty=credited, amount=-amount),
        Posting(asset=asset, participant=credited, bucket=credit_bucket, counterparty=debited, amount=amount),
    )


# The events without `terms` that move value, by contract and name.
_POSTED: dict[tuple[str, str], Callable[[Mapping[str, Any]], tuple[Posting, ...]]] = {
    ("Settlement", "Settled"): _settled,
    ("Ledger", "MovedByCourtOrder"): _moved_by_court_order,
    ("Netting", "CycleAffirmed"): _affirmed,
    ("Netting", "LockReturned"): _lock_returned,
    ("Netting", "CycleSettled"): _cycle_settled,
}
