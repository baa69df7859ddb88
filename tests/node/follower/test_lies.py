"""What an RPC node may say that is not so: for each whether it alarms, is refused, or does nothing.

A real chain behind a transport that changes one answer. Whatever the lie, no false row is written: an alarm
is an incident that stops the follower, a refusal passes once the node tells the truth again, and where a
lie is harmless the mirror is the one that the truth makes. Lies of validators are in `test_checking`.
"""

import shutil
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import coincurve
import httpx2
import orjson
import pytest

from node.chain import answers
from node.chain.endpoint import Endpoint
from node.chain.engines import ENGINES
from node.chain.failover import FailoverChain
from node.chain.protocol import Fees
from node.chain.rpc import RpcChain
from node.chain.witnesses import Witnesses
from node.errors import (
    BlockNotFound,
    ChainUnavailable,
    EndpointBehind,
    EndpointsDisagree,
    MalformedAnswer,
    WrongChain,
    WrongGenesis,
)
from node.follower.follower import Follower
from node.follower.rebuild import Picture, picture
from node.keys.signer import UnsignedTransaction
from node.keys.signing import in_memory, sign_transaction
from node.store.incidents import open_incidents
from node.store.session import Store
from settlement.errors import (
    BrokenRule,
    MirrorGap,
    SettlementError,
    WrongBlockHash,
    WrongReceipts,
    WrongTransactions,
)
from settlement.evidence import trie
from tests.chains import Anvil
from tests.clocks import SetClock
from tests.node.chain.transactions import Account
from tests.scenario import BANKS, USD, Member, Network, found

CHAIN_ID = 20_290_001
Json = Any
Told = Callable[[Json], Json]
HEADER, RECEIPTS, HEAD = "eth_getBlockByNumber", "eth_getBlockReceipts", "eth_blockNumber"
_OTHER_HASH, _OTHER_ADDRESS = "0x" + "0e" * 32, "0x" + "0e" * 20


class Harmless(SettlementError):
    """In the list only: the lie changes nothing of the mirror."""


class Liar(httpx2.HTTPTransport):
    """Passes requests on, and tells its lies instead of the answers they are about."""

    def __init__(self) -> None:
        super().__init__()
        self.lies: dict[tuple[str, str | None], Told] = {}

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request, changed where there is a lie for its method and first parameter."""
        asked = orjson.loads(request.content)
        response = super().handle_request(request)
        answer = orjson.loads(response.read())
        if isinstance(asked, list):
            by_id = {each["id"]: each for each in answer}
            told: Json = [self._tell(each, by_id[each["id"]]) for each in asked]
        else:
            told = self._tell(asked, answer)
        return httpx2.Response(200, content=orjson.dumps(told))

    def _tell(self, asked: Json, answer: Json) -> Json:
        first = asked["params"][0] if asked["params"] else None
        lie = self.lies.get((asked["method"], first))
        return answer if lie is None else answer | {"result": lie(deepcopy(answer["result"]))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A chain with a block of three transactions at `height`, and a mirror that ends just before it."""

    network: Network
    url: str
    height: int
    mirrored: Path
    truth: Picture
    before: Json

    @property
    def block(self) -> str:
        """The block that is lied about, as parameters have it."""
        return hex(self.height)


def _payment(network: Network, payer: Member, nonce: int, count: int) -> bytes:
    terms = [network.terms(payer, BANKS[2], USD, 1 + number) for number in range(count)]
    data = network.contracts.pay_calldata([(each, bytes(32)) for each in terms])
    asked = UnsignedTransaction(
        chain_id=CHAIN_ID,
        nonce=nonce,
        to=network.contracts.address("Payments"),
        data=data,
        gas=2_000_000,
        fees=Fees(price=0),
    )
    return sign_transaction(in_memory(coincurve.PrivateKey(payer.secret("pay"))), asked).raw


def _mirror(store: Store, chain: RpcChain, network: Network, *, until: int | None = None) -> None:
    _follow(Follower(store, chain, network.contracts, SetClock(0)), until=until)


def _follow(follower: Follower, *, until: int | None = None) -> None:
    while follower.tick(until=until):
        pass


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The chain of this file, and its honest mirror."""
    anvil = Anvil(chain_id=CHAIN_ID)
    endpoint = Endpoint(anvil.url, 60)
    chain = RpcChain(endpoint, ENGINES["anvil"])
    network = found(chain, SetClock(1_800_000_000))
    for bank in BANKS[:2]:
        network.issue(bank, USD, 10**9)
    endpoint.request("evm_setAutomine", False)
    for bank, count in ((BANKS[0], 3), (BANKS[1], 2)):
        chain.send(_payment(network, bank, chain.nonce(bank.key("pay")), count))
    chain.send(Account("nobody").sign(chain).raw)
    endpoint.request("evm_mine")
    height = chain.final_height()
    chain.send(_payment(network, BANKS[0], chain.nonce(BANKS[0].key("pay")), 1))
    endpoint.request("evm_mine")
    folder = tmp_path_factory.mktemp("lies")
    whole, part = (Store(f"sqlite:///{folder / name}") for name in ("whole", "part"))
    for store, until in ((whole, None), (part, height - 1)):
        store.migrate()
        _mirror(store, chain, network, until=until)
    truth = picture(whole)
    whole.close()
    part.close()
    assert 3 == len(chain.block(height).receipts)
    yield Scene(
        network=network,
        url=anvil.url,
        height=height,
        mirrored=folder / "part",
        truth=truth,
        before=endpoint.request(HEADER, hex(height - 1), True),
    )
    endpoint.close()
    anvil.stop()


def _field(**changes: Json) -> Told:
    return lambda result: result | changes


def _without(*names: str) -> Told:
    return lambda result: {name: value for name, value in result.items() if name not in names}


def _transaction(place: int, **changes: Json) -> Told:
    def tell(block: Json) -> Json:
        block["transactions"][place] |= changes
        return block

    return tell


def _receipt(place: int, **changes: Json) -> Told:
    def tell(receipts: Json) -> Json:
        receipts[place] |= changes
        return receipts

    return tell


def _numbered(receipts: Json) -> Json:
    """Number transactions and logs anew, so that nothing but the roots shows what is missing."""
    place = 0
    for index, receipt in enumerate(receipts):
        receipt["transactionIndex"] = hex(index)
        for log in receipt["logs"]:
            log["logIndex"], place = hex(place), place + 1
    return receipts


def _logs(change: Callable[[list[Json]], list[Json]], place: int = 0) -> Told:
    def tell(receipts: Json) -> Json:
        receipts[place]["logs"] = change(receipts[place]["logs"])
        return _numbered(receipts)

    return tell


def _log(**changes: Json) -> Told:
    return _logs(lambda logs: [logs[0] | changes, *logs[1:]])


def _more_money(receipts: Json) -> Json:
    """Change the amount in the packed terms of the first payment."""
    data = receipts[0]["logs"][0]["data"]
    receipts[0]["logs"][0]["data"] = data[:50] + "7" + data[51:]
    return receipts


def _dropped(place: int) -> Told:
    def tell(listed: Json) -> Json:
        entries = listed["transactions"] if isinstance(listed, dict) else listed
        del entries[place]
        return listed if isinstance(listed, dict) else _numbered(listed)

    return tell


def _swapped(listed: Json) -> Json:
    entries = listed["transactions"] if isinstance(listed, dict) else listed
    entries[0], entries[1] = entries[1], entries[0]
    return listed if isinstance(listed, dict) else _numbered(listed)


def _emptied(listed: Json) -> Json:
    return listed | {"transactions": []} if isinstance(listed, dict) else []


def _hashed(**changes: Json) -> Told:
    """A header with something changed, under its own right hash."""

    def tell(block: Json) -> Json:
        changed = block | changes
        return changed | {"hash": "0x" + answers.header_of(changed).hash().hex()}

    return tell


def _empty_but_whole(block: Json) -> Json:
    """A block of one's own that has nothing in it, right in itself."""
    empty = "0x" + trie.root([]).hex()
    return _hashed(transactions=[], transactionsRoot=empty, receiptsRoot=empty, logsBloom="0x" + "00" * 256)(
        block
    )


# The lie: what comes of it, and what is told instead of which answers (method, of which block).
Lie = tuple[type[SettlementError], dict[str, Told]]
ABOUT_THE_BLOCK: dict[str, Lie] = {
    "another hash": (ChainUnavailable, {HEADER: _field(hash=_OTHER_HASH)}),
    "another parent": (MirrorGap, {HEADER: _field(parentHash=_OTHER_HASH)}),
    "another parent under a right hash": (ChainUnavailable, {HEADER: _hashed(parentHash=_OTHER_HASH)}),
    "another number": (MalformedAnswer, {HEADER: _field(number="0x1")}),
    "another time": (WrongBlockHash, {HEADER: _field(timestamp="0x1")}),
    "another state": (WrongBlockHash, {HEADER: _field(stateRoot=_OTHER_HASH)}),
    "another transactions root": (WrongBlockHash, {HEADER: _field(transactionsRoot=_OTHER_HASH)}),
    "another receipts root": (WrongBlockHash, {HEADER: _field(receiptsRoot=_OTHER_HASH)}),
    "another bloom": (WrongBlockHash, {HEADER: _field(logsBloom="0x" + "ff" * 256)}),
    "a short bloom": (MalformedAnswer, {HEADER: _field(logsBloom="0x00")}),
    "another proposer": (WrongBlockHash, {HEADER: _field(miner=_OTHER_ADDRESS)}),
    "other extra data": (WrongBlockHash, {HEADER: _field(extraData="0x0e")}),
    "other gas of the block": (WrongBlockHash, {HEADER: _field(gasUsed="0x1")}),
    "another base fee": (WrongBlockHash, {HEADER: _field(baseFeePerGas="0x1")}),
    "no base fee": (WrongBlockHash, {HEADER: _without("baseFeePerGas")}),
    "no receipts root": (MalformedAnswer, {HEADER: _without("receiptsRoot")}),
    "a number as text": (MalformedAnswer, {HEADER: _field(gasLimit="many")}),
    "no block": (BlockNotFound, {HEADER: lambda _: None}),
    "a block that is a list": (MalformedAnswer, {HEADER: lambda _: []}),
    "an empty block under the right hash": (WrongTransactions, {HEADER: _emptied, RECEIPTS: _emptied}),
    "a transaction left out": (WrongTransactions, {HEADER: _dropped(2), RECEIPTS: _dropped(2)}),
    "a transaction left out, its receipt not": (ChainUnavailable, {HEADER: _dropped(2)}),
    "transactions in another order": (WrongTransactions, {HEADER: _swapped, RECEIPTS: _swapped}),
    "other calldata": (WrongTransactions, {HEADER: _transaction(0, input="0x0e")}),
    "another recipient": (WrongTransactions, {HEADER: _transaction(0, to=_OTHER_ADDRESS)}),
    "another nonce": (WrongTransactions, {HEADER: _transaction(0, nonce="0xe")}),
    "another value": (WrongTransactions, {HEADER: _transaction(0, value="0xe")}),
    "another signature": (WrongTransactions, {HEADER: _transaction(0, r="0xe")}),
    "nobody's signature": (MalformedAnswer, {HEADER: _transaction(0, r="0x0")}),
    "a signature for any chain": (WrongTransactions, {HEADER: _transaction(0, v="0x1b")}),
    "a type that nobody knows": (MalformedAnswer, {HEADER: _transaction(0, type="0x7e")}),
    "another sender of a transaction": (Harmless, {HEADER: _transaction(0, **{"from": _OTHER_ADDRESS})}),
    "another hash of a transaction": (ChainUnavailable, {HEADER: _transaction(0, hash=_OTHER_HASH)}),
    "the same in its receipt": (
        WrongTransactions,
        {
            HEADER: _transaction(0, hash=_OTHER_HASH),
            RECEIPTS: _receipt(0, transactionHash=_OTHER_HASH),
        },
    ),
    "a receipt left out": (ChainUnavailable, {RECEIPTS: _dropped(0)}),
    "no receipts": (ChainUnavailable, {RECEIPTS: lambda _: []}),
    "receipts of a block that is not there": (BlockNotFound, {RECEIPTS: lambda _: None}),
    "receipts in another order": (ChainUnavailable, {RECEIPTS: _swapped}),
    "a receipt of another block": (ChainUnavailable, {RECEIPTS: _receipt(0, blockHash=_OTHER_HASH)}),
    "a receipt of another place": (MalformedAnswer, {RECEIPTS: _receipt(0, transactionIndex="0x2")}),
    "a success that reverted": (WrongReceipts, {RECEIPTS: _receipt(0, status="0x0")}),
    "another sender of a receipt": (Harmless, {RECEIPTS: _receipt(0, **{"from": _OTHER_ADDRESS})}),
    "another type of a receipt": (WrongTransactions, {RECEIPTS: _receipt(0, type="0x2")}),
    "other gas of a receipt": (WrongReceipts, {RECEIPTS: _receipt(0, gasUsed="0x1")}),
    "another amount": (WrongReceipts, {RECEIPTS: _more_money}),
    "another event": (WrongReceipts, {RECEIPTS: _log(topics=[_OTHER_HASH])}),
    "another contract": (WrongReceipts, {RECEIPTS: _log(address=_OTHER_ADDRESS)}),
    "a topic more": (
        WrongReceipts,
        {RECEIPTS: _logs(lambda logs: [logs[0] | {"topics": logs[0]["topics"] * 2}, *logs[1:]])},
    ),
    "a log left out": (WrongReceipts, {RECEIPTS: _logs(lambda logs: logs[1:])}),
    "all logs left out": (WrongReceipts, {RECEIPTS: _logs(lambda _: [])}),
    "a log twice": (WrongReceipts, {RECEIPTS: _logs(lambda logs: [*logs, dict(logs[-1])])}),
    "a log made up": (
        WrongReceipts,
        {RECEIPTS: _logs(lambda _: [{"address": _OTHER_ADDRESS, "topics": [], "data": "0x"}], place=2)},
    ),
    "logs in another order": (WrongReceipts, {RECEIPTS: _logs(lambda logs: logs[::-1])}),
    "a gap in the logs' numbers": (MalformedAnswer, {RECEIPTS: _receipt(0, logs=[])}),
    "an odd digit": (MalformedAnswer, {RECEIPTS: _log(data="0x0")}),
    "a block of its own, whole in itself": (ChainUnavailable, {HEADER: _empty_but_whole}),
    "the same with its receipts": (MirrorGap, {HEADER: _empty_but_whole, RECEIPTS: _emptied}),
}


def _required(scene: Scene, liar: Liar, store: Store, expected: type[SettlementError]) -> None:
    """Follow until all is told or an error comes; then tell the truth and follow on."""
    endpoint = Endpoint(scene.url, 60, transport=liar)
    chain = RpcChain(endpoint, ENGINES["anvil"])
    try:
        if expected is Harmless:
            _mirror(store, chain, scene.network)
        else:
            with pytest.raises(expected) as error:
                _mirror(store, chain, scene.network)
            assert expected is error.type
        liar.lies.clear()
        if issubclass(expected, BrokenRule | WrongChain | WrongGenesis):
            with store.snapshot() as connection:
                assert [expected("").code] == [each.code for each in open_incidents(connection)]
        else:
            _mirror(store, chain, scene.network)
            assert scene.truth == picture(store)
    finally:
        endpoint.close()


@pytest.fixture
def mirror(scene: Scene, tmp_path: Path) -> Iterator[Store]:
    """A mirror that ends just before the block of the lies."""
    shutil.copy(scene.mirrored, tmp_path / "mirror")
    store = Store(f"sqlite:///{tmp_path / 'mirror'}")
    yield store
    store.close()


@pytest.mark.parametrize("lie", ABOUT_THE_BLOCK)
def test_no_lie_about_a_block_is_mirrored(scene: Scene, mirror: Store, lie: str) -> None:
    """An alarm by its name, a refusal that heals, or no difference."""
    expected, told = ABOUT_THE_BLOCK[lie]
    liar = Liar()
    for method, tell in told.items():
        liar.lies[method, scene.block] = tell

    _required(scene, liar, mirror, expected)


def test_another_block_in_its_place(scene: Scene, mirror: Store) -> None:
    """The block before, told once more, has another number."""
    liar = Liar()
    liar.lies[HEADER, scene.block] = lambda _: scene.before

    _required(scene, liar, mirror, MalformedAnswer)


ABOUT_THE_HEAD: dict[str, tuple[type[SettlementError], Told]] = {
    "a head far ahead": (BlockNotFound, lambda _: "0xffff"),
    "a head beyond all numbers": (BlockNotFound, lambda _: "0x" + "f" * 15),
    "a head behind the mirror": (EndpointBehind, lambda _: "0x3"),
    "no block but the first": (EndpointBehind, lambda _: "0x0"),
    "a head that is no number": (MalformedAnswer, lambda _: "soon"),
    "a head below zero": (MalformedAnswer, lambda _: "-0x1"),
    "no head": (MalformedAnswer, lambda _: None),
}


@pytest.mark.parametrize("lie", ABOUT_THE_HEAD)
def test_no_lie_about_the_head_is_followed(scene: Scene, mirror: Store, lie: str) -> None:
    """A head that is not there is refused, one that is behind is waited for."""
    expected, tell = ABOUT_THE_HEAD[lie]
    liar = Liar()
    liar.lies[HEAD, None] = tell

    _required(scene, liar, mirror, expected)


def test_another_chain(scene: Scene, mirror: Store) -> None:
    """Another chain id is an alarm."""
    liar = Liar()
    liar.lies["eth_chainId", None] = lambda _: "0x1"

    _required(scene, liar, mirror, WrongChain)


def test_another_beginning(scene: Scene, mirror: Store) -> None:
    """Another first block is an alarm."""
    liar = Liar()
    liar.lies[HEADER, "0x0"] = _field(hash=_OTHER_HASH)

    _required(scene, liar, mirror, WrongGenesis)


def test_two_stories_of_one_block(scene: Scene, mirror: Store) -> None:
    """Equivocation: a block that was told and mirrored is told otherwise, whole in itself: an alarm."""
    endpoint = Endpoint(scene.url, 60)
    _mirror(mirror, RpcChain(endpoint, ENGINES["anvil"]), scene.network)
    endpoint.close()
    liar = Liar()
    liar.lies[HEADER, hex(scene.height + 1)] = _hashed(extraData="0x0e")

    _required(scene, liar, mirror, MirrorGap)


@pytest.mark.parametrize("lying", [0, 1, 2])
def test_one_of_three_endpoints_lies(scene: Scene, mirror: Store, lying: int) -> None:
    """Where endpoints must agree, another block from one of them is an alarm, whichever it is.

    The block is whole in itself, and so are its receipts: alone it would be mirrored.
    """
    liar, height = Liar(), hex(scene.height + 1)
    truth = Endpoint(scene.url, 60)
    told = _hashed(extraData="0x0e")(truth.request(HEADER, height, True))
    truth.close()
    liar.lies[HEADER, height] = lambda _: told
    liar.lies[RECEIPTS, height] = _receipt(0, blockHash=told["hash"])
    endpoints = [
        (f"endpoint {place}", Endpoint(scene.url, 60, transport=liar if place == lying else None))
        for place in range(3)
    ]
    chain = FailoverChain(
        [(name, RpcChain(each, ENGINES["anvil"])) for name, each in endpoints],
        clock=SetClock(0),
        identity=None,
    )
    witnesses = Witnesses(chain, needed=2, clock=SetClock(0))
    follower = Follower(mirror, chain, scene.network.contracts, SetClock(0), witnesses=witnesses)
    try:
        with pytest.raises(EndpointsDisagree):
            _follow(follower)
    finally:
        chain.close()
    with mirror.snapshot() as connection:
        assert ["endpoints_disagree"] == [each.code for each in open_incidents(connection)]


def test_the_list_is_long_enough() -> None:
    """At least forty lies, besides those of validators and of broken answers."""
    assert len(ABOUT_THE_BLOCK) + len(ABOUT_THE_HEAD) + 4 >= 40
