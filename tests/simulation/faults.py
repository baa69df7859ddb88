"""Faults on command: every call of chain, signer and store is a point at which a process can die."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection

from node.chain.protocol import Block, Chain, Fees, Receipt, Transaction
from node.errors import ChainUnavailable
from node.keys.signer import SignedTransaction, Signer, UnsignedTransaction
from node.store.session import Store
from tests.simulation.rules import require


class Crash(Exception):
    """The process dies here. Nothing catches it but the test."""


class Faults:
    """Counts the points that are passed; raises at those that were asked for.

    `writing`: whether a transaction of this process is open, in which nothing may leave.
    """

    writing = False

    def __init__(self, plan: dict[int, type[Exception]] | None = None) -> None:
        self._plan = plan or {}
        self.passed: list[str] = []

    def at(self, point: str) -> None:
        """Pass a point, or fail there."""
        self.passed.append(point)
        error = self._plan.pop(len(self.passed) - 1, None)
        if error is not None and not (error is ChainUnavailable and not point.startswith("chain")):
            raise error(f"at point {len(self.passed) - 1}, {point}")

    def on_its_way(self, raw: bytes) -> list[bytes]:
        """Return what reaches the chain now of what was sent: usually just this."""
        return [raw]


class FaultyChain:
    """A chain whose calls may fail before it heard them or after it did what they say."""

    engine = "model"

    def __init__(self, chain: Chain, faults: Faults) -> None:
        self._chain = chain
        self._faults = faults
        self.finality = chain.finality

    def send(self, raw: bytes) -> None:
        require(not self._faults.writing, "R6 sent before it was committed")
        self._faults.at("chain.send before")
        for arriving in self._faults.on_its_way(raw):
            self._chain.send(arriving)
        self._faults.at("chain.send after")

    def nonce(self, address: bytes) -> int:
        self._faults.at("chain.nonce")
        return self._chain.nonce(address)

    def receipt(self, transaction_hash: bytes) -> Receipt | None:
        self._faults.at("chain.receipt")
        return self._chain.receipt(transaction_hash)

    def call(
        self, to: bytes, data: bytes, *, sender: bytes | None = None, height: int | None = None
    ) -> bytes:
        self._faults.at("chain.call")
        return self._chain.call(to, data, sender=sender, height=height)

    def balance(self, address: bytes) -> int:
        return self._chain.balance(address)

    def fees(self) -> Fees:
        self._faults.at("chain.fees")
        return self._chain.fees()

    def chain_id(self) -> int:
        self._faults.at("chain.chain_id")
        return self._chain.chain_id()

    def genesis_hash(self) -> bytes:
        self._faults.at("chain.genesis_hash")
        return self._chain.genesis_hash()

    def final_height(self) -> int:
        self._faults.at("chain.final_height")
        return self._chain.final_height()

    def block(self, height: int) -> Block:
        return self._chain.block(height)

    def blocks(self, first: int, last: int) -> list[Block]:
        self._faults.at("chain.blocks")
        return self._chain.blocks(first, last)

    def block_hash(self, height: int) -> bytes:
        self._faults.at("chain.block_hash")
        return self._chain.block_hash(height)

    def transaction(self, height: int, index: int) -> Transaction:
        return self._chain.transaction(height, index)

    def code(self, address: bytes) -> bytes:
        return self._chain.code(address)


class FaultySigner:
    """A signer that may die before or after it signed."""

    def __init__(self, signer: Signer, faults: Faults) -> None:
        self._signer = signer
        self._faults = faults

    def addresses(self) -> Sequence[bytes]:
        return self._signer.addresses()

    def sign(self, address: bytes, transaction: UnsignedTransaction) -> SignedTransaction:
        self._faults.at("signer.sign before")
        signed = self._signer.sign(address, transaction)
        self._faults.at("signer.sign after")
        return signed

    def sign_digest(self, address: bytes, digest: bytes) -> bytes:
        return self._signer.sign_digest(address, digest)


class FaultyStore(Store):
    """A store that may die before a transaction, at its commit, or just after it."""

    def __init__(self, store: Store, faults: Faults) -> None:
        self._store = store
        self._faults = faults
        self.dialect = store.dialect

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        self._faults.at("store.transaction")
        with self._store.transaction() as connection:
            self._faults.writing = True
            try:
                yield connection
                self._faults.at("store.commit before")
            finally:
                self._faults.writing = False
        self._faults.at("store.commit after")

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        self._faults.at("store.snapshot")
        with self._store.snapshot() as connection:
            yield connection
