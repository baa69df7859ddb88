"""The chain as the node sees it: one small protocol, whatever engine is behind it.

Hashes and addresses are raw bytes (32 and 20), heights and nonces integers. Every failure is one of
`node.errors.ChainError`.
"""

from dataclasses import dataclass
from typing import Protocol

from settlement.evidence.header import Header


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A log of a contract; `index` is its place in the block."""

    index: int
    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a transaction did. `index` is its place in the block, `kind` its type (EIP-2718).

    In a block `sender` is who signed the bytes there; of a receipt alone the RPC node is believed.
    """

    index: int
    hash: bytes
    sender: bytes
    succeeded: bool
    gas_used: int
    logs: tuple[Log, ...]
    kind: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A mined transaction: what `sender` asked for. `to` is None when it creates a contract."""

    hash: bytes
    sender: bytes
    nonce: int
    to: bytes | None
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block with all its transactions (their signed bytes) and receipts, in order.

    `hash` is what the chain calls it; whether that is true of the header is for the reader to check.
    """

    hash: bytes
    header: Header
    transactions: tuple[bytes, ...]
    receipts: tuple[Receipt, ...]

    @property
    def height(self) -> int:
        """Return its number."""
        return self.header.number

    @property
    def parent_hash(self) -> bytes:
        """Return the hash of the block before it."""
        return self.header.parent_hash

    @property
    def timestamp(self) -> int:
        """Return its time in UTC seconds."""
        return self.header.timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Fees:
    """What a transaction offers for gas, in wei: a legacy price, or EIP-1559 caps when `priority` is set."""

    price: int
    priority: int | None = None


class Chain(Protocol):
    """One RPC endpoint of the chain, or the embedded chain itself."""

    @property
    def engine(self) -> str:
        """Return the engine's name, for pages."""
        ...

    @property
    def finality(self) -> str:
        """Return the engine's finality rule in words, for pages: ``instant`` or ``depth 2``."""
        ...

    def chain_id(self) -> int:
        """Ask the endpoint which chain it serves."""
        ...

    def genesis_hash(self) -> bytes:
        """Return the hash of block 0."""
        ...

    def final_height(self) -> int:
        """Return the height of the newest block that is final under the engine's rule."""
        ...

    def block(self, height: int) -> Block:
        """Return a block with all its receipts; raise `BlockNotFound`."""
        ...

    def blocks(self, first: int, last: int) -> list[Block]:
        """Return the blocks of a range, both ends included, in as few requests as the engine allows."""
        ...

    def block_hash(self, height: int) -> bytes:
        """Return only the hash of a block; raise `BlockNotFound`."""
        ...

    def nonce(self, address: bytes) -> int:
        """Return the next nonce of an address as mined (not counting the pool)."""
        ...

    def balance(self, address: bytes) -> int:
        """Return what an address can pay for gas, in wei."""
        ...

    def fees(self) -> Fees:
        """Return what the engine's fee policy offers now."""
        ...

    def send(self, raw: bytes) -> None:
        """Hand over a signed transaction; `AlreadyKnown` is as good as success."""
        ...

    def receipt(self, transaction_hash: bytes) -> Receipt | None:
        """Return the receipt of a mined transaction, final or not; its logs may be left out."""
        ...

    def transaction(self, height: int, index: int) -> Transaction:
        """Return a transaction by its place: the height of its block, its index there; `BlockNotFound`."""
        ...

    def call(
        self, to: bytes, data: bytes, *, sender: bytes | None = None, height: int | None = None
    ) -> bytes:
        """Run a view after a block (None: the newest); raise `ContractRefused` with what it reverted."""
        ...

    def code(self, address: bytes) -> bytes:
        """Return the code at an address, empty where there is none."""
        ...
