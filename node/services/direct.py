"""Transactions sent one by one, each waited for: setting a network up, before any node runs.

A running node never does this: it goes through its outbox, which survives a crash.
"""

from contextlib import suppress

from node.chain.contracts import Contracts
from node.chain.protocol import Chain, Receipt
from node.clock import Clock
from node.errors import AlreadyKnown, ChainUnavailable, ContractRefused
from node.keys.signer import Signer, UnsignedTransaction

GAS = 10_000_000
_POLL_SECONDS = 0.02
_POLLS_MAX = 3_000


class DirectSender:
    """Signs, sends and waits for the receipt. Not for several threads that share a key."""

    def __init__(self, chain: Chain, contracts: Contracts, signer: Signer, clock: Clock) -> None:
        self._chain = chain
        self._contracts = contracts
        self._signer = signer
        self._clock = clock
        self._chain_id = chain.chain_id()

    def call(self, sender: bytes, contract: str, function: str, *arguments: object) -> Receipt:
        """Call a function; raise `ContractRefused` with the custom error's name when it reverts."""
        data = self._contracts.calldata(contract, function, *arguments)
        return self.send(sender, self._contracts.address(contract), data)

    def send(self, sender: bytes, to: bytes | None, data: bytes) -> Receipt:
        """Send a transaction (`to` None: create a contract) and return its receipt.

        Sent again after a crash it is the same transaction, as long as nothing else used the nonce.
        """
        signed = self._signer.sign(
            sender,
            UnsignedTransaction(
                chain_id=self._chain_id,
                nonce=self._chain.nonce(sender),
                to=to,
                data=data,
                gas=GAS,
                fees=self._chain.fees(),
            ),
        )
        # Already known: sent before a crash; it is waited for like any other.
        with suppress(AlreadyKnown):
            self._chain.send(signed.raw)
        receipt = self._wait(signed.hash)
        if not receipt.succeeded:
            raise self._reason(sender, to, data)
        return receipt

    def _wait(self, transaction_hash: bytes) -> Receipt:
        for _ in range(_POLLS_MAX):
            receipt = self._chain.receipt(transaction_hash)
            if receipt is not None:
                return receipt
            self._clock.sleep(_POLL_SECONDS)
        raise ChainUnavailable(f"transaction {transaction_hash.hex()} is not mined after {_POLLS_MAX} looks")

    def _reason(self, sender: bytes, to: bytes | None, data: bytes) -> ContractRefused:
        """Return why a transaction reverted, by making the same call again as a view."""
        if to is None:
            return ContractRefused("a contract could not be created", error="")
        try:
            self._chain.call(to, data, sender=sender)
        except ContractRefused as refused:
            return self._contracts.error(refused.data)
        return ContractRefused("a transaction reverted that would not now; send it again", error="")
