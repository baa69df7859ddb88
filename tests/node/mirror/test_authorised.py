"""Who was authorised at any block is told by the events alone: as the chain itself answered then."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import count

import coincurve
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from node.chain import calls
from node.chain.calls import Admission, KeyTerms
from node.chain.contracts import Contracts
from node.chain.tester import Snapshot, TesterChain
from node.errors import ContractRefused
from node.follower.follower import Follower
from node.keys.keystore import KeystoreSigner
from node.keys.policy import node_policy
from node.keys.signing import address_of
from node.mirror.authorised import authorised_at
from node.services.direct import DirectSender
from node.store.session import Store
from settlement.events import Event
from settlement.instruction import keccak
from settlement.participant import Authorisations, Key, KeyRole, ParticipantKind, Standing, authorisations
from tests.clocks import SetClock
from tests.scenario import OPERATOR, deployed

DELAY = 60
START = 1_795_000_000
_QUORUM = (OPERATOR.key("administer"), OPERATOR.key("administer too"))
_SECRETS = [
    *(keccak(f"spare {number}".encode()) for number in range(100)),
    *(OPERATOR.secret(use) for use in ("administer", "administer too")),
]
_STRANGER = b"\x57" * 20

# What happens, to which participant, and from what the rest is drawn.
Step = tuple[str, int, int]


@dataclass(slots=True)
class _World:
    """A deployment with delays, and whatever its participants, its operator and its quorum do."""

    chain: TesterChain
    clock: SetClock
    contracts: Contracts
    sender: DirectSender
    spare: Iterator[int] = field(default_factory=count)
    recoveries: dict[int, list[tuple[bytes, int, int, int]]] = field(default_factory=dict)
    seen: int = 0
    events: list[Event] = field(default_factory=list)

    def read(self) -> Authorisations:
        """What all events so far add up to."""
        for block in self.chain.blocks(self.seen, self.chain.final_height()):
            logs = [log for receipt in block.receipts for log in receipt.logs]
            self.events += filter(None, map(self.contracts.decode, logs))
        self.seen = self.chain.final_height() + 1
        return authorisations(self.events)

    def now(self) -> int:
        """The time at which the chain answers: of the next block."""
        head = self.chain.block(self.chain.final_height())
        return max(head.timestamp + 1, int(self.clock.now()))

    def wait(self, seconds: int) -> None:
        """Let the chain's time go on: blocks run ahead of the clock, a second each."""
        self.clock.timestamp = self.now() + seconds

    def send(self, key: bytes, function: str, *arguments: object, contract: str = "Participants") -> None:
        """Call a function; what the contract refuses changes nothing, and no event says it did."""
        with suppress(ContractRefused):
            self.sender.call(key, contract, function, *arguments)

    def admit(self, number: int) -> None:
        """Admit a bank with a pay key, an approve key and two administer keys."""
        roles = (KeyRole.PAY, KeyRole.APPROVE, KeyRole.ADMINISTER, KeyRole.ADMINISTER)
        admission = Admission(
            kind=ParticipantKind.BANK,
            bic=f"VOBK{number:04}XXX",
            lei=f"LEI{number:017}",
            keys=tuple(KeyTerms(address=self.fresh(), role=role) for role in roles),
        )
        call = calls.admit(self.contracts, admission)
        self.sender.send(_QUORUM[0], self.contracts.address(call.contract), call.calldata)

    def fresh(self) -> bytes:
        """The address of a key that the signer has and nobody has used."""
        return address_of(coincurve.PrivateKey(_SECRETS[next(self.spare)]))

    def terms(self, seed: int, role: KeyRole) -> tuple[bytes, int, int, int]:
        """A key of random validity around now."""
        first = self.now() - 400 + seed % 500
        return self.fresh(), int(role), first, max(first + 1, self.now() + seed // 500 % 5_000)

    def one(self, keys: Sequence[Key], function: str, *arguments: object) -> None:
        """What takes one administer key, where there is one."""
        for key in keys[:1]:
            self.send(key.address, function, *arguments)

    def change(self, keys: Sequence[Key], function: str, *arguments: object) -> None:
        """What takes two administer keys and the delay; with fewer, what those bring about."""
        for key in keys[:2]:
            self.send(key.address, function, *arguments)
        self.wait(DELAY)
        self.one(keys, function, *arguments)

    def decide(self, function: str, *arguments: object) -> None:
        """What takes the quorum and its delay."""
        target = self.contracts.address("Participants")
        data = self.contracts.calldata("Participants", function, *arguments)
        self.send(_QUORUM[0], "propose", target, data, contract="Quorum")
        proposal = self.contracts.read(self.chain, "Quorum", "proposalCount")
        self.send(_QUORUM[1], "approve", proposal, contract="Quorum")
        self.wait(DELAY)
        self.send(_QUORUM[0], "execute", proposal, contract="Quorum")


def _act(world: _World, step: Step) -> None:
    """Do one thing to one participant, by the keys that may; some of it is refused."""
    name, participant, number = step
    seed = int.from_bytes(keccak(number.to_bytes(4, "big")))
    known = world.read()
    own = sorted(
        (key for key in known.keys.values() if key.participant == participant), key=lambda key: key.number
    )
    keys = [key for key in own if key.role is KeyRole.ADMINISTER and key.valid_at(world.now())]
    subject = own[number % len(own)]
    if name == "admit":
        world.admit(len(known.standings) + 1)
    elif name == "add":
        world.change(keys, "addKey", world.terms(seed, KeyRole(1 + seed % 3)))
    elif name == "rotate":
        world.change(keys, "rotateKey", subject.number, world.terms(seed, subject.role), seed % 300)
    elif name == "expire":
        world.one(keys, "setKeyExpiry", subject.number, world.now() + seed % 300)
    elif name == "revoke":
        world.one(keys, "revokeKey", subject.number)
    elif name == "stop" and known.standing(participant) is Standing.OUTGOING_STOPPED:
        world.change(keys, "resumeOutgoing")
    elif name == "stop":
        world.one(keys, "stopOutgoing")
    elif name == "suspend":
        suspended = known.standing(participant) is Standing.SUSPENDED
        world.send(_QUORUM[0], "resume" if suspended else "suspend", participant)
    else:
        _recover(world, participant, keys, seed)


def _recover(world: _World, participant: int, keys: Sequence[Key], seed: int) -> None:
    """Propose a recovery, or end the one that was: mostly by completing it."""
    proposed = world.recoveries.pop(participant, None)
    if proposed is None:
        proposed = [world.terms(seed + each, KeyRole.ADMINISTER) for each in range(2)]
        world.recoveries[participant] = proposed
        world.decide("proposeRecovery", participant, proposed)
    elif seed % 5 == 0:
        world.one(keys, "vetoRecovery")
    elif seed % 5 == 1:
        world.decide("cancelRecovery", participant)
    else:
        world.decide("completeRecovery", participant, proposed)


def _compare(world: _World, told: Authorisations) -> None:
    """Ask the chain whatever the events tell, of known keys and unknown ones, in their role and others."""
    now = world.now()
    for participant in range(len(told.standings) + 2):
        standing = world.contracts.read(world.chain, "Participants", "standingOf", participant)
        assert Standing(standing) == told.standing(participant)
    asked = [(_STRANGER, 1, KeyRole.PAY)]
    for key in told.keys.values():
        asked += ((key.address, key.participant, role) for role in KeyRole)
        asked.append((key.address, key.participant + 1, key.role))
    for address, participant, role in asked:
        may = world.contracts.read(world.chain, "Participants", "mayAct", address, participant, int(role))
        assert may == told.may_act(address, participant, role, now)


@cache
def _founded() -> tuple[TesterChain, Contracts, Snapshot]:
    clock = SetClock(START)
    chain = TesterChain(clock)
    contracts = deployed(chain, clock, delay=DELAY)
    return chain, contracts, chain.snapshot()


def _world() -> _World:
    chain, contracts, snapshot = _founded()
    chain.revert(snapshot)
    clock = chain._clock
    assert isinstance(clock, SetClock)
    clock.timestamp = START + 10
    private = [coincurve.PrivateKey(secret) for secret in _SECRETS]
    signer = KeystoreSigner({address_of(key): key for key in private}, node_policy(contracts))
    world = _World(
        chain=chain, clock=clock, contracts=contracts, sender=DirectSender(chain, contracts, signer, clock)
    )
    for number in (1, 2):
        world.admit(number)
    return world


_NAMES = ("admit", "add", "rotate", "expire", "revoke", "stop", "stop", "suspend", "recover", "recover")
_STEPS = st.lists(
    st.tuples(st.sampled_from(_NAMES), st.integers(1, 2), st.integers(0, 2**32 - 1)), min_size=6, max_size=20
)
# Both administer keys of participant 2 go, it is recovered, and the new keys lift the stop.
_LOST = (("revoke", 2, 2), ("revoke", 2, 3), ("recover", 2, 1), ("recover", 2, 2), ("stop", 2, 1))


def _play(world: _World, steps: Sequence[Step]) -> dict[int, Authorisations]:
    """Take the steps, compare after each, and return what the events told at each height."""
    told: dict[int, Authorisations] = {}
    for step in steps:
        _act(world, step)
        world.wait(step[2] % 120)
        now = world.read()
        _compare(world, now)
        told[world.chain.final_height()] = now
    return told


def test_events_tell_a_recovery() -> None:
    """Who lost its administer keys is told as stopped, then as having the new ones, then as active."""
    world = _world()

    told = list(_play(world, _LOST).values())

    administering = [
        [key.number for key in each.keys.values() if key.role is KeyRole.ADMINISTER and not key.revoked]
        for each in told
    ]
    # Participant 1 has its own keys 3 and 4 throughout.
    assert [[3, 4, 4], [3, 4], [3, 4], [3, 4, 5, 6], [3, 4, 5, 6]] == administering
    stopped = Standing.OUTGOING_STOPPED
    assert [Standing.ACTIVE, Standing.ACTIVE, stopped, stopped, Standing.ACTIVE] == [
        each.standing(2) for each in told
    ]


# Each example is played on a chain, so making a failing one smaller would take longer than a test may.
_settings = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[*HealthCheck],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


@pytest.mark.slow
@_settings
@given(steps=_STEPS)
def test_events_tell_who_was_authorised(stores: Callable[[str], Store], steps: list[Step]) -> None:
    """After each step events tell what the chain answers; the mirror still tells it of each height later."""
    world = _world()

    told = _play(world, steps)

    with closing(stores("sqlite")) as store:
        follower = Follower(store, world.chain, world.contracts, world.clock)
        while follower.tick():
            pass
        with store.snapshot() as connection:
            assert told == {height: authorised_at(connection, height) for height in told}
