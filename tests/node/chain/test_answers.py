"""Blocks and receipts are read exactly, and what does not fit together is not read at all."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

import coincurve
import pytest
import rlp
from hypothesis import given
from hypothesis import strategies as st

from node.chain import answers
from node.chain.protocol import Block, Fees, Log, Receipt
from node.errors import BlockNotFound, ChainUnavailable, MalformedAnswer
from node.keys.signer import UnsignedTransaction
from node.keys.signing import address_of, in_memory, sign_transaction
from settlement.evidence.transactions import FIELDS
from settlement.instruction import keccak
from tests.node.headers import sealed_up

_FREE, _MARKET = Fees(price=0), Fees(price=7, priority=1)
_u32 = st.integers(0, 2**32 - 1)
_digest = st.binary(min_size=32, max_size=32)
_address = st.binary(min_size=20, max_size=20)
_sketch = st.lists(
    st.lists(st.tuples(st.lists(_digest, max_size=4), st.binary(max_size=96)), max_size=3), max_size=4
)


_KEY = coincurve.PrivateKey(b"\5" * 32)
_SENDER = address_of(_KEY)


def _signed(nonce: int, fees: Fees) -> bytes:
    """A transaction that `_KEY` signed: legacy, or of type 2 with a priority."""
    asked = UnsignedTransaction(chain_id=7, nonce=nonce, to=b"\1" * 20, data=b"\2" * 99, gas=9, fees=fees)
    return sign_transaction(in_memory(_KEY), asked).raw


def _block(receipts: Sequence[Receipt], *, height: int = 7, fees: Fees = _FREE) -> Block:
    signed = [_signed(index, fees) for index in range(len(receipts))]
    return sealed_up(b"\6" * 32, height, 1, signed, [replace(each, sender=_SENDER) for each in receipts])


@st.composite
def _blocks(draw: st.DrawFn) -> Block:
    receipts = []
    for sketch in draw(_sketch):
        logs = [
            Log(index=0, address=draw(_address), topics=tuple(topics), data=data) for topics, data in sketch
        ]
        receipts.append(
            Receipt(
                index=0,
                hash=b"",
                sender=_SENDER,
                succeeded=draw(st.booleans()),
                gas_used=draw(_u32),
                logs=tuple(logs),
            )
        )
    return _block(receipts, height=draw(_u32), fees=draw(st.sampled_from([_FREE, _MARKET])))


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


def _header(block: Block) -> dict[str, Any]:
    header = block.header
    return {
        "hash": _hex(block.hash),
        "parentHash": _hex(header.parent_hash),
        "sha3Uncles": _hex(header.ommers_hash),
        "miner": _hex(header.beneficiary),
        "stateRoot": _hex(header.state_root),
        "transactionsRoot": _hex(header.transactions_root),
        "receiptsRoot": _hex(header.receipts_root),
        "logsBloom": _hex(header.bloom),
        "difficulty": hex(header.difficulty),
        "number": hex(header.number),
        "gasLimit": hex(header.gas_limit),
        "gasUsed": hex(header.gas_used),
        "timestamp": hex(header.timestamp),
        "extraData": _hex(header.extra_data),
        "mixHash": _hex(header.mix_hash),
        "nonce": _hex(header.nonce),
        "transactions": [_transaction(raw) for raw in block.transactions],
    }


_THEIRS = {"gas_price": "gasPrice", "priority": "maxPriorityFeePerGas", "fee": "maxFeePerGas",
           "chain_id": "chainId", "data": "input", "access_list": "accessList"}  # fmt: skip


def _transaction(raw: bytes) -> dict[str, Any]:
    kind = raw[0] if raw[0] < 0x80 else 0
    items = rlp.decode(raw[1:] if kind else raw)
    found: dict[str, Any] = {"hash": _hex(keccak(raw)), "type": hex(kind)}
    for name, item in zip(FIELDS[kind], items, strict=True):
        told = _hex(item) if name in {"to", "data"} else hex(int.from_bytes(item or b"", "big"))
        found[_THEIRS.get(name, name)] = [] if name == "access_list" else told
    return found


def _receipts(block: Block) -> list[dict[str, Any]]:
    return [
        {
            "blockHash": _hex(block.hash),
            "transactionHash": _hex(receipt.hash),
            "transactionIndex": hex(receipt.index),
            "from": _hex(receipt.sender),
            "status": hex(receipt.succeeded),
            "gasUsed": hex(receipt.gas_used),
            "type": hex(receipt.kind),
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
_BLOCK = _block(
    [
        Receipt(index=0, hash=b"", sender=b"", succeeded=True, gas_used=21_000, logs=_LOGS[: 2 * index + 1])
        for index in range(2)
    ]
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


@pytest.mark.parametrize(("receipt", "log"), [(0, 0), (1, 0), (1, 1)])
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
