"""The events of the contracts as they are declared in Solidity, so that they are read without an ABI.

All of each contract's, also those that say nothing of value or keys: of an event that is not here nobody
knows what it means. A test holds that they are the compiled contracts' own.
"""

from collections.abc import Mapping

from settlement.errors import UnprovenClaim
from settlement.events import Layout
from settlement.instruction import keccak

_TERMS = "uint256 terms, bytes32 commitment"
_TWO_KEY_CHANGES = """
    ChangeAgreed(uint32 indexed participant, bytes32 indexed change, address key, uint40 readyAt)
    ChangeCancelled(uint32 indexed participant, bytes32 indexed change, address key)
    ChangeProposed(uint32 indexed participant, bytes32 indexed change, address key, bytes call)
"""
_DECLARED = {
    "Participants": f"""
    {_TWO_KEY_CHANGES}
    Anchored(uint32 indexed participant, bytes32 digest)
    AuthorityUpdated(address authority)
    EncryptionKeySet(uint32 indexed participant, bytes encryptionKey)
    EndpointSet(uint32 indexed participant, string endpoint)
    KeyAdded(uint32 indexed participant, uint32 number, address key, uint8 role, uint40 validFrom,
        uint40 validUntil)
    KeyExpirySet(uint32 indexed participant, uint32 number, uint40 validUntil)
    KeyRevoked(uint32 indexed participant, uint32 number)
    MemberIdAdded(uint32 indexed participant, string system, string member)
    OutgoingResumed(uint32 indexed participant)
    OutgoingStopped(uint32 indexed participant)
    ParticipantAdmitted(uint32 indexed participant, uint8 kind, bytes11 bic, bytes32 lei, uint32 sponsor)
    ParticipantResumed(uint32 indexed participant)
    ParticipantSuspended(uint32 indexed participant)
    RecoveryCancelled(uint32 indexed participant)
    RecoveryCompleted(uint32 indexed participant)
    RecoveryProposed(uint32 indexed participant, address[] keys, uint40 readyAt, uint40 lapsesAt)
    RecoveryVetoed(uint32 indexed participant, address key)
    SponsorSet(uint32 indexed corporate, uint32 bank)
    """,
    "Ledger": f"""
    {_TWO_KEY_CHANGES}
    AccountFrozen(uint32 indexed asset, uint32 indexed holder)
    AccountOpened(uint32 indexed asset, uint32 indexed holder)
    AccountUnfrozen(uint32 indexed asset, uint32 indexed holder)
    AssetRegistered(uint32 indexed asset, uint16 currency, uint8 kind, uint32 issuer, uint8 dayRule)
    AuthorityUpdated(address authority)
    BilateralLimitSet(uint32 indexed asset, uint32 indexed holder, uint32 indexed counterparty, uint64 amount)
    CreditSet(uint32 indexed asset, uint32 indexed holder, uint64 amount)
    DayClosed(uint32 indexed asset, uint32 day)
    DayCutOff(uint32 indexed asset, uint32 day)
    DayOpened(uint32 indexed asset, uint32 day)
    FreezeLifted(uint32 indexed asset, uint32 indexed holder, uint8 freezer)
    FreezeSet(uint32 indexed asset, uint32 indexed holder, uint8 freezer)
    Issued({_TERMS})
    LimitsSet(uint32 indexed asset, uint32 indexed holder, uint64 perInstruction, uint64 perDay)
    ModuleAccepted(address indexed module)
    ModuleClosing(address indexed module)
    ModuleDropped(address indexed module)
    ModulePaused(address indexed module)
    ModuleProposed(address indexed module, uint40 readyAt)
    ModuleResumed(address indexed module)
    MovedByCourtOrder(uint32 indexed asset, uint32 indexed from, uint32 indexed to, uint64 amount,
        bytes32 order)
    Redeemed({_TERMS})
    RedemptionRefused({_TERMS})
    RedemptionRequested({_TERMS})
    RedemptionWithdrawn({_TERMS})
    ReserveSet(uint32 indexed asset, uint32 indexed holder, uint64 amount)
    ResumptionProposed(address indexed module, uint40 resumableAt)
    ThresholdSet(uint32 indexed participant, uint16 indexed currency, uint64 amount)
    Voided(uint32 indexed initiator, uint64 sequence)
    WaitingRulesSet(uint32 indexed asset, bool lapsesWithDay, bool asksAcceptance)
    """,
    "Payments": f"""
    Paid({_TERMS})
    Refused(uint256 terms, uint8 reason)
    """,
    "Settlement": """
    Affirmed(uint256 head, bytes32 digest, uint32 participant, bool urgent)
    AuthorityUpdated(address authority)
    CancelRequested(uint256 head, bytes32 digest, uint32 participant, bytes4 reason)
    Cancelled(uint256 head, bytes32 digest, uint32 participant, bytes4 reason)
    Expired(uint256 head, bytes32 digest)
    Held(uint256 head, bytes32 digest, uint32 participant)
    Queued(uint256 head, bytes32 digest)
    Refused(uint256 head, uint8 reason)
    Released(uint256 head, bytes32 digest, uint32 participant)
    SetRefused(uint256 index, uint8 reason)
    Settled(uint256 head, bytes32 digest, uint256[] legs)
    Submitted(uint256 head, bytes32 commitment, bool urgent, uint256[] legs)
    UrgencySet(uint256 head, bytes32 digest, uint32 participant, bool urgent)
    Withdrawn(uint256 head, bytes32 digest, uint32 participant)
    """,
    "Netting": """
    CycleAffirmed(bytes32 digest, uint32 asset, uint32 participant, uint64 locked)
    CycleCancelled(bytes32 digest, uint32 participant, bytes4 reason)
    CycleExpired(bytes32 digest)
    CycleProposed(bytes32 digest, (uint32,uint32,uint64,uint40,bytes32,uint256[]) cycle)
    CycleSettled(bytes32 digest)
    CycleWaits(bytes32 digest, uint32 member, uint8 reason)
    LockReturned(bytes32 digest, uint32 asset, uint32 participant, uint64 amount)
    """,
}


def _layout(contract: str, declared: str) -> Layout:
    name, _, listed = " ".join(declared.split()).partition("(")
    arguments = [argument.split(" ") for argument in listed.split(", ")]
    return Layout(
        contract=contract,
        name=name,
        topic=keccak(f"{name}({','.join(kind for kind, *_ in arguments)})".encode()),
        indexed=tuple((each[-1], each[0]) for each in arguments if "indexed" in each),
        plain=tuple((each[-1], each[0]) for each in arguments if "indexed" not in each),
    )


# By contract and first topic.
LAYOUTS: Mapping[str, Mapping[bytes, Layout]] = {
    contract: {
        layout.topic: layout
        for layout in (_layout(contract, each) for each in declared.split(")\n") if each.strip())
    }
    for contract, declared in _DECLARED.items()
}
TOPICS: Mapping[tuple[str, str], bytes] = {
    (contract, layout.name): topic for contract, known in LAYOUTS.items() for topic, layout in known.items()
}


def layout_of(contract: str, topics: tuple[bytes, ...], height: int) -> Layout:
    """Return the layout of a log that a contract wrote in a block; raise `UnprovenClaim` for another."""
    layout = LAYOUTS[contract].get(topics[0] if topics else b"")
    if layout is None:
        raise UnprovenClaim(
            f"in block {height} {contract} wrote an event that is not known here: verify by a version that "
            "knows it"
        )
    return layout
