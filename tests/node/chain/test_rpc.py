"""What only a chain behind RPC can do: vanish, lose answers, stall, come back as another, ask for fees."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx2
import pytest

from node.chain.endpoint import Endpoint
from node.chain.engines import ENGINES, Engine, FeeRule
from node.chain.fees import FeeLimits
from node.chain.protocol import Fees
from node.chain.rpc import BLOCKS_PER_REQUEST_MAX, RpcChain
from node.errors import (
    AlreadyKnown,
    BlockNotFound,
    ChainError,
    ChainUnavailable,
    FeesAboveLimit,
    NonceTaken,
    Underpriced,
)
from tests.chains import Anvil
from tests.node.chain.transactions import Account, wait

_ANVIL = ENGINES["anvil"]
_StartAnvil = Callable[..., Anvil]


class Counting(httpx2.HTTPTransport):
    """Counts requests, and loses the answers to some of them after the node has done its work."""

    def __init__(self) -> None:
        super().__init__()
        self.requests = 0
        self.loses = False

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Pass the request on, and perhaps not the answer."""
        self.requests += 1
        response = super().handle_request(request)
        if self.loses:
            response.close()
            raise httpx2.ReadTimeout("lost", request=request)
        return response


@contextmanager
def _connected(
    url: str, *, engine: Engine = _ANVIL, timeout: float = 10, transport: httpx2.BaseTransport | None = None
) -> Iterator[RpcChain]:
    endpoint = Endpoint(url, timeout, transport=transport)
    try:
        yield RpcChain(endpoint, engine)
    finally:
        endpoint.close()


def _ask(url: str, method: str, *parameters: object) -> object:
    endpoint = Endpoint(url, 10)
    answer: object = endpoint.request(method, *parameters)
    endpoint.close()
    return answer


def test_blocks_come_in_batches(anvil: _StartAnvil) -> None:
    """Sixteen blocks with all their receipts take one request."""
    url = anvil().url
    _ask(url, "anvil_mine", 39)
    transport = Counting()
    with _connected(url, transport=transport) as chain:
        blocks = chain.blocks(0, 39)

    assert list(range(40)) == [block.height for block in blocks]
    assert -(-40 // BLOCKS_PER_REQUEST_MAX) == transport.requests


@pytest.mark.parametrize("batches", [True, False])
@pytest.mark.parametrize("block_receipts", [True, False])
def test_capabilities_do_not_change_answers(
    anvil: _StartAnvil, *, batches: bool, block_receipts: bool
) -> None:
    """An engine without batches, or without block receipts, gives the same blocks."""
    url = anvil().url
    poor = replace(_ANVIL, batches=batches, block_receipts=block_receipts)
    with _connected(url) as chain, _connected(url, engine=poor) as other:
        for name in ("a", "b", "c"):
            signed = Account(name).sign(chain)
            chain.send(signed.raw)
            wait(chain, signed.hash)

        assert chain.blocks(0, 3) == other.blocks(0, 3)
        with pytest.raises(BlockNotFound):
            other.block(4)


def test_depth_of_finality(anvil: _StartAnvil) -> None:
    """Under a rule of depth n the newest n blocks are not final, and the genesis block always is."""
    url = anvil().url
    with _connected(url, engine=replace(_ANVIL, final_depth=3)) as chain:
        assert "depth 3" == chain.finality
        assert 0 == chain.final_height()
        _ask(url, "anvil_mine", 5)
        assert 2 == chain.final_height()


def test_lost_answer(anvil: _StartAnvil) -> None:
    """A transaction whose answer is lost may have arrived: its hash tells, and sending it again is safe."""
    transport = Counting()
    with _connected(anvil().url, transport=transport) as chain:
        signed = Account("lost").sign(chain)
        transport.loses = True
        with pytest.raises(ChainUnavailable):
            chain.send(signed.raw)
        transport.loses = False

        assert wait(chain, signed.hash).succeeded
        with pytest.raises(NonceTaken):
            chain.send(signed.raw)


def test_waiting_transaction_is_known(anvil: _StartAnvil) -> None:
    """What waits in the pool is already known, has no receipt, and uses no nonce yet."""
    with _connected(anvil("--no-mining").url) as chain:
        account = Account("waiting")
        signed = account.sign(chain)
        chain.send(signed.raw)

        with pytest.raises(AlreadyKnown):
            chain.send(signed.raw)
        with pytest.raises(Underpriced):
            chain.send(account.sign(chain, data=b"other").raw)
        assert chain.receipt(signed.hash) is None
        assert 0 == chain.nonce(account.address)


def test_chain_away_and_back(anvil: _StartAnvil) -> None:
    """A node that is gone is unavailable; the same client finds it when it is back, with another genesis."""
    first = anvil("--timestamp", "1700000000")
    with _connected(first.url) as chain:
        genesis = chain.genesis_hash()
        first.kill()
        for question in (chain.chain_id, chain.final_height, chain.genesis_hash, chain.fees):
            with pytest.raises(ChainUnavailable):
                question()

        anvil("--timestamp", "1700000001", chain_id=first.chain_id, port=first.port)

        assert first.chain_id == chain.chain_id()
        assert genesis != chain.genesis_hash()


def test_stalled_node(anvil: _StartAnvil) -> None:
    """A node that takes the connection and says nothing is unavailable after the deadline."""
    stalled = anvil()
    with _connected(stalled.url, timeout=0.3) as chain:
        stalled.pause()
        try:
            with pytest.raises(ChainUnavailable):
                chain.chain_id()
        finally:
            stalled.go_on()
        assert stalled.chain_id == chain.chain_id()


def test_market_fees(anvil: _StartAnvil) -> None:
    """Where blocks have a base fee, twice of it is offered beside the tip; such a transaction is mined."""
    url = anvil().url
    account = Account("payer of gas")
    with _connected(url) as chain:
        _ask(url, "anvil_setNextBlockBaseFeePerGas", hex(10**9))
        _ask(url, "evm_mine")

        fees = chain.fees()
        tip = int(str(_ask(url, "eth_maxPriorityFeePerGas")), 16)
        assert Fees(price=2 * 10**9 + tip, priority=tip) == fees

        _ask(url, "anvil_setBalance", "0x" + account.address.hex(), hex(10**18))
        signed = account.sign(chain, fees=fees)
        chain.send(signed.raw)
        assert wait(chain, signed.hash).succeeded


def test_legacy_fees(anvil: _StartAnvil) -> None:
    """Under the legacy rule the price the node suggests is offered; such a transaction is mined."""
    url = anvil().url
    _ask(url, "anvil_setNextBlockBaseFeePerGas", hex(10**9))
    _ask(url, "evm_mine")
    account = Account("payer of gas")
    with _connected(url, engine=replace(_ANVIL, fee_rule=FeeRule.LEGACY)) as chain:
        fees = chain.fees()
        assert Fees(price=int(str(_ask(url, "eth_gasPrice")), 16)) == fees
        assert fees.price >= 10**9

        _ask(url, "anvil_setBalance", "0x" + account.address.hex(), hex(10**18))
        signed = account.sign(chain, fees=fees)
        chain.send(signed.raw)
        assert wait(chain, signed.hash).succeeded


def test_fees_have_a_limit(anvil: _StartAnvil) -> None:
    """A chain that asks more than the operator's limit gets no offer."""
    url = anvil().url
    _ask(url, "anvil_setNextBlockBaseFeePerGas", hex(10**9))
    _ask(url, "evm_mine")
    for rule in (FeeRule.LEGACY, FeeRule.MARKET):
        endpoint = Endpoint(url, 10)
        chain = RpcChain(
            endpoint, replace(_ANVIL, fee_rule=rule), limits=FeeLimits(price_max=10**8, priority_max=1)
        )
        with pytest.raises(FeesAboveLimit):
            chain.fees()
        chain.close()


def test_clock_of_a_real_chain() -> None:
    """A chain whose engine has no settable clock is not asked to set it."""
    engine = replace(_ANVIL, clock_settable=False)
    with _connected("http://127.0.0.1:1", engine=engine) as chain, pytest.raises(ChainError, match="clock"):
        chain.set_time(1)


def test_no_time_travel(anvil: _StartAnvil) -> None:
    """Setting the clock back is refused by the chain."""
    with _connected(anvil().url) as chain, pytest.raises(ChainError):
        chain.set_time(1)
