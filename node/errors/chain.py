"""What the chain, or the RPC node in front of it, did not do."""

from typing import ClassVar

from node.errors.base import NodeError
from settlement.errors import BrokenRule, code_of


class ChainError(NodeError):
    """The chain, or the RPC node in front of it, did not do what it was asked."""

    status = 503


class ChainUnavailable(ChainError):
    """The RPC node can't be reached, or its answer was lost: what was sent may have arrived."""


class MalformedAnswer(ChainUnavailable):
    """The RPC node answered something that is no answer to the question; what was sent may have arrived."""


class EndpointBehind(ChainUnavailable):
    """The RPC node has not come as far as this node knows the chain to be: wait, or ask another."""


class AgreementMissing(ChainUnavailable):
    """Fewer RPC endpoints than must agree say the same: wait, or mend those that do not answer."""


class EndpointsDisagree(ChainError, BrokenRule):
    """RPC endpoints tell a final block differently; `versions` are its header by who tells it so."""

    status = 500

    def __init__(self, detail: str, *, versions: tuple[tuple[str, bytes], ...] = ()) -> None:
        super().__init__(detail)
        self.versions = versions


class ChainBusy(ChainError):
    """The RPC node refused for load; nothing was taken."""


class ContractRefused(ChainError):
    """A contract reverted; `error` is the name of its custom error, `arguments` what it said.

    `data` are the raw bytes. An error that comes straight from the chain is not named yet (`error` is its
    selector): `Contracts.error(data)` names it, and returns the class of `node.errors.reverts` that it is of.
    Its `code` is the custom error's name, `remedy` what the caller can do next.
    """

    status = 409
    remedy: ClassVar[str] = "the contracts have no such error: find out what was called"

    def __init__(
        self, detail: str, *, error: str, arguments: tuple[object, ...] = (), data: bytes = b""
    ) -> None:
        super().__init__(detail)
        if error.isidentifier():
            self.code = code_of(error)
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


class FeesAboveLimit(ChainError):
    """The chain asks more for gas than the operator lets this node offer: wait, or raise the limit."""


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


class WrongAuthority(ChainError):
    """The contracts were deployed with other powers than the deployment names."""

    status = 500


class DemoDeployment(ChainError):
    """The contracts were deployed without delays, and this node was not told it is a demo."""

    status = 500


class UndecodableLog(ChainError, BrokenRule):
    """A log of one of our contracts that their ABI does not explain: not the contracts we verified."""

    status = 500


class ForeignModule(ChainError, BrokenRule):
    """The ledger lets a contract move value that this node does not ship: by which rules is not known."""

    status = 500


class ForeignAuthority(ChainError, BrokenRule):
    """A contract takes its orders from another access manager than the deployment's."""

    status = 500


class ForeignTransaction(ChainError, BrokenRule):
    """Our key sent what this store does not know: somebody else holds it, or the store was set back."""

    status = 500


class ChainContradiction(ChainError, BrokenRule):
    """The chain says nothing of an instruction that it must speak of, or settled another in its place."""

    status = 500
