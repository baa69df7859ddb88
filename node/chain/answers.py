"""The JSON of blocks and receipts, read into our own dataclasses.

On the path of every event: 100,000 of them pass here in seconds, so each field is read once, by the
cheapest call that still refuses nonsense.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from node.chain import normalise
from node.chain.protocol import Block, Log, Receipt, Transaction
from node.errors import BlockNotFound, ChainUnavailable

_HASH_CHARACTERS = 66
_ADDRESS_CHARACTERS = 42


@contextmanager
def well_formed(method: str, answer: Any) -> Iterator[None]:
    """Turn every slip of reading `answer` into `MalformedAnswer`."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        raise normalise.malformed(method, answer) from None


def quantity(text: str) -> int:
    """Read a number (``0x1a``)."""
    if not text.startswith("0x"):
        raise ValueError(text)
    return int(text, 16)


def octets(text: str) -> bytes:
    """Read bytes of any length (``0x00ff``)."""
    if not text.startswith("0x"):
        raise ValueError(text)
    return bytes.fromhex(text[2:])


def digest(text: str) -> bytes:
    """Read a hash (32 bytes)."""
    if len(text) != _HASH_CHARACTERS:
        raise ValueError(text)
    return octets(text)


def address(text: str) -> bytes:
    """Read an address (20 bytes)."""
    if len(text) != _ADDRESS_CHARACTERS:
        raise ValueError(text)
    return octets(text)


def receipt(answer: dict[str, Any]) -> Receipt:
    """Read one receipt with its logs."""
    return Receipt(
        index=quantity(answer["transactionIndex"]),
        hash=digest(answer["transactionHash"]),
        sender=address(answer["from"]),
        succeeded=quantity(answer["status"]) == 1,
        gas_used=quantity(answer["gasUsed"]),
        logs=tuple([_log(entry) for entry in answer["logs"]]),
    )


def transaction(answer: dict[str, Any]) -> Transaction:
    """Read a mined transaction."""
    return Transaction(
        hash=digest(answer["hash"]),
        sender=address(answer["from"]),
        nonce=quantity(answer["nonce"]),
        to=None if answer["to"] is None else address(answer["to"]),
        data=octets(answer["input"]),
    )


def block(height: int, header: Any, receipts: Any) -> Block:
    """Read a block from its header (with transaction hashes) and its receipts.

    Raise `BlockNotFound`; `ChainUnavailable` when the chain moved between the two answers, so that they
    do not belong together; `MalformedAnswer`.
    """
    if header is None or receipts is None:
        raise BlockNotFound(f"the RPC node has no block {height}")
    with well_formed(f"block {height}", header):
        block_hash = header["hash"]
        transactions = header["transactions"]
        if quantity(header["number"]) != height:
            raise ValueError(height)
        made = Block(
            height=height,
            hash=digest(block_hash),
            parent_hash=digest(header["parentHash"]),
            timestamp=quantity(header["timestamp"]),
            receipts=tuple([receipt(entry) for entry in receipts]),
        )
        together = [block_hash] * len(transactions) == [entry["blockHash"] for entry in receipts]
        together = together and transactions == [entry["transactionHash"] for entry in receipts]
    if not together:
        raise ChainUnavailable(f"block {height} and its receipts do not belong together; ask again")
    _check_order(made)
    return made


def _check_order(made: Block) -> None:
    """Refuse a block in which a receipt or a log is missing: their indices have no gap."""
    logs = [log.index for each in made.receipts for log in each.logs]
    in_order = [each.index for each in made.receipts] == list(range(len(made.receipts)))
    if not in_order or logs != list(range(len(logs))):
        raise normalise.malformed(f"block {made.height}", "receipts or logs that are not numbered in order")


def _log(entry: dict[str, Any]) -> Log:
    fromhex = bytes.fromhex
    return Log(
        index=int(entry["logIndex"], 16),
        address=fromhex(entry["address"][2:]),
        topics=tuple([fromhex(topic[2:]) for topic in entry["topics"]]),
        data=fromhex(entry["data"][2:]),
    )
