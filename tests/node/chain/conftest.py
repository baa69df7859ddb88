"""Both engines as one fixture: what holds of a chain is asked of each."""

from collections.abc import Iterator
from itertools import count

import pytest

from node.chain.endpoint import Endpoint
from node.chain.engines import ENGINES
from node.chain.protocol import Chain
from node.chain.rpc import RpcChain
from node.chain.tester import TesterChain
from tests.chains import Anvil
from tests.clocks import SetClock
from tests.scenario import Network, found

START = 1_795_000_000
_chain_ids = count(20_270_001)


@pytest.fixture(scope="module")
def clock() -> SetClock:
    """The clock of the module's chain."""
    return SetClock(START)


@pytest.fixture(scope="module", params=["eth-tester", "anvil"])
def chain(request: pytest.FixtureRequest, clock: SetClock) -> Iterator[Chain]:
    """A chain of each engine, shared by the module's tests."""
    if request.param == "eth-tester":
        yield TesterChain(clock)
        return
    anvil = Anvil("--timestamp", str(START), chain_id=next(_chain_ids))
    endpoint = Endpoint(anvil.url, timeout=10)
    yield RpcChain(endpoint, ENGINES["anvil"])
    endpoint.close()
    anvil.stop()


@pytest.fixture(scope="module")
def network(chain: Chain, clock: SetClock) -> Network:
    """The contracts, an operator and three banks on a chain of each engine."""
    return found(chain, clock)
