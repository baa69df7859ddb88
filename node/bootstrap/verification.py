"""Whether the chain is the one this node was set up for: asked once, before anything is read or signed."""

from threading import Lock

from node.chain.deployment import Deployment
from node.chain.protocol import Chain
from node.chain.verify import verify_deployment
from node.errors import BlockNotFound, ChainBusy, ChainUnavailable
from settlement.errors import SettlementError


class Verification:
    """Checks chain id, genesis and code; remembers a refusal, since a wrong chain never becomes right."""

    def __init__(self, chain: Chain, deployment: Deployment, *, demo_allowed: bool) -> None:
        self._chain = chain
        self._deployment = deployment
        self._demo_allowed = demo_allowed
        self._lock = Lock()
        self._passed = False
        self.refusal: SettlementError | None = None

    def require(self) -> None:
        """Raise why the chain can't be used: `ChainUnavailable` and the like for now, else for good."""
        with self._lock:
            if self._passed:
                return
            if self.refusal is not None:
                raise self.refusal
            try:
                verify_deployment(self._chain, self._deployment, demo_allowed=self._demo_allowed)
            except (ChainUnavailable, ChainBusy, BlockNotFound):
                # A block that is not there yet: the RPC node is behind.
                raise
            except SettlementError as error:
                self.refusal = error
                raise
            self._passed = True
