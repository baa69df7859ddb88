"""The operator's and the issuers' calls, as values: to be sent at once, or to wait in an outbox."""

from collections.abc import Mapping
from dataclasses import dataclass

from node.chain.contracts import Contracts
from settlement.asset import AssetKind, DayRule
from settlement.identifiers import MemberId
from settlement.instruction import Terms
from settlement.participant import KeyRole, ParticipantKind, full_bic

# The contract's largest second: a key that is valid until it is revoked.
FOREVER = 2**40 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A function call of one of our contracts, encoded."""

    contract: str
    calldata: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTerms:
    """A key to register: its 20-byte address, its one role, and the UTC seconds between which it may act."""

    address: bytes
    role: KeyRole
    valid_from: int = 0
    valid_until: int = FOREVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """A participant to admit. `lei` is empty where the kind has none; `sponsor` 0 is none."""

    kind: ParticipantKind
    bic: str
    lei: str
    members: tuple[MemberId, ...] = ()
    keys: tuple[KeyTerms, ...] = ()
    sponsor: int = 0


def admit(contracts: Contracts, admission: Admission) -> Call:
    """Admit a participant, which gets the next number. Operator."""
    words = (
        int(admission.kind),
        full_bic(admission.bic).encode("ascii") if admission.bic else b"",
        admission.lei.encode("ascii"),
        admission.sponsor,
        [(member.system, member.member) for member in admission.members],
        [(key.address, int(key.role), key.valid_from, key.valid_until) for key in admission.keys],
    )
    return _call(contracts, "Participants", "admit", words)


def set_first_thresholds(contracts: Contracts, participant: int, thresholds: Mapping[int, int]) -> Call:
    """Set up to which day total (minor units, by ISO 4217 number) one key is enough. Operator, once."""
    return _call(contracts, "Ledger", "setFirstThresholds", participant, sorted(thresholds.items()))


def suspend(contracts: Contracts, participant: int) -> Call:
    """Block a participant's debits. Operator."""
    return _call(contracts, "Participants", "suspend", participant)


def resume(contracts: Contracts, participant: int) -> Call:
    """End a suspension. Operator."""
    return _call(contracts, "Participants", "resume", participant)


def register_asset(
    contracts: Contracts, *, currency: int, kind: AssetKind, issuer: int, day_rule: DayRule
) -> Call:
    """Register an asset: central-bank money takes the currency's number, others the next. Operator."""
    return _call(contracts, "Ledger", "registerAsset", currency, int(kind), issuer, int(day_rule))


def open_account(contracts: Contracts, *, asset: int, holder: int) -> Call:
    """Open a participant's account in an asset. Issuer or operator."""
    return _call(contracts, "Ledger", "openAccount", asset, holder)


def freeze(contracts: Contracts, *, asset: int, holder: int) -> Call:
    """Block an account's debits, until the same side lifts it. Issuer or operator."""
    return _call(contracts, "Ledger", "freeze", asset, holder)


def unfreeze(contracts: Contracts, *, asset: int, holder: int) -> Call:
    """Lift the sender's side's freeze: the issuer's, the operator's, or both of who is both."""
    return _call(contracts, "Ledger", "unfreeze", asset, holder)


def issue(contracts: Contracts, terms: Terms, commitment: bytes) -> Call:
    """Bring units into being, by one key. The issuer's pay key."""
    return _call(contracts, "Ledger", "issue", terms.word(), commitment, [])


def void(contracts: Contracts, sequences: list[int]) -> Call:
    """Burn sequences of the sender's participant that are not used. A pay key."""
    return _call(contracts, "Ledger", "void", sequences)


def _call(contracts: Contracts, contract: str, function: str, *arguments: object) -> Call:
    return Call(contract=contract, calldata=contracts.calldata(contract, function, *arguments))
