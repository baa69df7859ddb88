"""What the node refuses, as one tree under the domain's, each with the HTTP status it answers.

::

    SettlementError                       (settlement.errors)
    └── NodeError                         carries a status
        ├── RequestRefused                the caller can mend it
        │   └── Unauthenticated 401 · Forbidden 403 · NotFound 404 · IdempotencyConflict · DuplicateUetr ·
        │       DuplicateMessage · RequestInFlight · VoidRefused 409 · BodyTooLarge 413 · ValueDateRefused 400 ·
        │       AssetNotFound · PayerRefused · PayeeRefused ·
        │       PeriodRefused 400 · RateExceeded 429 · QueueFull · MirrorBehind 503
        ├── StoreError                    the database
        │   └── StoreUnavailable · StoreFull 503 · StoreMismatch · StoreInconsistent (also a BrokenRule) 500
        ├── ChainError                    the chain or its RPC node
        │   ├── ChainUnavailable 503 (MalformedAnswer) · ChainBusy 503 · ContractRefused · OutOfGas ·
        │   │   BlockNotFound · WrongChain · WrongGenesis · WrongCode · DemoDeployment ·
        │   │   UndecodableLog (also a BrokenRule) 500
        │   ├── of a transaction: TransactionRefused · NonceTaken · AlreadyKnown ·
        │   │   TransactionPostponed (NonceGap · Underpriced · GasUnfunded)
        │   └── ForeignTransaction · ChainContradiction (both also a BrokenRule) 500
        ├── LeaseLost 503                 another process writes with this key
        ├── SigningError                  keys
        │   └── WrongPassword · KeyNotFound · KeyExists · KeystoreDamaged · PolicyRefused 500
        ├── SettingsInvalid               the operator's settings
        └── WriterStopped 503             a rule was found broken: nothing is signed until a person looks
"""

from typing import ClassVar

from settlement.errors import (
    AmbiguousParticipant,
    BrokenRule,
    FaultyMessage,
    InvalidMessage,
    InvalidValue,
    MessageTooLarge,
    SettlementError,
    UnresolvedParty,
)


class NodeError(SettlementError):
    """The base of everything the node expects to go wrong."""

    status: ClassVar[int] = 500


class RequestRefused(NodeError):
    """The caller asked for something it can't have; asking again unchanged won't help."""

    status = 400


class Unauthenticated(RequestRefused):
    """No token, or one that is not known."""

    status = 401


class Forbidden(RequestRefused):
    """The token's role may not do this."""

    status = 403


class NotFound(RequestRefused):
    """Nothing has this identifier."""

    status = 404


class IdempotencyConflict(RequestRefused):
    """The idempotency key was used before with another body."""

    status = 409


class DuplicateUetr(RequestRefused):
    """The UETR was accepted before with other content."""

    status = 409


class DuplicateMessage(RequestRefused):
    """The sender used this message id before with another body."""

    status = 409


class RequestInFlight(RequestRefused):
    """The same request is being worked on at this moment."""

    status = 409


class VoidRefused(RequestRefused):
    """The payment is not `unknown`: what is under way, settled or rejected is not voided by hand."""

    status = 409


class BodyTooLarge(RequestRefused):
    """The body is above the limit."""

    status = 413


class ValueDateRefused(RequestRefused):
    """The value date is not today's."""


class AssetNotFound(RequestRefused):
    """No money of this currency is registered on the chain."""


class PayerRefused(RequestRefused):
    """A file of, or a payment by, another bank than the one this node acts for."""


class PayeeRefused(RequestRefused):
    """The payee is the payer itself, or of a kind that holds no money."""


class RateExceeded(RequestRefused):
    """Too many requests."""

    status = 429


class QueueFull(RequestRefused):
    """The outbox holds as much as it may; try again when it has drained."""

    status = 503


class PeriodRefused(RequestRefused):
    """Not a period a statement can be drawn up for: not begun, too long, or with too many entries."""


class MirrorBehind(RequestRefused):
    """The mirror does not have all blocks the answer must rest on; try again when it has caught up."""

    status = 503


class StoreError(NodeError):
    """The database did not do what it was asked."""

    status = 503


class StoreUnavailable(StoreError):
    """The database can't be reached, or gave up in the middle."""


class StoreFull(StoreError):
    """The database's disk is full."""


class StoreMismatch(StoreError):
    """The database is not of this node, or of another version."""

    status = 500


class StoreInconsistent(StoreError, BrokenRule):
    """The database refused a row that would break a rule it keeps itself: a fault of ours, or tampering."""

    status = 500


class ChainError(NodeError):
    """The chain, or the RPC node in front of it, did not do what it was asked."""

    status = 503


class ChainUnavailable(ChainError):
    """The RPC node can't be reached, or its answer was lost: what was sent may have arrived."""


class MalformedAnswer(ChainUnavailable):
    """The RPC node answered something that is no answer to the question; what was sent may have arrived."""


class ChainBusy(ChainError):
    """The RPC node refused for load; nothing was taken."""


class ContractRefused(ChainError):
    """A contract reverted; `error` is the name of its custom error, `arguments` what it said.

    `data` are the raw bytes. An error that comes straight from the chain is not named yet (`error` is its
    selector): `Contracts.error(data)` names it.
    """

    status = 409

    def __init__(
        self, detail: str, *, error: str, arguments: tuple[object, ...] = (), data: bytes = b""
    ) -> None:
        super().__init__(detail)
        self.error = error
        self.arguments = arguments
        self.data = data


class OutOfGas(ChainError):
    """The call or transaction used up the gas it was given."""


class TransactionRefused(ChainError):
    """The RPC node refuses these bytes for ever."""


class NonceTaken(ChainError):
    """The nonce is used on chain: by this transaction, or by another of the same key."""


class AlreadyKnown(ChainError):
    """The RPC node has these very bytes: as good as sent."""


class TransactionPostponed(ChainError):
    """The RPC node did not take these bytes now, and may take the same ones later."""


class NonceGap(TransactionPostponed):
    """An earlier nonce of the key is missing: send that first."""


class Underpriced(TransactionPostponed):
    """The fee offered is below what the chain asks now, or below what a replacement needs."""


class GasUnfunded(TransactionPostponed):
    """The key can't pay for the gas: fund it."""


class BlockNotFound(ChainError):
    """The RPC node has no block of this height (yet, or any more)."""


class WrongChain(ChainError):
    """The RPC node is of another chain id."""

    status = 500


class WrongGenesis(ChainError):
    """Same chain id, another genesis, or a chain shorter than the mirror: this is not our chain."""

    status = 500


class WrongCode(ChainError):
    """The code at a contract's address is not the code this node ships."""

    status = 500


class DemoDeployment(ChainError):
    """The contracts were deployed without delays, and this node was not told it is a demo."""

    status = 500


class UndecodableLog(ChainError, BrokenRule):
    """A log of one of our contracts that their ABI does not explain: not the contracts we verified."""

    status = 500


class ForeignTransaction(ChainError, BrokenRule):
    """Our key sent what this store does not know: somebody else holds it, or the store was set back."""

    status = 500


class ChainContradiction(ChainError, BrokenRule):
    """The chain says nothing of an instruction that it must speak of, or settled another in its place."""

    status = 500


class LeaseLost(NodeError):
    """Another process writes with this key now; what this one was about to sign is not signed."""

    status = 503


class SigningError(NodeError):
    """A key can't be used."""


class WrongPassword(SigningError):
    """The password does not open the keystore."""


class KeyNotFound(SigningError):
    """No key of this role, name or address."""


class KeyExists(SigningError):
    """The keystore has this key already."""


class KeystoreDamaged(SigningError):
    """A file of the keystore can't be read or is not a keystore file."""


class PolicyRefused(SigningError):
    """The signer signs only for this chain and these contracts' functions (R7)."""


class SettingsInvalid(NodeError):
    """A setting is missing or can't be used."""


class WriterStopped(NodeError):
    """A rule was found broken: nothing is signed until a person has looked (R10)."""

    status = 503


_DOMAIN_STATUS: tuple[tuple[type[SettlementError], int], ...] = (
    (MessageTooLarge, 413),
    (FaultyMessage, 400),
    (InvalidMessage, 400),
    (InvalidValue, 400),
    (AmbiguousParticipant, 400),
    (UnresolvedParty, 400),
    (BrokenRule, 500),
)


def status_of(error: SettlementError) -> int:
    """Return the HTTP status that answers an expected error, the domain's included."""
    if isinstance(error, NodeError):
        return error.status
    return next((status for kind, status in _DOMAIN_STATUS if isinstance(error, kind)), 500)
