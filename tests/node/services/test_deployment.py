"""A deployment is repeatable: a second run finds it, one cut short goes on, and it is never mixed up."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import coincurve
import pytest

from node.chain.compiled import CONTRACTS
from node.chain.contracts import Contracts
from node.chain.deployment import Authority, Deployment
from node.chain.endpoint import Endpoint
from node.chain.engines import ENGINES
from node.chain.protocol import Chain
from node.chain.rpc import RpcChain
from node.chain.tester import TesterChain
from node.errors import ChainUnavailable, ContractRefused, PolicyRefused, WrongAuthority, WrongCode
from node.keys.keystore import KeystoreSigner
from node.keys.policy import deployer_policy
from node.keys.signer import SignedTransaction, UnsignedTransaction
from node.keys.signing import address_of
from node.services.deployment import deploy, planned_deployment
from node.services.direct import DirectSender
from settlement.instruction import keccak
from tests.chains import Anvil
from tests.clocks import SetClock

_KEY = coincurve.PrivateKey(keccak(b"deployer of these tests"))
_DEPLOYER = address_of(_KEY)
_OPERATOR, _GUARDIAN = keccak(b"operator")[12:], keccak(b"guardian")[12:]
_MEMBERS = [keccak(b"one")[12:], keccak(b"two")[12:]]
_AUTHORITY = Authority(
    operators=[_OPERATOR], guardians=[_GUARDIAN], members=_MEMBERS, threshold=2, delay=3600
)
_TRANSACTIONS = len(CONTRACTS) + 1


@pytest.fixture
def clock() -> SetClock:
    """Any time will do."""
    return SetClock(1_795_000_000)


@pytest.fixture(params=["eth-tester", "anvil"])
def chain(request: pytest.FixtureRequest, clock: SetClock) -> Iterator[Chain]:
    """An empty chain of each engine."""
    if request.param == "eth-tester":
        yield TesterChain(clock)
        return
    anvil: Callable[[], Anvil] = request.getfixturevalue("anvil")
    endpoint = Endpoint(anvil().url, 10)
    yield RpcChain(endpoint, ENGINES["anvil"])
    endpoint.close()


def _signer(chain: Chain) -> KeystoreSigner:
    policy = deployer_policy(Contracts(planned_deployment(chain, _DEPLOYER, delay=_AUTHORITY.delay)))
    return KeystoreSigner({_DEPLOYER: _KEY}, policy)


def _deploy(chain: Chain, clock: SetClock, authority: Authority = _AUTHORITY) -> Deployment:
    return deploy(chain, _signer(chain), _DEPLOYER, clock, authority)


class Dies:
    """A signer whose process ends after some signatures."""

    def __init__(self, signer: KeystoreSigner, left: int) -> None:
        self._signer = signer
        self._left = left

    def addresses(self) -> Sequence[bytes]:
        """The signer's."""
        return self._signer.addresses()

    def sign(self, address: bytes, transaction: UnsignedTransaction) -> SignedTransaction:
        """Sign, or die."""
        if self._left == 0:
            raise KeyboardInterrupt
        self._left -= 1
        return self._signer.sign(address, transaction)

    def sign_digest(self, address: bytes, digest: bytes) -> bytes:
        """The signer's."""
        return self._signer.sign_digest(address, digest)


class Impatient(SetClock):
    """The clock of a process that ends as soon as it has to wait."""

    def sleep(self, seconds: float) -> None:
        """Die."""
        raise KeyboardInterrupt(seconds)


class Mining(SetClock):
    """A clock by which time brings blocks."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(0)
        self._endpoint = endpoint

    def sleep(self, seconds: float) -> None:
        """Mine a block."""
        super().sleep(seconds)
        self._endpoint.request("evm_mine")


def test_second_run_finds_the_first(chain: Chain, clock: SetClock) -> None:
    """A second run sends nothing and returns the same deployment, at the addresses planned beforehand."""
    planned = planned_deployment(chain, _DEPLOYER, delay=_AUTHORITY.delay)

    first = _deploy(chain, clock)
    height = chain.final_height()
    second = _deploy(chain, clock)

    assert planned == first == second
    assert first.founding == second.founding
    assert height == chain.final_height()
    assert _TRANSACTIONS == chain.nonce(_DEPLOYER)
    assert not first.demo


@pytest.mark.parametrize("signatures", range(_TRANSACTIONS))
def test_run_cut_short_goes_on(clock: SetClock, signatures: int) -> None:
    """Wherever a run ended, the next one does the rest and nothing twice."""
    chain = TesterChain(clock)
    with pytest.raises(KeyboardInterrupt):
        deploy(chain, Dies(_signer(chain), signatures), _DEPLOYER, clock, _AUTHORITY)
    assert signatures == chain.nonce(_DEPLOYER)

    deployment = _deploy(chain, clock)

    assert planned_deployment(chain, _DEPLOYER, delay=_AUTHORITY.delay) == deployment
    assert _TRANSACTIONS == chain.nonce(_DEPLOYER)


def test_transaction_that_waited_through_a_crash(anvil: Callable[..., Anvil]) -> None:
    """What was sent before a crash and not mined yet is sent again as the same bytes, and mined once."""
    endpoint = Endpoint(anvil("--no-mining").url, 10)
    chain = RpcChain(endpoint, ENGINES["anvil"])
    with pytest.raises(KeyboardInterrupt):
        deploy(chain, _signer(chain), _DEPLOYER, Impatient(0), _AUTHORITY)
    assert 0 == chain.nonce(_DEPLOYER)

    deploy(chain, _signer(chain), _DEPLOYER, Mining(endpoint), _AUTHORITY)

    assert _TRANSACTIONS == chain.nonce(_DEPLOYER)
    endpoint.close()


def test_power_is_handed_on(chain: Chain, clock: SetClock) -> None:
    """Afterwards the quorum has the power, operators operate, guardians pause, the deployer is nobody."""
    contracts = Contracts(_deploy(chain, clock))

    def call(sender: bytes, contract: str, function: str, *arguments: object) -> bytes:
        try:
            return chain.call(
                contracts.address(contract), contracts.calldata(contract, function, *arguments), sender=sender
            )
        except ContractRefused as refused:
            raise contracts.error(refused.data) from None

    asset = (840, 1, 1, 1)
    with pytest.raises(ContractRefused, match="AccessManagedUnauthorized"):
        call(_DEPLOYER, "Ledger", "registerAsset", *asset)
    with pytest.raises(ContractRefused, match="IssuerInvalid"):
        call(_OPERATOR, "Ledger", "registerAsset", *asset)
    assert b"" == call(_GUARDIAN, "Ledger", "pause", [contracts.address("Payments")])
    with pytest.raises(ContractRefused, match="ModuleIsNotPaused"):
        call(_OPERATOR, "Ledger", "resume", contracts.address("Payments"))
    for sender, function, argument in (
        (_DEPLOYER, "pause", [_OPERATOR]),
        (_OPERATOR, "pause", [_OPERATOR]),
        (_GUARDIAN, "resume", _OPERATOR),
    ):
        with pytest.raises(ContractRefused, match="AccessManagedUnauthorized"):
            call(sender, "Ledger", function, argument)
    for sender in (_DEPLOYER, _OPERATOR, _GUARDIAN):
        with pytest.raises(ContractRefused, match="AccessManagedUnauthorized"):
            call(sender, "Ledger", "proposeModule", _OPERATOR)
        with pytest.raises(ContractRefused, match="AccessManagerUnauthorizedAccount"):
            call(sender, "AccessManager", "grantRole", 0, sender, 0)
    assert b"" == call(contracts.address("Quorum"), "AccessManager", "grantRole", 1, _DEPLOYER, 0)


def test_other_delay_than_what_stands(clock: SetClock) -> None:
    """A second run that asks for another delay is told so, and changes nothing."""
    chain = TesterChain(clock)
    _deploy(chain, clock)

    with pytest.raises(WrongCode, match="delay of 3600 and not 0"):
        _deploy(chain, clock, replace(_AUTHORITY, delay=0))

    assert _TRANSACTIONS == chain.nonce(_DEPLOYER)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            replace(_AUTHORITY, operators=_MEMBERS),
            f"not planned grantRole.roleId=1, account=0x{_OPERATOR.hex()}.* missing grantRole",
        ),
        (replace(_AUTHORITY, members=[*_MEMBERS, _OPERATOR]), "Quorum .* planned .*, found"),
        (replace(_AUTHORITY, threshold=1), "Quorum .* planned .* 1, 3600.* found .* 2, 3600"),
    ],
    ids=["operators", "members", "threshold"],
)
def test_other_powers_than_what_stands(clock: SetClock, asked: Authority, said: str) -> None:
    """A second run that asks for other powers is told what was found, and changes nothing."""
    chain = TesterChain(clock)
    _deploy(chain, clock)

    with pytest.raises(WrongAuthority, match=said):
        _deploy(chain, clock, asked)

    assert _TRANSACTIONS == chain.nonce(_DEPLOYER)


def test_same_powers_in_another_order(clock: SetClock) -> None:
    """Who is named first makes no difference."""
    chain = TesterChain(clock)
    authority = replace(_AUTHORITY, operators=[_OPERATOR, *_MEMBERS])
    first = _deploy(chain, clock, authority)

    second = _deploy(
        chain, clock, replace(authority, operators=[*_MEMBERS, _OPERATOR], members=_MEMBERS[::-1])
    )

    assert first == second


def test_deployer_that_did_something_else(clock: SetClock) -> None:
    """A key that was used before can't deploy: its addresses hold something else."""
    chain = TesterChain(clock)
    contracts = Contracts(planned_deployment(chain, _DEPLOYER, delay=0))
    DirectSender(chain, contracts, _signer(chain), clock).send(
        _DEPLOYER, None, bytes.fromhex("600160005360016000f3")
    )

    with pytest.raises(WrongCode, match="AccessManager"):
        _deploy(chain, clock)


def test_deployer_signs_nothing_else(clock: SetClock) -> None:
    """A deployer's signer creates contracts and hands their power on; it signs no other call."""
    chain = TesterChain(clock)
    contracts = Contracts(planned_deployment(chain, _DEPLOYER, delay=0))
    sender = DirectSender(chain, contracts, _signer(chain), clock)

    with pytest.raises(PolicyRefused):
        sender.call(_DEPLOYER, "AccessManager", "grantRole", 0, _DEPLOYER, 0)
    with pytest.raises(PolicyRefused):
        sender.call(_DEPLOYER, "Ledger", "close", 840)


def test_transaction_that_is_never_mined(clock: SetClock) -> None:
    """A chain that mines nothing is given up after a while."""
    chain = TesterChain(clock, mine_at_once=False)

    with pytest.raises(ChainUnavailable, match="not mined"):
        _deploy(chain, clock)


def test_creation_that_fails(clock: SetClock) -> None:
    """A contract whose constructor refuses its arguments stops the run."""
    with pytest.raises(ContractRefused, match="created"):
        _deploy(TesterChain(clock), clock, replace(_AUTHORITY, threshold=3))
