"""Validators that a contract keeps: blocks are held against them, and nothing is mirrored unanswered."""

# ruff: noqa: ARG002 - a protocol asks for more than is needed here

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import coincurve
import pytest
from eth_abi.abi import encode

from node.bootstrap.believing import validators_of
from node.chain.contracts import Contracts
from node.chain.endpoint import Endpoint
from node.chain.engines import ENGINES
from node.chain.failover import FailoverChain
from node.chain.protocol import Block
from node.chain.rpc import RpcChain
from node.chain.witnesses import Witnesses
from node.errors import (
    AgreementMissing,
    ChainUnavailable,
    ContractRefused,
    EndpointsDisagree,
    MalformedAnswer,
    SettingsInvalid,
)
from node.follower.checking import Checks
from node.follower.follower import Follower
from node.follower.validators import ContractValidators, ValidatorContract, validator_contract
from node.mirror.head import head
from node.mirror.validators import changed_after, validators_at
from node.settings import Settings
from node.store.incidents import open_incidents
from node.store.session import Store
from settlement.errors import WrongSeals
from settlement.evidence import seals
from settlement.instruction import keccak
from tests.chains import Anvil
from tests.clocks import SetClock
from tests.node.chain_of_events import CONTRACTS, START, ChainOfEvents
from tests.settlement.evidence.material import FOUR, VALIDATORS, addresses, extra_data, seal

_CONTRACT = b"\x77" * 20
_LATER = VALIDATORS[1:]
_CHANGED, _LENGTH = 3, 6
Keys = Sequence[coincurve.PrivateKey]


class KeptInContract(ChainOfEvents):
    """Its headers list nobody; a contract says who seals: four, and from block 3 on four others."""

    def __init__(self, *, listed: dict[int, Keys] | None = None) -> None:
        self.lists = listed or {}
        self.answers: dict[int, bytes | Exception] = {}
        super().__init__()
        for height in range(1, _LENGTH + 1):
            self.mine()
            assert height == len(self.mined) - 1

    def sealers(self, height: int) -> Keys:
        return FOUR if height < _CHANGED else _LATER

    def mine(self, *transactions: object) -> Block:
        made = super().mine()
        signers = self.sealers(made.height)[:3] if made.height else ()
        return self.seal(made.height, signers)

    def seal(self, height: int, signers: Keys) -> Block:
        """Seal a block by these, and no block after it any more."""
        made = self.mined[height]
        parent = self.mined[height - 1].hash if height else bytes(32)
        extra = extra_data(addresses(self.lists.get(height, ())))
        header = seal(replace(made.header, parent_hash=parent, extra_data=extra), signers)
        self.mined[height] = replace(made, header=header, hash=seals.block_hash(header))
        return self.mined[height]

    def call(
        self, to: bytes, data: bytes, *, sender: bytes | None = None, height: int | None = None
    ) -> bytes:
        assert (_CONTRACT, keccak(b"getValidators()")[:4]) == (to, data)
        assert height is not None
        told = self.answers.get(height, _listed(addresses(self.sealers(height + 1))))
        if isinstance(told, Exception):
            raise told
        return told


def _listed(found: Sequence[bytes]) -> bytes:
    return encode(["address[]"], [list(found)])


def _follower(store: Store, chain: ChainOfEvents, *, since: int | None = 0) -> Follower:
    contracts = Contracts(replace(CONTRACTS.deployment, genesis_hash=chain.genesis_hash()))
    validators = None
    if since is not None:
        validators = ContractValidators(chain, ValidatorContract(address=_CONTRACT, since=since), None)
    return Follower(
        store, chain, contracts, SetClock(START), checks=Checks(sealed=True), validators=validators
    )


def test_the_set_of_the_block_before_seals(store: Store) -> None:
    """A block is final by a quorum of those whom the contract names after its parent; each set is kept."""
    chain = KeptInContract()
    follower = _follower(store, chain)

    assert [3, 4] == [follower.tick(until=2), follower.tick()]
    with store.snapshot() as connection:
        sets = [validators_at(connection, height) for height in range(_LENGTH + 1)]
        assert [_CHANGED, None] == [changed_after(connection, 2), changed_after(connection, 3)]
    assert [()] + [addresses(chain.sealers(height)) for height in range(1, _LENGTH + 1)] == sets


@pytest.mark.parametrize(
    "signers", [VALIDATORS[:3], VALIDATORS[2:4]], ids=["by one who left", "by two of four"]
)
def test_what_they_did_not_seal_freezes(store: Store, signers: Keys) -> None:
    """A seal by who is a validator no more, and too few of them."""
    chain = KeptInContract()
    chain.cut(_CHANGED)
    chain.seal(_CHANGED, signers)

    with pytest.raises(WrongSeals):
        _follower(store, chain).tick()
    with store.snapshot() as connection:
        assert ["wrong_seals"] == [each.code for each in open_incidents(connection)]
        assert head(connection) is None


UNANSWERED: dict[str, bytes | Exception] = {
    "away": ChainUnavailable("away"),
    "reverts": ContractRefused("it reverts", error=""),
    "no contract there": b"",
    "half a list": _listed(addresses(FOUR))[:-40],
    "a list beyond all memory": (32).to_bytes(32, "big") + b"\xff" * 32,
    "nobody": _listed(()),
    "somebody twice": _listed([bytes(20)] * 2),
    "too many": _listed([number.to_bytes(20, "big") for number in range(1025)]),
}


@pytest.mark.parametrize("how", UNANSWERED)
def test_unanswered_is_waited_for(store: Store, how: str) -> None:
    """While nobody knows who must seal a block nothing is mirrored; that is no incident, and heals."""
    chain = KeptInContract()
    chain.answers[4] = UNANSWERED[how]
    follower = _follower(store, chain)

    with pytest.raises(ChainUnavailable):
        follower.tick()
    with store.snapshot() as connection:
        assert ((), None) == (open_incidents(connection), head(connection))
    chain.answers.clear()
    assert _LENGTH + 1 == follower.tick()


def test_a_false_set_freezes(store: Store) -> None:
    """An RPC node that names others than sealed can't have a block mirrored."""
    chain = KeptInContract()
    chain.answers[4] = _listed(addresses(VALIDATORS[:1]))

    with pytest.raises(WrongSeals):
        _follower(store, chain).tick()


def test_headers_may_list_the_same_only(store: Store) -> None:
    """A header that lists others than the contract contradicts it."""
    assert _LENGTH + 1 == _follower(store, KeptInContract(listed={2: FOUR})).tick()


def test_headers_that_list_others_freeze(stores: Callable[[str], Store]) -> None:
    """Fail closed: one of the two is not true."""
    with pytest.raises(WrongSeals, match="other validators"):
        _follower(stores("sqlite"), KeptInContract(listed={2: _LATER})).tick()


def test_without_the_setting_it_fails_closed(store: Store) -> None:
    """A chain whose headers list nobody is not mirrored while nobody says where the validators are."""
    with pytest.raises(WrongSeals, match="nobody is known"):
        _follower(store, KeptInContract(), since=None).tick()


def test_before_the_contract_counts_headers_do(store: Store) -> None:
    """A network may move its validators into a contract at a height: before it its headers are asked."""
    chain = KeptInContract(listed=dict.fromkeys(range(_CHANGED), FOUR))
    chain.answers |= {height: AssertionError("not asked") for height in range(_CHANGED - 1)}

    assert _LENGTH + 1 == _follower(store, chain, since=_CHANGED).tick()
    with store.snapshot() as connection:
        assert () == validators_at(connection, _CHANGED - 1)
        assert addresses(_LATER) == validators_at(connection, _CHANGED)


@pytest.fixture
def endpoints() -> Iterator[Callable[..., FailoverChain]]:
    """A function that gives real chains, each with a contract that names these validators (None: nowhere)."""
    anvils, chains = [], []

    def make(*kept: Keys | None) -> FailoverChain:
        members = []
        for number, keys in enumerate(kept):
            anvils.append(Anvil("--timestamp", "1800000000", chain_id=20_290_201))
            endpoint = Endpoint(anvils[-1].url, 20)
            if keys is not None:
                endpoint.request("anvil_setCode", "0x" + _CONTRACT.hex(), "0x" + _code(keys).hex())
            endpoint.request("evm_mine")
            members.append((f"endpoint {number}", RpcChain(endpoint, ENGINES["anvil"])))
        chains.append(FailoverChain(members, clock=SetClock(START), identity=None))
        return chains[-1]

    yield make
    for chain in chains:
        chain.close()
    for anvil in anvils:
        anvil.stop()


def _code(keys: Keys) -> bytes:
    """The code of a contract that answers anything with a list of addresses."""
    told = _listed(addresses(keys))
    program = bytes((0x60, len(told), 0x60, 12, 0x60, 0, 0x39, 0x60, len(told), 0x60, 0, 0xF3))
    return program + told


def _of(chain: FailoverChain, needed: int) -> ContractValidators:
    witnesses = Witnesses(chain, needed=needed, clock=SetClock(START))
    return ContractValidators(chain, ValidatorContract(address=_CONTRACT), witnesses)


def test_a_real_chain_is_asked(endpoints: Callable[..., FailoverChain]) -> None:
    """The contract's answer over JSON-RPC; where there is none it is said what to look at."""
    assert addresses(FOUR) == _of(endpoints(FOUR, FOUR), 2).of(2)
    alone = ContractValidators(endpoints(None), ValidatorContract(address=_CONTRACT), None)
    with pytest.raises(MalformedAnswer, match="VOSTRO_VALIDATOR_CONTRACT"):
        alone.of(2)


def test_endpoints_must_agree_on_them(endpoints: Callable[..., FailoverChain]) -> None:
    """Where endpoints must agree, on validators too: two answers are an alarm, too few are waited for."""
    with pytest.raises(EndpointsDisagree, match="differently about block 1"):
        _of(endpoints(FOUR, _LATER, FOUR), 2).of(2)
    with pytest.raises(AgreementMissing, match="1 of 2"):
        _of(endpoints(FOUR, None), 2).of(2)


@pytest.mark.parametrize("text", ["", "0x12", "0x" + "12" * 20 + "@", "0x" + "12" * 20 + "@-1", "12" * 20])
def test_the_setting_is_an_address(text: str) -> None:
    """With a height or without; all else is refused."""
    with pytest.raises(SettingsInvalid, match="VOSTRO_VALIDATOR_CONTRACT"):
        validator_contract(text)
    assert ValidatorContract(address=b"\x12" * 20, since=7) == validator_contract("0x" + "12" * 20 + "@7")


def test_an_engine_without_seals_has_no_validators() -> None:
    """There the setting would promise what is not checked."""
    settings = Settings(bic="VOBKXXXX", engine="anvil", validator_contract="0x" + "12" * 20)
    with pytest.raises(SettingsInvalid, match="nobody seals"):
        validators_of(settings, ChainOfEvents(), None)
    unset = settings.model_copy(update={"validator_contract": None})
    assert validators_of(unset, ChainOfEvents(), None) is None
