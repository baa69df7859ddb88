"""What the node refuses, as one tree under the domain's, each with the HTTP status it answers.

::

    SettlementError                       (settlement.errors)
    └── NodeError                         carries a status
        ├── RequestRefused                the caller can mend it
        │   └── Unauthenticated 401 (LoginRefused · InvalidClient) · LoginsBusy · IssuerUnavailable 503 ·
        │       InvalidScope · UnsupportedGrantType · PasswordRefused 400 · NameTaken 409 · Forbidden 403 ·
        │       TooManyRequests 429 · PreconditionFailed 412 ·
        │       NotFound 404 · IdempotencyConflict · InFlight ·
        │       DuplicateUetr · DuplicateMessage · VoidRefused · CancelRefused ·
        │       QueueOrderRefused · QueueRunRefused · ReturnRefused ·
        │       LetterRefused · LetterEarly 425 · LettersFull 503 · CycleRefused · TradeRefused ·
        │       ApprovalRefused 409 · SelfApproval 403 · BodyTooLarge 413 ·
        │       ValueDateRefused · DeadlineRefused 400 ·
        │       AssetNotFound · PayerRefused · PayeeRefused · RefusedByPolicy 403 ·
        │       RulesFull 409 · EvidenceMissing 409 · PeriodRefused 400 · CursorGone 410 ·
        │       ReceiversFull · CursorBehind · AlreadyAcknowledged 409 · TargetRefused 400 ·
        │       StreamUnavailable · QueueFull · MirrorBehind 503
        ├── StoreError                    the database
        │   └── StoreUnavailable · StoreFull 503 · StoreMismatch · StoreInconsistent (also a BrokenRule) 500
        ├── ChainError                    the chain or its RPC node
        │   ├── ChainUnavailable 503 (MalformedAnswer · EndpointBehind · AgreementMissing) · ChainBusy 503 ·
        │   │   OutOfGas · BlockNotFound 503 · FeesAboveLimit 503 ·
        │   │   WrongChain · WrongGenesis · WrongCode · WrongAuthority · DemoDeployment 500
        │   ├── ContractRefused 409       a contract's custom error, by what to do next (node.errors.reverts)
        │   │   └── KeyRefused 403 · NotReady 409 · LimitExceeded 409 · NotOnChain 404 · StateConflict 409 ·
        │   │       CallMalformed 400 · InstructionForbidden 409 · ModuleBarred 503 ·
        │   │       ContractFault (also a BrokenRule) 500
        │   ├── UndecodableLog · ForeignModule · ForeignAuthority ·
        │   │   EndpointsDisagree (all also a BrokenRule) 500
        │   ├── of a transaction: TransactionRefused · NonceTaken · AlreadyKnown ·
        │   │   TransactionPostponed (NonceGap · Underpriced · GasUnfunded)
        │   └── ForeignTransaction · ChainContradiction (both also a BrokenRule) 500
        ├── LeaseLost 503                 another process writes with this key
        ├── ClaimLost 500                 another process reads this file
        ├── SigningError                  keys
        │   ├── WrongPassword · KeyNotFound · KeyExists · KeyInUse · KeystoreDamaged 500
        │   ├── PolicyRefused 500         └── SomeRefused (DayLimitReached · NotApproved) 500
        │   ├── ApproverRefused 403 · ApproverBusy 429
        │   └── TokenError                TokenModuleMissing · TokenAbsent · TokenBusy · TokenSessionLost ·
        │                                 TokenKeyUnsafe · WrongPin · PinLocked 500
        ├── SettingsInvalid               the operator's settings
        ├── UnguardedRoute                a route without a role, found at start
        ├── WorkerCrashed · WorkerFailing · NotVerified 503 · WebServerEnded    a running node's parts
        └── WriterStopped 503             a rule was found broken: nothing is signed until a person looks

Under the domain's `InvalidValue`, where they are read: `InvalidCursor`, `InvalidFilter`, `InvalidReference`,
`InvalidIdempotencyKey`, `InvalidDate`, `InvalidDeadline`, `InvalidNote`, `InvalidReason`,
`InvalidRole`, `InvalidRule`, `InvalidCondition`, `InvalidUserName`, `InvalidPublicKey`, `InvalidTarget`.
Under `BrokenRule`: `AuditBroken`, `BooksDiffer`, `ContentChanged`.
Within the services only: `FaultyRequests` (`RefusedByRules`), `ConditionFailed`.
"""

from node.errors.base import (
    LeaseLost,
    NodeError,
    SettingsInvalid,
    WriterStopped,
    status_of,
)
from node.errors.chain import (
    AgreementMissing,
    AlreadyKnown,
    BlockNotFound,
    ChainBusy,
    ChainContradiction,
    ChainError,
    ChainUnavailable,
    ContractRefused,
    DemoDeployment,
    EndpointBehind,
    EndpointsDisagree,
    FeesAboveLimit,
    ForeignAuthority,
    ForeignModule,
    ForeignTransaction,
    GasUnfunded,
    MalformedAnswer,
    NonceGap,
    NonceTaken,
    OutOfGas,
    TransactionPostponed,
    TransactionRefused,
    UndecodableLog,
    Underpriced,
    WrongAuthority,
    WrongChain,
    WrongCode,
    WrongGenesis,
)
from node.errors.keys import (
    ApproverBusy,
    ApproverRefused,
    DayLimitReached,
    KeyExists,
    KeyInUse,
    KeyNotFound,
    KeystoreDamaged,
    NotApproved,
    PinLocked,
    PolicyRefused,
    SigningError,
    SomeRefused,
    TokenAbsent,
    TokenBusy,
    TokenError,
    TokenKeyUnsafe,
    TokenModuleMissing,
    TokenSessionLost,
    WrongPassword,
    WrongPin,
)
from node.errors.requests import (
    ApprovalRefused,
    AssetNotFound,
    BodyTooLarge,
    CancelRefused,
    CursorGone,
    CycleRefused,
    DeadlineRefused,
    DuplicateMessage,
    DuplicateUetr,
    EvidenceMissing,
    Forbidden,
    IdempotencyConflict,
    InFlight,
    InvalidClient,
    InvalidScope,
    IssuerUnavailable,
    LetterEarly,
    LetterRefused,
    LettersFull,
    LoginRefused,
    LoginsBusy,
    MirrorBehind,
    NameTaken,
    NotFound,
    PasswordRefused,
    PayeeRefused,
    PayerRefused,
    PeriodRefused,
    PreconditionFailed,
    QueueFull,
    QueueOrderRefused,
    QueueRunRefused,
    RefusedByPolicy,
    RequestRefused,
    ReturnRefused,
    RulesFull,
    SelfApproval,
    TooManyRequests,
    TradeRefused,
    Unauthenticated,
    UnsupportedGrantType,
    ValueDateRefused,
    VoidRefused,
)
from node.errors.reverts import (
    CallMalformed,
    ContractFault,
    InstructionForbidden,
    KeyRefused,
    LimitExceeded,
    ModuleBarred,
    NotOnChain,
    NotReady,
    StateConflict,
    kind_of,
)
from node.errors.store import (
    StoreError,
    StoreFull,
    StoreInconsistent,
    StoreMismatch,
    StoreUnavailable,
)

__all__ = [
    "AgreementMissing",
    "AlreadyKnown",
    "ApprovalRefused",
    "ApproverBusy",
    "ApproverRefused",
    "AssetNotFound",
    "BlockNotFound",
    "BodyTooLarge",
    "CallMalformed",
    "CancelRefused",
    "ChainBusy",
    "ChainContradiction",
    "ChainError",
    "ChainUnavailable",
    "ContractFault",
    "ContractRefused",
    "CursorGone",
    "CycleRefused",
    "DayLimitReached",
    "DeadlineRefused",
    "DemoDeployment",
    "DuplicateMessage",
    "DuplicateUetr",
    "EndpointBehind",
    "EndpointsDisagree",
    "EvidenceMissing",
    "FeesAboveLimit",
    "Forbidden",
    "ForeignAuthority",
    "ForeignModule",
    "ForeignTransaction",
    "GasUnfunded",
    "IdempotencyConflict",
    "InFlight",
    "InstructionForbidden",
    "InvalidClient",
    "InvalidScope",
    "IssuerUnavailable",
    "KeyExists",
    "KeyInUse",
    "KeyNotFound",
    "KeyRefused",
    "KeystoreDamaged",
    "LeaseLost",
    "LetterEarly",
    "LetterRefused",
    "LettersFull",
    "LimitExceeded",
    "LoginRefused",
    "LoginsBusy",
    "MalformedAnswer",
    "MirrorBehind",
    "ModuleBarred",
    "NameTaken",
    "NodeError",
    "NonceGap",
    "NonceTaken",
    "NotApproved",
    "NotFound",
    "NotOnChain",
    "NotReady",
    "OutOfGas",
    "PasswordRefused",
    "PayeeRefused",
    "PayerRefused",
    "PeriodRefused",
    "PinLocked",
    "PolicyRefused",
    "PreconditionFailed",
    "QueueFull",
    "QueueOrderRefused",
    "QueueRunRefused",
    "RefusedByPolicy",
    "RequestRefused",
    "ReturnRefused",
    "RulesFull",
    "SelfApproval",
    "SettingsInvalid",
    "SigningError",
    "SomeRefused",
    "StateConflict",
    "StoreError",
    "StoreFull",
    "StoreInconsistent",
    "StoreMismatch",
    "StoreUnavailable",
    "TokenAbsent",
    "TokenBusy",
    "TokenError",
    "TokenKeyUnsafe",
    "TokenModuleMissing",
    "TokenSessionLost",
    "TooManyRequests",
    "TradeRefused",
    "TransactionPostponed",
    "TransactionRefused",
    "Unauthenticated",
    "UndecodableLog",
    "Underpriced",
    "UnsupportedGrantType",
    "ValueDateRefused",
    "VoidRefused",
    "WriterStopped",
    "WrongAuthority",
    "WrongChain",
    "WrongCode",
    "WrongGenesis",
    "WrongPassword",
    "WrongPin",
    "kind_of",
    "status_of",
]
