"""So many RPC endpoints must tell a block alike before it is mirrored: real chains, one behind a proxy."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest

from node.chain.contracts import Contracts
from node.chain.deployment import Deployment
from node.chain.endpoint import Endpoint
from node.chain.engines import ENGINES
from node.chain.failover import FailoverChain
from node.chain.rpc import RpcChain
from node.chain.witnesses import PATIENCE_SECONDS, Witnesses
from node.errors import AgreementMissing, EndpointsDisagree, SettingsInvalid, WriterStopped
from node.follower.follower import Follower
from node.mirror.head import head, newest_hashes
from node.store.incidents import incident_headers_of, open_incidents
from node.store.session import Store
from settlement.evidence import header
from tests.chains import Anvil
from tests.clocks import SetClock
from tests.proxy import Fault, Proxy

_CHAIN_ID, _START = 20_290_101, 1_800_000_000
_COMMON_BLOCKS, _BLOCKS = 4, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Branches:
    """Two chains that are one up to block 4 and go on to block 8, each with blocks of its own."""

    one: str
    other: str
    one_port: int


@pytest.fixture(scope="module")
def branches() -> Iterator[Branches]:
    """Two validators' stories, each whole in itself."""
    anvils = [Anvil("--timestamp", str(_START), chain_id=_CHAIN_ID) for _ in range(2)]
    for number, anvil in enumerate(anvils):
        endpoint = Endpoint(anvil.url, 60)
        for height in range(1, _BLOCKS + 1):
            moved = 0 if height <= _COMMON_BLOCKS else number
            endpoint.request("evm_setNextBlockTimestamp", _START + 10 * height + moved)
            endpoint.request("evm_mine")
        endpoint.close()
    yield Branches(one=anvils[0].url, other=anvils[1].url, one_port=anvils[0].port)
    for anvil in anvils:
        anvil.stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A follower of several endpoints, and what it goes by."""

    store: Store
    clock: SetClock
    chain: FailoverChain
    witnesses: Witnesses
    follower: Follower

    def follow(self) -> int:
        """Mirror until there is nothing more, and return the height."""
        while self.follower.tick():
            pass
        with self.store.snapshot() as connection:
            found = head(connection)
        return -1 if found is None else found.height


@pytest.fixture
def followed(stores: Callable[[str], Store]) -> Iterator[Callable[[Sequence[str], int], Node]]:
    """A function that makes a follower of these URLs, of which so many must agree."""
    made: list[FailoverChain] = []

    def make(urls: Sequence[str], needed: int) -> Node:
        clock, store = SetClock(_START), stores("sqlite")
        endpoints = [
            (f"endpoint {number}", RpcChain(Endpoint(url, 1), ENGINES["anvil"]))
            for number, url in enumerate(urls, 1)
        ]
        chain = FailoverChain(endpoints, clock=clock, identity=None)
        made.append(chain)
        witnesses = Witnesses(chain, needed=needed, clock=clock)
        deployment = Deployment(
            chain_id=_CHAIN_ID,
            genesis_hash=chain.genesis_hash(),
            contracts={"Ledger": bytes(19) + b"\1"},
            demo=True,
        )
        follower = Follower(store, chain, Contracts(deployment), clock, witnesses=witnesses)
        return Node(store=store, clock=clock, chain=chain, witnesses=witnesses, follower=follower)

    yield make
    for chain in made:
        chain.close()


Followed = Callable[[Sequence[str], int], Node]


def test_blocks_that_enough_endpoints_serve_are_mirrored(branches: Branches, followed: Followed) -> None:
    """Two of three agree, the third is away: all blocks are mirrored."""
    node = followed([branches.one, branches.one + "/", "http://127.0.0.1:9"], 2)

    assert _BLOCKS == node.follow()


@pytest.mark.parametrize("asked_first", [0, 1])
def test_another_final_block_of_one_endpoint_freezes(
    branches: Branches, followed: Followed, asked_first: int
) -> None:
    """Whoever is asked first, nothing of the batch is mirrored, and both headers of the first block told in
    two ways are kept with who told them.
    """
    urls = [branches.one, branches.other]
    node = followed([urls[asked_first], urls[1 - asked_first], branches.one + "/"], 2)

    with pytest.raises(EndpointsDisagree, match="endpoint"):
        node.follow()

    with node.store.snapshot() as connection:
        (incident,) = open_incidents(connection)
        told = incident_headers_of(connection, incident.id)
        assert None is head(connection)
    hashes = {name: header.decode(encoded).hash() for name, encoded in told}
    assert {"this node", "endpoint 1", "endpoint 2", "endpoint 3"} == hashes.keys()
    assert {_COMMON_BLOCKS + 1} == {header.decode(encoded).number for _, encoded in told}
    assert hashes["endpoint 1"] == hashes["this node"] != hashes["endpoint 2"]
    with pytest.raises(WriterStopped):
        node.follower.tick()


def test_too_few_are_waited_for(branches: Branches, followed: Followed) -> None:
    """While fewer endpoints answer than must agree nothing is mirrored; told when it takes long, no
    incident, and it heals.
    """
    with Proxy(branches.one_port, timeout=2) as proxy:
        node = followed([branches.one, proxy.url], 2)
        proxy.disturb(Fault.SERVER_ERROR, None, times=1_000)
        assert -1 == node.follow()
        node.clock.sleep(PATIENCE_SECONDS)
        with pytest.raises(AgreementMissing, match=r"1 of 2 endpoints serve block 0, 2 must.*endpoint 2"):
            node.follow()
        with node.store.snapshot() as connection:
            assert () == open_incidents(connection)
        proxy.heal()
        node.clock.sleep(PATIENCE_SECONDS)

        assert _BLOCKS == node.follow()


def test_an_endpoint_that_lags_is_waited_for(branches: Branches, followed: Followed) -> None:
    """Blocks are mirrored as far as enough endpoints have come, the others when they have."""
    with Proxy(branches.one_port, timeout=2) as proxy:
        node = followed([branches.one, proxy.url], 2)
        proxy.disturb(Fault.STALE, "eth_blockNumber", times=1_000)
        assert _BLOCKS - 4 == node.follow()
        proxy.heal()

        assert _BLOCKS == node.follow()


def test_an_endpoint_on_the_side_is_asked(branches: Branches, followed: Followed) -> None:
    """Voices of mirrored blocks: who has them, who has another, who has none of them."""
    node = followed([branches.one, branches.other, "http://127.0.0.1:9"], 1)
    known = {height: node.chain.block_hash(height) for height in range(_BLOCKS + 1)}

    voices = node.witnesses.ask(known)

    assert {"endpoint 1": _BLOCKS} == voices.agreeing
    assert (["endpoint 2"], ("endpoint 3",)) == (list(voices.differing), voices.silent)
    assert {"endpoint 1", "endpoint 2"} == node.witnesses.ask({3: known[3]}).agreeing.keys()
    with node.store.snapshot() as connection:
        assert {} == newest_hashes(connection, 3)


def test_more_than_there_are_can_not_agree(branches: Branches) -> None:
    """A setting that could never be met is refused."""
    chain = FailoverChain(
        [("endpoint 1", RpcChain(Endpoint(branches.one, 1), ENGINES["anvil"]))],
        clock=SetClock(0),
        identity=None,
    )
    with pytest.raises(SettingsInvalid, match="2 endpoints must agree"):
        Witnesses(chain, needed=2, clock=SetClock(0))
    chain.close()
