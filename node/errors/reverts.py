"""What the contracts revert with: a class for each thing to do about it, and which error is of which.

A test walks the ABI of every contract: each custom error stands in the table once, and nothing else does.
"""

from node.errors.chain import ContractRefused
from settlement.errors import BrokenRule


class KeyRefused(ContractRefused):
    """The sender's key may not do that: not registered, of another role or participant, or not valid now."""

    status = 403
    remedy = "send it by a key that may do it"


class NotReady(ContractRefused):
    """A delay or a day is still running."""

    remedy = "send it again when that time has come"


class LimitExceeded(ContractRefused):
    """More than there is, or than was allowed."""

    remedy = "ask for less, or have the limit or the funds raised first"


class NotOnChain(ContractRefused):
    """Nothing has this number or name on chain."""

    status = 404
    remedy = "look up what is there, and name that"


class StateConflict(ContractRefused):
    """What it speaks of is not in the state that the call needs, or is taken, or done already."""

    remedy = "look at how it stands now; what was asked for may be done already"


class CallMalformed(ContractRefused):
    """Arguments that no state of the chain would accept."""

    status = 400
    remedy = "correct the arguments"


class InstructionForbidden(ContractRefused):
    """A rule of the ledger forbids the instruction; the last argument is the number of the refusal."""

    remedy = "the reason says which rule; the instruction has not settled"


class ModuleBarred(ContractRefused):
    """The module that the call goes through is paused, or may move nothing."""

    status = 503
    remedy = "wait until the operator resumes it, or ask the quorum"


class ContractFault(ContractRefused, BrokenRule):
    """What contracts that keep their rules never answer to what this node sends (R10)."""

    status = 500
    remedy = "stop and compare: a contract does not keep its own rules"


_ERRORS: dict[type[ContractRefused], str] = {
    KeyRefused: """
        AccessManagedUnauthorized AccessManagerUnauthorizedAccount AccessManagerUnauthorizedCall
        AccessManagerUnauthorizedCancel AccessManagerUnauthorizedConsume KeyExpired KeyHasOtherRole
        InspectorBarred KeyIsRevoked KeyUnknown NotConsenting NotInitiator NotInspector NotIssuer
        NotIssuerNorOperator NotMember NotPayee NotPayer NotProposer NotQuorum SecondKeyNeeded
    """,
    NotReady: """
        AccessManagedRequiredDelay AccessManagerNotReady ChangeNotReady DayTooShort DeadlineAhead
        KeyNotYetValid ModuleNotReady ProposalNotReady RecoveryNotReady
    """,
    LimitExceeded: """
        AmountTooLarge BalanceTooSmall CreditDrawn SupplyTooLarge SupplyTooSmall TooManyProposals
    """,
    NotOnChain: """
        AccessManagerNotScheduled AssetUnknown ChangeUnknown KeyNumberUnknown ParticipantNotAdmitted
        ParticipantUnknown ProposalUnknown RecoveryUnknown RedemptionUnknown
    """,
    StateConflict: """
        AccessManagerAlreadyScheduled AccessManagerExpired AccountIsFrozen AccountIsNotFrozen
        AccountIsNotOpen AccountIsOpen AffirmationsMissing AffirmedAlready AlreadyApproved
        AlreadySuspended AssetExists BicTaken CallFailed ConfirmedAlready CutOffIs CycleGoesOn CycleKnown
        CycleLapsed CycleNotOpen DayEndsByClock DeadlinePassed EscrowNotLocked FailedCall
        FirstThresholdsMissing IssuerNotActive KeyTaken LeiTaken
        MemberIdTaken ModuleCodeChanged ModuleHasOtherStatus ModuleHolds ModuleIsNotPaused NotApproved
        NotSuspended NothingChanges OutgoingAlreadyStopped OutgoingNotStopped ProposalExecuted
        ProposalLapsed ProposalOfEarlierTerm RecoveryPending StageNotPresent
        ThresholdsAlreadySet WaitsOtherwise
    """,
    CallMalformed: """
        AccessManagedInvalidAuthority AccessManagerBadConfirmation AccessManagerInvalidInitialAdmin
        AccessManagerLockedFunction AccessManagerLockedRole AdmissionInvalid ApprovalMisplaced
        AssetInvalid BatchEmpty BatchTooLong ConditionInvalid CounterpartyInvalid CourtOrderInvalid
        DeadlineOutOfRange EncryptionKeyTooLong EndpointInvalid ExpiryNotShortened HolderInvalid
        InspectorsUnordered IssuerInvalid KeyTermsInvalid ListTooLong
        MemberIdInvalid MemberInvalid MembersOutOfRange MembershipInvalid ModuleWithoutCode NotCorporate
        PositionInvalid PositionsUnbalanced ReasonMissing RecoveryKeyCount RecoveryKeyRepeated
        RecoveryKeysDiffer SafeCastOverflowedUintDowncast SecretWrong SponsorInvalid StagesOutOfRange
        StagesUnbalanced SubstituteInvalid TargetWithoutCode
        TooManyModules TooManySequences TooManyThresholds ValidityOutOfRange
    """,
    InstructionForbidden: "AffirmationRefused ConsentRefused InstructionRefused SettlementRefused",
    ModuleBarred: "ModuleIsPaused ModuleNotTrusted",
    ContractFault: "AddressEmptyCode CycleUnbalanced CycleUnordered InsufficientBalance Panic",
}
# By the name of the custom error. `Panic` is Solidity's own: a failed assertion, an overflow, a wrong index.
KINDS: dict[str, type[ContractRefused]] = {
    name: kind for kind, names in _ERRORS.items() for name in names.split()
}


def kind_of(error: str) -> type[ContractRefused]:
    """Return the class of a custom error by its name; the base for one that no contract of ours has."""
    return KINDS.get(error, ContractRefused)
