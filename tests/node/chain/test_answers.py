"""Blocks and receipts are read exactly, and what does not fit together is not read at all."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.chain import answers
from node.chain.protocol import Block, Log, Receipt
from node.errors import BlockNotFound, ChainUnavailable, MalformedAnswer

_u64 = st.integers(0, 2**64 - 1)
_digest = st.binary(min_size=32, max_size=32)
_address = st.binary(min_size=20, max_size=20)
_sketch = st.lists(
    st.lists(st.tuples(st.lists(_digest, max_size=4), st.binary(max_size=96)), max_size=3), max_size=4
)


@st.composite
def _blocks(draw: st.DrawFn) -> Block:
    receipts, log_index = [], 0
    for index, sketch in enumerate(draw(_sketch)):
        logs = []
        for topics, data in sketch:
            logs.append(Log(index=log_index, address=draw(_address), topics=tuple(topics), data=data))
            log_index += 1
        receipts.append(
            Receipt(
                index=index,
                hash=draw(_digest),
                sender=draw(_address),
                succeeded=draw(st.booleans()),
                gas_used=draw(_u64),
                logs=tuple(logs),
            )
        )
    return Block(
        height=draw(_u64),
        hash=draw(_digest),
        parent_hash=draw(_digest),
        timestamp=draw(_u64),
        receipts=tuple(receipts),
    )


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


def _header(block: Block) -> dict[str, Any]:
    return {
        "number": hex(block.height),
        "hash": _hex(block.hash),
        "parentHash": _hex(block.parent_hash),
        "timestamp": hex(block.timestamp),
        "transactions": [_hex(receipt.hash) for receipt in block.receipts],
    }


def _receipts(block: Block) -> list[dict[str, Any]]:
    return [
        {
            "blockHash": _hex(block.hash),
            "transactionHash": _hex(receipt.hash),
            "transactionIndex": hex(receipt.index),
            "from": _hex(receipt.sender),
            "status": hex(receipt.succeeded),
            "gasUsed": hex(receipt.gas_used),
            "logs": [
                {
                    "logIndex": hex(log.index),
                    "address": _hex(log.address),
                    "topics": [_hex(topic) for topic in log.topics],
                    "data": _hex(log.data),
                }
                for log in receipt.logs
            ],
        }
        for receipt in block.receipts
    ]


@given(_blocks())
def test_block_is_read_exactly(block: Block) -> None:
    """What a node says of a block is what we have of it."""
    assert block == answers.block(block.height, _header(block), _receipts(block))


_LOGS = tuple(Log(index=index, address=bytes(20), topics=(bytes(32),), data=b"") for index in range(4))
_BLOCK = Block(
    height=7,
    hash=b"\7" * 32,
    parent_hash=b"\6" * 32,
    timestamp=1,
    receipts=tuple(
        Receipt(
            index=index,
            hash=bytes([index]) * 32,
            sender=bytes(20),
            succeeded=True,
            gas_used=21_000,
            logs=_LOGS[2 * index : 2 * index + 2],
        )
        for index in range(2)
    ),
)


def test_no_block() -> None:
    """A null header or null receipts are a block that is not there."""
    with pytest.raises(BlockNotFound):
        answers.block(7, None, [])
    with pytest.raises(BlockNotFound):
        answers.block(7, _header(_BLOCK), None)


def test_other_height() -> None:
    """A block of another height than asked for is no answer."""
    with pytest.raises(MalformedAnswer):
        answers.block(8, _header(_BLOCK), _receipts(_BLOCK))


@pytest.mark.parametrize("missing", [0, 1])
def test_missing_receipt(missing: int) -> None:
    """A receipt that the header's transactions have and the receipts lack stops the reading."""
    receipts = _receipts(_BLOCK)
    del receipts[missing]
    with pytest.raises(ChainUnavailable):
        answers.block(7, _header(_BLOCK), receipts)


def test_receipts_of_another_block() -> None:
    """When the chain moved between header and receipts, they are asked for again."""
    receipts = _receipts(_BLOCK)
    receipts[1]["blockHash"] = _hex(b"\x08" * 32)
    with pytest.raises(ChainUnavailable, match="ask again"):
        answers.block(7, _header(_BLOCK), receipts)


@pytest.mark.parametrize(("receipt", "log"), [(0, 0), (0, 1), (1, 0)])
def test_missing_log(receipt: int, log: int) -> None:
    """A log that a node leaves out shows as a gap in the numbers."""
    receipts = _receipts(_BLOCK)
    del receipts[receipt]["logs"][log]
    with pytest.raises(MalformedAnswer):
        answers.block(7, _header(_BLOCK), receipts)


@pytest.mark.parametrize("field", list(_receipts(_BLOCK)[0]))
@pytest.mark.parametrize("value", [None, 5, "zz", "0xzz", {}, [5]])
def test_nonsense_in_a_receipt(field: str, value: object) -> None:
    """A receipt with nonsense in any field is refused, never guessed at."""
    receipts = deepcopy(_receipts(_BLOCK))
    receipts[0][field] = value
    with pytest.raises(ChainUnavailable):
        answers.block(7, _header(_BLOCK), receipts)
