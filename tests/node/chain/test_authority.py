"""A deployment gave power to whom it names and to nobody else, or it is refused; asked of both engines."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import coincurve
import pytest
from eth_abi.abi import decode, encode

from node.chain.compiled import CONTRACTS, MODULES, artifact
from node.chain.contracts import SELECTOR_BYTES, Contracts
from node.chain.deployment import Authority, Deployment, Founding
from node.chain.plan import Step, planned_steps
from node.chain.protocol import Chain, Transaction
from node.chain.tester import TesterChain
from node.chain.verify import verify_deployment
from node.errors import ChainUnavailable, ContractRefused, WrongAuthority
from node.keys.keystore import KeystoreSigner
from node.keys.policy import deployer_policy
from node.keys.signing import address_of
from node.services.deployment import deploy, planned_deployment
from node.services.direct import DirectSender
from settlement.instruction import keccak
from tests.clocks import SetClock

_AUTHORITY = Authority(
    operators=[keccak(b"operator")[12:]],
    guardians=[keccak(b"guardian")[12:]],
    members=[keccak(b"one")[12:], keccak(b"two")[12:]],
    threshold=2,
    delay=3600,
)
_INTRUDER = b"\xee" * 20
_COUNT = len(CONTRACTS) + 1
_numbers = count()

# One of the deployer's transactions as somebody else would have it.
Tampering = Callable[[Contracts, bytes, Step], bytes]


def _multicall(contracts: Contracts, step: Step, change: Callable[[list[bytes]], list[bytes]]) -> bytes:
    (calls,) = decode(["bytes[]"], step.data[SELECTOR_BYTES:])
    return contracts.calldata("AccessManager", "multicall", change(list(calls)))


def _grants(role: int) -> Tampering:
    def tampered(contracts: Contracts, _: bytes, step: Step) -> bytes:
        grant = contracts.calldata("AccessManager", "grantRole", role, _INTRUDER, 0)
        return _multicall(contracts, step, lambda calls: [grant, *calls])

    return tampered


def _opens(contracts: Contracts, _: bytes, step: Step) -> bytes:
    selectors = [contracts.selector("Ledger", "acceptModule"), contracts.selector("Ledger", "proposeModule")]
    opened = contracts.calldata(
        "AccessManager", "setTargetFunctionRole", contracts.address("Ledger"), selectors, 1
    )
    return _multicall(contracts, step, lambda calls: [opened, *calls])


def _stays(contracts: Contracts, _: bytes, step: Step) -> bytes:
    return _multicall(contracts, step, lambda calls: calls[:-1])


def _trusts(contracts: Contracts, _: bytes, __: Step) -> bytes:
    given = (
        contracts.address("Participants"),
        contracts.address("AccessManager"),
        _AUTHORITY.delay,
        [*(contracts.address(module) for module in MODULES), _INTRUDER],
    )
    return artifact("Ledger").creation + encode(["address", "address", "uint32", "address[]"], given)


def _obeys(contracts: Contracts, _: bytes, __: Step) -> bytes:
    return artifact("Participants").creation + encode(["address", "uint32"], [_INTRUDER, _AUTHORITY.delay])


def _packs(_: Contracts, deployer: bytes, __: Step) -> bytes:
    """Make the intruder admin by a constructor that is none of ours, and leave the very code we ship."""
    # roles[ADMIN].members[intruder].since = 1: the mapping of roles is storage slot 1 of AccessManager.
    role = keccak(bytes(32) + (1).to_bytes(32, "big"))
    places = [keccak(who.rjust(32, b"\0") + role) for who in (deployer, _INTRUDER)]
    writes = b"".join(b"\x60\x01\x7f" + place + b"\x55" for place in places)  # PUSH1 1, PUSH32 place, SSTORE
    code = artifact("AccessManager").runtime
    length = b"\x62" + len(code).to_bytes(3, "big")  # PUSH3
    start = b"\x62" + (len(writes) + 18).to_bytes(3, "big")
    # PUSH1 0, CODECOPY, and PUSH1 0, RETURN
    return writes + length + start + b"\x60\x00\x39" + length + b"\x60\x00\xf3" + code


_BACK_DOORS: dict[str, tuple[str, Tampering, str]] = {
    "second admin": ("the handover", _grants(0), f"not planned grantRole.roleId=0, account=0x{'ee' * 20}"),
    "second operator": ("the handover", _grants(1), f"not planned grantRole.roleId=1, account=0x{'ee' * 20}"),
    "second guardian": ("the handover", _grants(2), f"not planned grantRole.roleId=2, account=0x{'ee' * 20}"),
    "modules for operators": ("the handover", _opens, "not planned setTargetFunctionRole"),
    "deployer stays": ("the handover", _stays, "missing renounceRole"),
    "second module": ("Ledger", _trusts, f"Ledger .*found .*{'ee' * 20}"),
    "other authority": ("Participants", _obeys, f"Participants .*found .*{'ee' * 20}"),
    "packed admin": ("AccessManager", _packs, "found other creation code"),
}


def _deployer() -> coincurve.PrivateKey:
    return coincurve.PrivateKey(keccak(b"deployer %d" % next(_numbers)))


def _signer(planned: Deployment, key: coincurve.PrivateKey) -> KeystoreSigner:
    return KeystoreSigner({address_of(key): key}, deployer_policy(Contracts(planned)))


def _deployed(chain: Chain, clock: SetClock) -> Deployment:
    key = _deployer()
    planned = planned_deployment(chain, address_of(key), delay=_AUTHORITY.delay)
    return deploy(chain, _signer(planned, key), address_of(key), clock, _AUTHORITY)


def _tampered(
    chain: Chain, clock: SetClock, name: str, tampering: Tampering, left: list[Deployment] | None = None
) -> Deployment:
    """What a deployer leaves that changed one transaction, and says it did not; also in `left`."""
    key = _deployer()
    deployer = address_of(key)
    planned = planned_deployment(chain, deployer, delay=_AUTHORITY.delay)
    contracts = Contracts(planned)
    sender = DirectSender(chain, contracts, _signer(planned, key), clock)
    first = chain.final_height() + 1
    founding = Founding(deployer=deployer, authority=_AUTHORITY, heights=range(first, first + _COUNT))
    deployment = replace(planned, founding=founding)
    if left is not None:
        left.append(deployment)
    for step in planned_steps(contracts, deployer, _AUTHORITY):
        data = tampering(contracts, deployer, step) if step.name == name else step.data
        sender.send(deployer, step.to, data)
    return deployment


def test_honest_deployment(chain: Chain, clock: SetClock) -> None:
    """A deployment that was made as its file says is accepted by whoever has the file."""
    deployment = _deployed(chain, clock)

    verify_deployment(chain, deployment, demo_allowed=False)

    assert deployment.founding is not None
    assert sorted(set(deployment.founding.heights)) == list(deployment.founding.heights)


@pytest.mark.parametrize("door", _BACK_DOORS)
def test_back_door(chain: Chain, clock: SetClock, door: str) -> None:
    """Whatever power the deployer gave beside the plan, the deployment is refused and the power told."""
    name, tampering, said = _BACK_DOORS[door]
    deployment = _tampered(chain, clock, name, tampering)

    with pytest.raises(WrongAuthority, match=said):
        verify_deployment(chain, deployment, demo_allowed=False)


def test_back_doors_open(chain: Chain, clock: SetClock) -> None:
    """The back doors of these tests are real: an intruder is admin, and code alone does not tell it."""
    for door in ("second admin", "packed admin"):
        name, tampering, _ = _BACK_DOORS[door]
        contracts = Contracts(_tampered(chain, clock, name, tampering))
        assert (True, 0) == contracts.read(chain, "AccessManager", "hasRole", 0, _INTRUDER)


def test_run_again_finds_the_back_door(clock: SetClock) -> None:
    """Who deploys again over a deployment with a back door is told."""
    chain = TesterChain(clock)
    key = coincurve.PrivateKey(keccak(b"deployer of a back door"))
    planned = planned_deployment(chain, address_of(key), delay=_AUTHORITY.delay)
    contracts = Contracts(planned)
    sender = DirectSender(chain, contracts, _signer(planned, key), clock)
    for step in planned_steps(contracts, address_of(key), _AUTHORITY):
        data = _grants(0)(contracts, b"", step) if step.name == "the handover" else step.data
        sender.send(address_of(key), step.to, data)

    with pytest.raises(WrongAuthority, match="not planned grantRole"):
        deploy(chain, _signer(planned, key), address_of(key), clock, _AUTHORITY)


@pytest.fixture(scope="module")
def honest(chain: Chain, clock: SetClock) -> Deployment:
    """A deployment that was made as its file says."""
    return _deployed(chain, clock)


def _refounded(deployment: Deployment, **changes: object) -> Deployment:
    assert deployment.founding is not None
    founding = replace(deployment.founding, **changes)  # type: ignore[arg-type]  # the tests' own names
    return replace(deployment, founding=founding)


def test_file_that_says_nothing(chain: Chain, honest: Deployment) -> None:
    """A deployment that does not say who was given power is refused."""
    with pytest.raises(WrongAuthority, match="vostro deploy"):
        verify_deployment(chain, replace(honest, founding=None), demo_allowed=False)


def test_file_of_another_deployer(chain: Chain, honest: Deployment) -> None:
    """The contracts' addresses must be the named deployer's."""
    with pytest.raises(WrongAuthority, match=r"AccessManager .* was not made by transaction 0 of 0xeeee"):
        verify_deployment(chain, _refounded(honest, deployer=_INTRUDER), demo_allowed=False)


def test_file_with_other_powers(chain: Chain, honest: Deployment) -> None:
    """A file that names other powers than were given is refused."""
    other = replace(_AUTHORITY, operators=[_INTRUDER])
    with pytest.raises(WrongAuthority, match="missing grantRole"):
        verify_deployment(chain, _refounded(honest, authority=other), demo_allowed=False)


@pytest.mark.parametrize("heights", [[], [0], [0] * _COUNT, [0] * (_COUNT + 1)])
def test_file_with_other_heights(chain: Chain, honest: Deployment, heights: Sequence[int]) -> None:
    """The deployer's transactions must stand where the file says."""
    with pytest.raises(WrongAuthority):
        verify_deployment(chain, _refounded(honest, heights=heights), demo_allowed=False)


def test_endpoint_that_is_behind(chain: Chain, honest: Deployment) -> None:
    """An RPC node that has not read as far is asked again later, not refused for good."""
    ahead = [chain.final_height() + 1] * _COUNT
    with pytest.raises(ChainUnavailable, match="caught up"):
        verify_deployment(chain, _refounded(honest, heights=ahead), demo_allowed=False)


def test_handover_that_failed(clock: SetClock) -> None:
    """A handover that reverted gave nothing away: the deployer still has all power."""
    chain = TesterChain(clock)

    def fails(contracts: Contracts, _: bytes, step: Step) -> bytes:
        return _multicall(contracts, step, lambda calls: [*calls, b"\xff" * 4])

    sent: list[Deployment] = []
    with pytest.raises(ContractRefused):
        _tampered(chain, clock, "the handover", fails, sent)

    with pytest.raises(WrongAuthority, match=rf"the handover, transaction {_COUNT - 1} .* has not succeeded"):
        verify_deployment(chain, sent[0], demo_allowed=False)


class Moving:
    """A chain that puts another transaction in the place of one between two answers."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain

    def transaction(self, height: int, index: int) -> Transaction:
        """The transaction, under another hash."""
        return replace(self._chain.transaction(height, index), hash=bytes(32))

    def __getattr__(self, name: str) -> Any:
        """Everything else is the chain's."""
        return getattr(self._chain, name)


def test_chain_that_moves(chain: Chain, honest: Deployment) -> None:
    """Answers that do not belong together are asked for again."""
    with pytest.raises(ChainUnavailable, match="changed between"):
        verify_deployment(Moving(chain), honest, demo_allowed=False)
