"""Whether what an RPC node says of a block is what the block's header commits to: before a row is written."""

from dataclasses import dataclass

from node.chain.protocol import Block
from node.mirror.levels import Level
from node.mirror.material import Material
from settlement.errors import InvalidEvidence, WrongBlockHash, WrongReceipts, WrongSeals, WrongTransactions
from settlement.evidence import receipts, seals, trie
from settlement.evidence.header import Header
from settlement.instruction import keccak


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What is checked. `sealed`: validators seal this engine's blocks, and a quorum makes one final."""

    level: Level = Level.FULL
    sealed: bool = False

    def material(self, block: Block, parent: Header | None, validators: tuple[bytes, ...] = ()) -> Material:
        """Return what proves a block and its contents, having checked it; `parent` is the header before it.

        `validators`: who must have sealed it, where a contract and not the headers says so.
        Raise `WrongBlockHash`, `WrongTransactions`, `WrongReceipts`, `WrongSeals`.
        """
        if self.level is Level.OFF:
            return Material(header=block.header.encoded(), transactions=(), receipts=())
        encoded = self._check_header(block)
        if self.sealed:
            _check_seals(block, parent, validators)
        if self.level is Level.HEADERS:
            return Material(header=encoded, transactions=(), receipts=(), validators=validators)
        _check_transactions(block)
        return Material(
            header=encoded,
            transactions=block.transactions,
            receipts=_checked_receipts(block),
            validators=validators,
        )

    def _check_header(self, block: Block) -> bytes:
        try:
            encoded = block.header.encoded()
            found = seals.block_hash(block.header) if self.sealed else keccak(encoded)
        except InvalidEvidence as error:
            raise WrongBlockHash(f"block {block.height}: {error.detail}") from None
        if found != block.hash:
            raise WrongBlockHash(
                f"block {block.height} was served as {block.hash.hex()}, its header hashes to {found.hex()}"
            )
        return encoded


DEFAULT_CHECKS = Checks()


def _check_transactions(block: Block) -> None:
    """Raise `WrongTransactions` unless they are the header's, and the receipts are of them."""
    if trie.root(block.transactions) != block.header.transactions_root:
        raise WrongTransactions(
            f"the transactions served for block {block.height} are not those of its header"
        )
    theirs = [(keccak(raw), transaction_kind(raw)) for raw in block.transactions]
    if theirs != [(receipt.hash, receipt.kind) for receipt in block.receipts]:
        raise WrongTransactions(f"the receipts of block {block.height} name other transactions than it has")


def transaction_kind(raw: bytes) -> int:
    """Return the type of a transaction (EIP-2718) by its first byte: below 0x80, or a legacy one's list."""
    return raw[0] if raw[:1] < b"\x80" else 0


def _checked_receipts(block: Block) -> tuple[bytes, ...]:
    """Return the receipts' bytes; raise `WrongReceipts` unless they are the header's."""
    encoded: list[bytes] = []
    gas_used = bloom = 0
    for receipt in block.receipts:
        gas_used += receipt.gas_used
        made, bits = receipts.encode(
            kind=receipt.kind, succeeded=receipt.succeeded, gas_used=gas_used, logs=receipt.logs
        )
        encoded.append(made)
        bloom |= bits
    header = block.header
    if trie.root(encoded) != header.receipts_root:
        raise WrongReceipts(
            f"the receipts served for block {block.height} are not those of its header: "
            "one is false, missing or made up"
        )
    if bloom.to_bytes(receipts.BLOOM_BYTES, "big") != header.bloom:
        raise WrongReceipts(f"the bloom of block {block.height} is not that of its receipts")
    return tuple(encoded)


def _check_seals(block: Block, parent: Header | None, kept: tuple[bytes, ...]) -> None:
    """Raise `WrongSeals` unless a quorum of its validators sealed a block; the genesis has no seals."""
    if parent is None:
        return
    try:
        listed = frozenset(seals.decode(block.header.extra_data).validators)
        if kept and listed and listed != frozenset(kept):
            raise WrongSeals(f"block {block.height} lists other validators than their contract does")
        known = frozenset(seals.decode(parent.extra_data).validators)
        validators = frozenset(kept) or seals.validators_after(known, parent, block.header)
        seals.require_seals(block.header, validators)
    except InvalidEvidence as error:
        raise WrongSeals(error.detail) from None
