"""The deployment file, and whether the chain is the one it names."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from node.chain.compiled import CONTRACTS, artifact
from node.chain.deployment import Authority, Deployment, Founding, read_deployment, write_deployment
from node.chain.plan import created_address
from node.chain.protocol import Chain
from node.chain.tester import TesterChain
from node.chain.verify import verify_deployment
from node.errors import DemoDeployment, SettingsInvalid, WrongChain, WrongCode, WrongGenesis
from tests.clocks import SetClock
from tests.node.chain.conftest import START
from tests.node.chain.transactions import SOMEBODY
from tests.scenario import Network, deployed

_DEPLOYMENT = Deployment(
    chain_id=5,
    genesis_hash=b"\1" * 32,
    contracts={name: bytes([index]) * 20 for index, name in enumerate(sorted(CONTRACTS))},
    demo=False,
    founding=Founding(
        deployer=b"\7" * 20,
        authority=Authority(
            operators=[b"\x08" * 20],
            guardians=[b"\x0b" * 20],
            members=[b"\x09" * 20, b"\x0a" * 20],
            threshold=2,
            delay=3600,
        ),
        heights=[1, 2, 2, 3, 4, 5, 5],
    ),
)


class Tampered:
    """A chain that has other code at one address."""

    def __init__(self, chain: Chain, address: bytes, change: Callable[[bytes], bytes]) -> None:
        self._chain = chain
        self._address = address
        self._change = change

    def code(self, address: bytes) -> bytes:
        """The code, changed at the one address."""
        code = self._chain.code(address)
        return self._change(code) if address == self._address else code

    def __getattr__(self, name: str) -> Any:
        """Everything else is the chain's."""
        return getattr(self._chain, name)


def test_file_keeps_a_deployment(tmp_path: Path) -> None:
    """What was written is read back, and nothing else is left in the folder."""
    path = tmp_path / "deployment.json"
    write_deployment(path, replace(_DEPLOYMENT, demo=True))
    write_deployment(path, _DEPLOYMENT)

    assert _DEPLOYMENT == read_deployment(path)
    assert _DEPLOYMENT.founding == read_deployment(path).founding
    assert [path] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", '{"chain_id": 1}',
     '{"chain_id": 1, "genesis_hash": "0x00", "contracts": {}, "demo": true}',
     '{"chain_id": 1, "genesis_hash": 5, "contracts": {}, "demo": true}',
     '{"chain_id": 1, "genesis_hash": "0x' + "00" * 32 + '", "contracts": {"Ledger": "0x12"}, "demo": true}',
     '{"chain_id": 1, "genesis_hash": "0x' + "00" * 32 + '", "contracts": {}, "demo": true}'],
)  # fmt: skip
def test_file_that_is_none(tmp_path: Path, content: str) -> None:
    """A file that is no deployment is told by its name and the setting's."""
    path = tmp_path / "deployment.json"
    path.write_text(content)
    with pytest.raises(SettingsInvalid, match=r"VOSTRO_DEPLOYMENT_FILE.*deployment\.json"):
        read_deployment(path)


def test_missing_file(tmp_path: Path) -> None:
    """A missing file is told with the command that makes it."""
    with pytest.raises(SettingsInvalid, match="vostro deploy"):
        read_deployment(tmp_path / "deployment.json")


def test_right_deployment(network: Network) -> None:
    """The chain, the genesis block and the code of every contract are as deployed."""
    verify_deployment(network.chain, network.contracts.deployment, demo_allowed=True)


def test_demo_is_refused(network: Network) -> None:
    """Contracts without delays are refused by a node that was not told it is a demo."""
    with pytest.raises(DemoDeployment, match="VOSTRO_DEMO"):
        verify_deployment(network.chain, network.contracts.deployment, demo_allowed=False)


def test_delays_are_for_production() -> None:
    """Contracts with delays are accepted without being told."""
    chain = TesterChain(SetClock(START))
    contracts = deployed(chain, SetClock(START), delay=86_400)

    verify_deployment(chain, contracts.deployment, demo_allowed=False)
    assert not contracts.deployment.demo


def test_wrong_chain(network: Network) -> None:
    """An RPC node of another chain id is refused."""
    other = replace(network.contracts.deployment, chain_id=1)
    with pytest.raises(WrongChain, match="VOSTRO_RPC_URL"):
        verify_deployment(network.chain, other, demo_allowed=True)


def test_wrong_genesis(network: Network) -> None:
    """A chain of the same number with another first block is refused."""
    other = replace(network.contracts.deployment, genesis_hash=bytes(32))
    with pytest.raises(WrongGenesis):
        verify_deployment(network.chain, other, demo_allowed=True)


@pytest.mark.parametrize("name", CONTRACTS)
def test_no_code(network: Network, name: str) -> None:
    """An address without code is told by the contract's name."""
    right = network.contracts.deployment
    wrong = replace(right, contracts={**right.contracts, name: SOMEBODY})
    with pytest.raises(WrongCode, match=name):
        verify_deployment(network.chain, wrong, demo_allowed=True)


def test_contract_that_is_not_named(network: Network) -> None:
    """A deployment that names too few contracts is refused."""
    right = network.contracts.deployment
    few = {name: address for name, address in right.contracts.items() if name != "Payments"}
    with pytest.raises(WrongCode, match="Payments"):
        verify_deployment(network.chain, replace(right, contracts=few), demo_allowed=True)


def test_contract_that_nobody_knows(network: Network) -> None:
    """A deployment that names a contract this node does not ship is refused."""
    right = network.contracts.deployment
    more = replace(right, contracts={**right.contracts, "Nothing": SOMEBODY})
    with pytest.raises(SettingsInvalid, match="Nothing"):
        verify_deployment(network.chain, more, demo_allowed=True)


def _address(network: Network, name: str) -> bytes:
    if name == "Administration":
        return created_address(network.contracts.address("Ledger"), 1)
    return network.contracts.address(name)


@pytest.mark.parametrize("name", [*CONTRACTS, "Administration"])
@pytest.mark.parametrize("change", ["first byte", "last byte", "longer", "shorter"])
def test_other_code(network: Network, name: str, change: str) -> None:
    """Code that differs in any byte is not the code this node ships."""
    changes: dict[str, Callable[[bytes], bytes]] = {
        "first byte": lambda code: bytes([code[0] ^ 1]) + code[1:],
        "last byte": lambda code: code[:-1] + bytes([code[-1] ^ 1]),
        "longer": lambda code: code + b"\0",
        "shorter": lambda code: code[:-1],
    }
    address = _address(network, name)
    with pytest.raises(WrongCode, match=name):
        verify_deployment(
            Tampered(network.chain, address, changes[change]),
            network.contracts.deployment,
            demo_allowed=True,
        )


@pytest.mark.parametrize(
    ("name", "immutable"),
    [
        ("Ledger", "participants"),
        ("Ledger", "administration"),
        ("Administration", "participants"),
        ("Payments", "ledger"),
        ("Settlement", "ledger"),
    ],
)
@pytest.mark.parametrize("places", [slice(0, 1), slice(0, None)], ids=["one place", "every place"])
def test_other_neighbours(network: Network, name: str, immutable: str, places: slice) -> None:
    """A contract that works with another registry or ledger than the deployment's is refused."""

    def change(code: bytes) -> bytes:
        changed = bytearray(code)
        for place in artifact(name).immutables[immutable][places]:
            changed[place + 12 : place + 32] = SOMEBODY
        return bytes(changed)

    with pytest.raises(WrongCode, match=name):
        verify_deployment(
            Tampered(network.chain, _address(network, name), change),
            network.contracts.deployment,
            demo_allowed=True,
        )
