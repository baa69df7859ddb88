"""Headers of made-up blocks: true to what is in the block, as any chain's are."""

from collections.abc import Sequence
from dataclasses import replace

from node.chain.protocol import Block, Receipt
from settlement.evidence import receipts as encoding
from settlement.evidence import trie
from settlement.evidence.header import Header
from settlement.instruction import keccak


def sealed_up(
    parent_hash: bytes,
    height: int,
    timestamp: int,
    transactions: Sequence[bytes],
    receipts: Sequence[Receipt],
    *,
    extra_data: bytes = b"",
) -> Block:
    """A block of these transactions and what they did; their hashes and places are given here."""
    encoded: list[bytes] = []
    numbered: list[Receipt] = []
    gas_used = bloom = log_index = 0
    for index, (raw, receipt) in enumerate(zip(transactions, receipts, strict=True)):
        logs = tuple(replace(each, index=log_index + place) for place, each in enumerate(receipt.logs))
        log_index += len(logs)
        gas_used += receipt.gas_used
        kind = raw[0] if raw[0] < 0x80 else 0
        made, bits = encoding.encode(kind=kind, succeeded=receipt.succeeded, gas_used=gas_used, logs=logs)
        encoded.append(made)
        bloom |= bits
        numbered.append(replace(receipt, index=index, hash=keccak(raw), kind=kind, logs=logs))
    header = Header(
        parent_hash=parent_hash,
        ommers_hash=keccak(b"\xc0"),
        beneficiary=bytes(20),
        state_root=bytes(32),
        transactions_root=trie.root(transactions),
        receipts_root=trie.root(encoded),
        bloom=bloom.to_bytes(256, "big"),
        difficulty=0,
        number=height,
        gas_limit=30_000_000,
        gas_used=gas_used,
        timestamp=timestamp,
        extra_data=extra_data,
        mix_hash=bytes(32),
        nonce=bytes(8),
    )
    return Block(
        hash=header.hash(), header=header, transactions=tuple(transactions), receipts=tuple(numbered)
    )
