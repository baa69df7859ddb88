"""Several endpoints as one chain: each fails, lags or lies as told, and the best of the rest answers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.chain.endpoint import Endpoint
from node.chain.engines import ENGINES
from node.chain.failover import COMPARE_SECONDS, PAUSE_SECONDS_MAX, FailoverChain, Identity
from node.chain.rpc import RpcChain
from node.errors import (
    AlreadyKnown,
    BlockNotFound,
    ChainBusy,
    ChainUnavailable,
    TransactionRefused,
    WrongChain,
    WrongGenesis,
)
from settlement.instruction import keccak
from tests.clocks import SetClock

_RIGHT = Identity(chain_id=7, genesis_hash=b"\x01" * 32)
_RECEIPT = {
    "blockHash": "0x" + "02" * 32,
    "transactionIndex": "0x0",
    "transactionHash": "0x" + "03" * 32,
    "from": "0x" + "04" * 20,
    "status": "0x1",
    "gasUsed": "0x5",
    "logs": [],
}


@dataclass(kw_only=True)
class _Node:
    """An RPC node that does what its fields say, and remembers what it was asked."""

    head: int = 10
    nonce: int = 0
    chain_id: int = _RIGHT.chain_id
    genesis: str = "0x" + _RIGHT.genesis_hash.hex()
    receipt: Any = None
    status: int = 200
    refusal: str | None = None
    asked: list[str] = field(default_factory=list)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        body = orjson.loads(request.content)
        method, parameters = body["method"], body["params"]
        self.asked.append(method)
        if method == "eth_getBlockByNumber":
            number = int(parameters[0], 16)
            result: Any = {"hash": self.genesis} if number <= self.head else None
        else:
            result = {
                "eth_chainId": hex(self.chain_id),
                "eth_blockNumber": hex(self.head),
                "eth_getTransactionCount": hex(self.nonce),
                "eth_getTransactionReceipt": self.receipt,
                "eth_sendRawTransaction": "0x" + keccak(b"raw").hex(),
            }[method]
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": body["id"], "result": result}
        if method == "eth_sendRawTransaction" and self.refusal:
            answer = {"jsonrpc": "2.0", "id": body["id"], "error": {"code": -32000, "message": self.refusal}}
        return httpx2.Response(self.status, content=orjson.dumps(answer))

    def asked_for(self, method: str) -> int:
        return self.asked.count(method)


def _chain(*nodes: _Node, clock: SetClock | None = None, identity: Identity | None = _RIGHT) -> FailoverChain:
    endpoints = [
        (
            f"endpoint {number}",
            RpcChain(
                Endpoint("http://n.test", 5, transport=httpx2.MockTransport(node.answer)), ENGINES["anvil"]
            ),
        )
        for number, node in enumerate(nodes, 1)
    ]
    return FailoverChain(endpoints, clock=clock or SetClock(1000), identity=identity)


def test_first_is_asked() -> None:
    """While the first endpoint answers, the others are asked for their head only."""
    first, second = _Node(), _Node()
    chain = _chain(first, second)
    assert [10, 0] == [chain.final_height(), chain.nonce(bytes(20))]
    chain.send(b"raw")
    assert 0 == second.asked_for("eth_sendRawTransaction") + second.asked_for("eth_getTransactionCount")
    assert ("anvil", ENGINES["anvil"].finality) == (chain.engine, chain.finality)
    chain.close()
    with pytest.raises(ChainUnavailable):
        chain.final_height()


@pytest.mark.parametrize("status", [429, 500, 503, 301])
def test_next_takes_over(status: int) -> None:
    """When the endpoint in use fails, the next gets the same question, and keeps the work."""
    first, second = _Node(status=status), _Node()
    chain = _chain(first, second)
    chain.send(b"raw")
    chain.send(b"raw")
    assert 2 == second.asked_for("eth_sendRawTransaction")
    assert 1 == len(first.asked)


def test_one_that_failed_rests_longer_each_time() -> None:
    """An endpoint that fails is asked more and more rarely, and no more rarely than the limit."""
    clock, first = SetClock(1000), _Node(status=500)
    chain = _chain(first, _Node(), clock=clock)
    for _ in range(1000):
        chain.final_height()
        clock.sleep(1)
    assert 8 <= len(first.asked) <= 9 + 1000 // PAUSE_SECONDS_MAX
    first.status = 200
    clock.sleep(PAUSE_SECONDS_MAX)
    first.head = 11
    assert 11 == chain.final_height()


def test_each_is_asked_once_at_most() -> None:
    """With all endpoints away a question fails after one try at each, also while they rest."""
    nodes = [_Node(status=500) for _ in range(3)]
    chain = _chain(*nodes)
    for tries in (1, 2):
        with pytest.raises(ChainUnavailable, match=r"endpoint 1: .*; endpoint 2: .*; endpoint 3: "):
            chain.fees()
        assert [tries] * 3 == [len(node.asked) for node in nodes]


def test_lost_answer_beats_a_refusal_for_load() -> None:
    """Where one endpoint may have taken the bytes nobody says that none has; all busy is busy."""
    with pytest.raises(ChainUnavailable):
        _chain(_Node(status=500), _Node(status=429)).send(b"raw")
    with pytest.raises(ChainBusy):
        _chain(_Node(status=429), _Node(status=429)).send(b"raw")


@pytest.mark.parametrize(
    ("refusal", "error"), [("already known", AlreadyKnown), ("oversized data", TransactionRefused)]
)
def test_refusal_is_an_answer(refusal: str, error: type[Exception]) -> None:
    """What a node refuses for what it is, is not offered to the next."""
    second = _Node()
    with pytest.raises(error):
        _chain(_Node(refusal=refusal), second).send(b"raw")
    assert [] == second.asked


@pytest.mark.parametrize(
    ("wrong", "error"), [({"chain_id": 8}, WrongChain), ({"genesis": "0x" + "09" * 32}, WrongGenesis)]
)
def test_one_of_another_chain_is_left_out(wrong: dict[str, Any], error: type[Exception]) -> None:
    """An endpoint of another chain is never asked anything else; if all are, that is the error."""
    stray, right = _Node(head=99, receipt=_RECEIPT, **wrong), _Node()
    chain = _chain(stray, right)
    assert [7, 10] == [chain.chain_id(), chain.final_height()]
    assert chain.receipt(bytes(32)) is None
    chain.send(b"raw")
    assert {"eth_chainId", "eth_getBlockByNumber"} >= set(stray.asked)
    with pytest.raises(error):
        _chain(stray, stray).final_height()
    with pytest.raises(ChainUnavailable):
        _chain(stray, _Node(status=500)).final_height()


def test_without_identity_the_first_that_answers_gives_it() -> None:
    """At the first deployment nothing says which chain it must be: all endpoints must be of one."""
    other = _Node(chain_id=8, head=99)
    chain = _chain(_Node(status=500), _Node(), other, identity=None)
    assert [10, 7] == [chain.final_height(), chain.chain_id()]
    assert 0 == other.asked_for("eth_blockNumber")


def test_endpoint_that_came_back_as_another_chain_is_left_out() -> None:
    """After a failure an endpoint is asked again which chain it serves."""
    clock, first, second = SetClock(1000), _Node(head=20), _Node()
    chain = _chain(first, second, clock=clock)
    assert 20 == chain.final_height()
    first.status = 500
    second.head = 20
    assert 20 == chain.final_height()
    first.status, first.chain_id, first.head = 200, 8, 99
    clock.sleep(PAUSE_SECONDS_MAX)
    assert 20 == chain.final_height()


def test_head_does_not_go_back() -> None:
    """An endpoint whose head went back is left for one that has what was heard; if none has, it is told."""
    first, second = _Node(head=20), _Node(head=20)
    chain = _chain(first, second)
    assert 20 == chain.final_height()
    first.head = 15
    assert 20 == chain.final_height()
    assert b"\x01" * 32 == chain.genesis_hash()
    second.head = 16
    assert 16 == chain.final_height()


def test_endpoint_that_stands_still_is_left() -> None:
    """An endpoint that answers and does not get on is noticed by comparing heads now and then."""
    clock, first, second = SetClock(1000), _Node(head=20), _Node(head=20)
    chain = _chain(first, second, clock=clock)
    assert 20 == chain.final_height()
    second.head = 30
    assert 20 == chain.final_height()
    clock.sleep(COMPARE_SECONDS)
    assert 30 == chain.final_height()
    asked = len(first.asked)
    chain.nonce(bytes(20))
    assert asked == len(first.asked)


def test_nonce_does_not_go_back() -> None:
    """A lower nonce than was heard is believed only when no endpoint knows the higher one."""
    first, second = _Node(nonce=5), _Node(nonce=4)
    chain = _chain(first, second)
    address = bytes(20)
    assert 5 == chain.nonce(address)
    first.nonce = 3
    assert 4 == chain.nonce(address)
    second.nonce = 6
    assert 6 == chain.nonce(address)


def test_receipt_that_one_knows_is_found() -> None:
    """That there is no receipt is believed only when no endpoint has it."""
    second = _Node(receipt=_RECEIPT)
    found = _chain(_Node(), second).receipt(bytes(32))
    assert found is not None
    assert 5 == found.gas_used
    assert _chain(_Node(), _Node(status=500)).receipt(bytes(32)) is None


def test_block_that_one_has_is_found() -> None:
    """A block that an endpoint has not got yet is asked of the next; none has it: it is not found."""
    chain = _chain(_Node(head=1), _Node(head=0))
    with pytest.raises(BlockNotFound):
        chain.block_hash(5)
    assert _RIGHT.genesis_hash == chain.block_hash(0)


_QUESTIONS: list[Callable[[FailoverChain], object]] = [
    lambda chain: chain.final_height(),
    lambda chain: chain.nonce(bytes(20)),
    lambda chain: chain.receipt(bytes(32)),
    lambda chain: chain.send(b"raw"),
    lambda chain: chain.block_hash(0),
]
_node = st.builds(
    _Node,
    head=st.integers(0, 3),
    nonce=st.integers(0, 3),
    chain_id=st.sampled_from([7, 7, 7, 8]),
    status=st.sampled_from([200, 200, 429, 500]),
)


@given(
    nodes=st.lists(_node, min_size=2, max_size=4), questions=st.lists(st.sampled_from(_QUESTIONS), max_size=6)
)
def test_who_can_answer_does(nodes: list[_Node], questions: list[Callable[[FailoverChain], object]]) -> None:
    """While one right endpoint answers, everything is answered, and the first head told is the highest."""
    chain = _chain(*nodes)
    well = [node for node in nodes if (node.status, node.chain_id) == (200, 7)]
    if not well:
        with pytest.raises((ChainUnavailable, ChainBusy, WrongChain)):
            chain.final_height()
        return
    assert max(node.head for node in well) == chain.final_height()
    for question in questions:
        question(chain)
    wrong = [node for node in nodes if node.chain_id == 8]
    assert not any(node.asked_for("eth_sendRawTransaction") for node in wrong)
