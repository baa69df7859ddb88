"""Whatever comes back over HTTP, only our own errors come out."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import httpx2
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.chain.endpoint import Endpoint
from node.chain.engines import ENGINES, Engine
from node.chain.rpc import RpcChain
from node.errors import (
    ChainBusy,
    ChainError,
    ChainUnavailable,
    ContractRefused,
    MalformedAnswer,
    SettingsInvalid,
)

_URL = "http://chain.test"
_Handler = Callable[[httpx2.Request], httpx2.Response]


def _endpoint(handler: _Handler) -> Endpoint:
    return Endpoint(_URL, 5, transport=httpx2.MockTransport(handler))


def _answering(answer: Callable[[Any], Any]) -> Endpoint:
    """An endpoint that answers with what `answer` makes of the request."""
    return _endpoint(
        lambda request: httpx2.Response(200, content=orjson.dumps(answer(orjson.loads(request.content))))
    )


def _echo(asked: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": asked["id"], "result": asked["params"]}


def test_request() -> None:
    """The result of a call is handed on as it is."""
    assert [1, "0x2"] == _answering(_echo).request("echo", 1, "0x2")


def test_batch_in_any_order() -> None:
    """A batch's results come in the order of its calls, in whatever order the node answers."""
    endpoint = _answering(lambda asked: [_echo(each) for each in reversed(asked)])

    assert [[1], [2], [3]] == endpoint.batch([("echo", (number,)) for number in (1, 2, 3)])


def test_empty_batch_asks_nothing() -> None:
    """No calls, no request: an empty batch is not valid JSON-RPC."""
    assert [] == _answering(lambda _: 1 / 0).batch([])


def test_one_refusal_fails_the_batch() -> None:
    """A refusal inside a batch is raised, for half an answer is none."""

    def answer(asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            _echo(asked[0]),
            {"jsonrpc": "2.0", "id": asked[1]["id"], "error": {"code": 3, "message": "execution reverted"}},
        ]

    with pytest.raises(ContractRefused):
        _answering(answer).batch([("echo", ()), ("echo", ())])


def test_refused_batch() -> None:
    """A node may answer a whole batch with a single error."""
    with pytest.raises(ChainBusy):
        _answering(lambda _: {"id": None, "error": {"code": -32005, "message": "limit exceeded"}}).batch(
            [("echo", ())]
        )


@pytest.mark.parametrize(
    "answer",
    [
        lambda asked: _echo(asked) | {"id": asked["id"] + 1},
        lambda asked: _echo(asked) | {"id": str(asked["id"])},
        lambda _: {"jsonrpc": "2.0", "result": 1},
        lambda asked: {"id": asked["id"], "result": 1},
        lambda asked: _echo(asked) | {"jsonrpc": "1.0"},
        lambda asked: {"jsonrpc": "2.0", "id": asked["id"]},
        lambda asked: {"jsonrpc": "2.0", "id": asked["id"] + 1, "error": {"code": 3, "message": "reverted"}},
        lambda _: [],
        lambda _: None,
        lambda _: "0x1",
        lambda asked: [_echo(asked)],
    ],
    ids=[
        "other id",
        "text id",
        "no id",
        "no version",
        "other version",
        "no result",
        "other id's error",
        "list",
        "null",
        "text",
        "batch",
    ],
)
def test_malformed_answer(answer: Callable[[Any], Any]) -> None:
    """An answer to another question, or to none, is not taken for the answer to this one."""
    with pytest.raises(MalformedAnswer):
        _answering(answer).request("echo", 1)


@pytest.mark.parametrize(
    "answer",
    [
        lambda asked: [_echo(asked[0])],
        lambda asked: [_echo(asked[0]), _echo(asked[0])],
        lambda asked: [_echo(asked[0]), None],
        lambda _: {"id": None},
        lambda asked: [*map(_echo, asked), _echo(asked[0])],
    ],
    ids=["one missing", "one twice", "null", "object", "too many"],
)
def test_malformed_batch(answer: Callable[[Any], Any]) -> None:
    """A batch with answers missing, doubled or foreign is no answer."""
    with pytest.raises(MalformedAnswer):
        _answering(answer).batch([("echo", (1,)), ("echo", (2,))])


@pytest.mark.parametrize("content", [b"", b"{", b"<html>", b"\xff\xfe", b"{}{}", b"[" * 5000])
def test_no_json(content: bytes) -> None:
    """What is not JSON is a malformed answer."""
    with pytest.raises(MalformedAnswer):
        _endpoint(lambda _: httpx2.Response(200, content=content)).request("echo")


@pytest.mark.parametrize(
    "error",
    [httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ReadTimeout, httpx2.WriteError, httpx2.PoolTimeout,
     httpx2.RemoteProtocolError, httpx2.ProxyError, httpx2.UnsupportedProtocol, httpx2.DecodingError,
     httpx2.TooManyRedirects, httpx2.CloseError],
)  # fmt: skip
def test_no_answer(error: type[httpx2.RequestError]) -> None:
    """A connection that fails in any way is one error: what was sent may have arrived."""

    def fail(request: httpx2.Request) -> httpx2.Response:
        raise error("gone", request=request)

    with pytest.raises(ChainUnavailable, match=error.__name__):
        _endpoint(fail).request("echo")


def test_unreachable_port() -> None:
    """Nobody listens: the chain is unavailable, at once."""
    endpoint = Endpoint("http://127.0.0.1:1", 5)
    with pytest.raises(ChainUnavailable):
        endpoint.request("echo")
    endpoint.close()


def test_closed_endpoint() -> None:
    """A request after `close` is refused by our own error."""
    endpoint = _answering(_echo)
    endpoint.close()
    with pytest.raises(ChainUnavailable):
        endpoint.request("echo")


def test_deadline_counts_the_whole_answer() -> None:
    """A node that keeps sending a little, for ever, does not hold a worker for ever."""

    class Dripping(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                time.sleep(0.02)
                yield b" "

    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, stream=Dripping()))
    with pytest.raises(ChainUnavailable, match="longer"):
        Endpoint(_URL, 0.1, transport=transport).request("echo")


def test_answer_in_small_pieces_has_a_limit() -> None:
    """However small the pieces of an answer are, what counts is all that came (R9)."""
    read = []

    def pieces() -> Iterator[bytes]:
        for number in range(1000):
            read.append(number)
            yield b" " * 10

    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, content=pieces()))
    endpoint = Endpoint(_URL, 5, answer_bytes_max=1000, transport=transport)
    with pytest.raises(ChainUnavailable, match="above 1000 bytes"):
        endpoint.request("echo")
    assert len(read) < 1000


def test_answer_has_a_limit() -> None:
    """An answer above the limit is not read to its end."""
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, content=b" " * 1001))

    with pytest.raises(ChainUnavailable, match="1000 bytes"):
        Endpoint(_URL, 5, answer_bytes_max=1000, transport=transport).request("echo")


@pytest.mark.parametrize(
    "url", ["http://a b:x", "http://h:99999999", "ftp://h", "chain.test:8545", "", "http://"]
)
def test_url_that_is_none(url: str) -> None:
    """A URL nobody can connect to is the operator's to mend, told by the setting's name."""
    with pytest.raises(SettingsInvalid, match="VOSTRO_RPC_URL"):
        Endpoint(url, 5)


_FIELDS = (
    *("hash", "number", "parentHash", "timestamp", "transactions", "transactionIndex", "transactionHash"),
    *(
        "status",
        "from",
        "blockHash",
        "gasUsed",
        "logs",
        "logIndex",
        "address",
        "topics",
        "data",
        "baseFeePerGas",
    ),
)
_text = st.text(max_size=8) | st.sampled_from(["0x", "0x1", "0xzz", "0x" + "ab" * 32, "0x" + "ab" * 20])
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | _text,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_FIELDS), inner, max_size=len(_FIELDS))
    ),
    max_leaves=20,
)
_QUESTIONS: list[Callable[[RpcChain], object]] = [
    lambda chain: chain.chain_id(),
    lambda chain: chain.genesis_hash(),
    lambda chain: chain.final_height(),
    lambda chain: chain.block(1),
    lambda chain: chain.blocks(1, 2),
    lambda chain: chain.nonce(bytes(20)),
    lambda chain: chain.fees(),
    lambda chain: chain.send(b"raw"),
    lambda chain: chain.receipt(bytes(32)),
    lambda chain: chain.call(bytes(20), b""),
    lambda chain: chain.code(bytes(20)),
]


def _results(asked: Any, result: object) -> Any:
    if isinstance(asked, list):
        return [_results(each, result) for each in asked]
    return {"jsonrpc": "2.0", "id": asked["id"], "result": result}


@given(
    question=st.sampled_from(_QUESTIONS),
    engine=st.sampled_from([ENGINES["anvil"], ENGINES["eth-tester"]]),
    status=st.sampled_from([200, 200, 200, 404, 429, 500]),
    answer=_json,
    is_result=st.booleans(),
)
def test_nothing_foreign_escapes(
    *, question: Callable[[RpcChain], object], engine: Engine, status: int, answer: object, is_result: bool
) -> None:
    """Whatever a node answers to whatever question, it is a result or one of our own errors."""

    def handle(request: httpx2.Request) -> httpx2.Response:
        asked = orjson.loads(request.content)
        return httpx2.Response(status, content=orjson.dumps(_results(asked, answer) if is_result else answer))

    with suppress(ChainError):
        question(RpcChain(_endpoint(handle), engine))
