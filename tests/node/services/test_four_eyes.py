"""No sequence of calls lets one person both enter and consent, nor lets splitting go round the limits."""

from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import coincurve
import orjson
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from node.chain import own_calls
from node.chain.calls import KeyTerms
from node.errors import NodeError
from node.keys.approvers import ApproverKeystores, Approvers
from node.keys.keystore import Keystore
from node.keys.signing import address_of
from node.services.actors import Actor, Role
from node.services.answers import request_of
from node.services.approvals import Waiting, approve, list_waiting, reject
from node.store.session import Store
from node.store.tables import approvals, instructions
from settlement.instruction import keccak
from settlement.participant import KeyRole
from tests.embedded import embedded_network
from tests.node.bank import Bank, request
from tests.scenario import BANKS, USD

LIMIT, THRESHOLD = 1_000, 2_500
PEOPLE = ("anna", "erika", "otto")
# Each person has several sessions; somebody may hold another's session, never another's secret.
_people = st.sampled_from(PEOPLE)
_sessions = st.tuples(_people, st.integers(1, 2))
_amounts = st.sampled_from([1, 400, 999, LIMIT, LIMIT + 1, 5_000])


def _actor(session: tuple[str, int]) -> Actor:
    name, number = session
    return Actor(id=f"{name}-{number}", name=name, roles=frozenset({Role.OFFICER, Role.APPROVER}))


def _secret(person: str) -> bytes:
    return keccak(f"{person}'s secret".encode())


class FourEyes(RuleBasedStateMachine):
    """Entering, approving and rejecting by anybody, in any order, with a node that works all the time."""

    def __init__(self) -> None:
        super().__init__()
        self._open = ExitStack()
        self._folder = Path(self._open.enter_context(TemporaryDirectory()))
        self._network = self._open.enter_context(embedded_network())
        self.entered: dict[str, str] = {}
        self.consented: dict[str, str] = {}
        self._requests = 0

    @initialize()
    def start(self) -> None:
        """A bank whose three people each have a registered approve key of their own."""
        network = self._network
        keys = ApproverKeystores(self._folder / "approvers", scrypt_n=2)
        for person in PEOPLE:
            secret = keccak(person.encode())
            Keystore(self._folder / "approvers" / person, scrypt_n=2).add(secret, _secret(person))
            terms = KeyTerms(address=address_of(coincurve.PrivateKey(secret)), role=KeyRole.APPROVE)
            for use in ("administer", "administer too"):
                network.send(BANKS[0].key(use), own_calls.add_key(network.contracts, terms))
        lower = own_calls.set_threshold(network.contracts, currency=USD, amount=THRESHOLD)
        network.send(BANKS[0].key("administer"), lower)
        store = Store(f"sqlite:///{self._folder / 'vostro.sqlite'}")
        store.migrate()
        self._open.callback(store.close)
        self.bank = Bank(store=store, network=network)
        self.bank.set(approval_limits=f"USD={LIMIT / 100:.2f}")
        self.approvers = Approvers(keys, network.clock)

    def _number(self) -> int:
        self._requests += 1
        return self._requests

    @rule(session=_sessions, amounts=st.lists(_amounts, min_size=1, max_size=3))
    def enter(self, session: tuple[str, int], amounts: list[int]) -> None:
        """Somebody enters one or several."""
        actor, number = _actor(session), self._number()
        answer = self.bank.accept(
            *(request(number, amount=str(amount)) for amount in amounts),
            key=f"k{number}", actor=actor.id, entered_by=actor.name,
        )  # fmt: skip
        for each in orjson.loads(answer.body)["payments"]:
            self.entered[each["id"]] = actor.name

    @rule(session=_sessions, owner=_people, place=st.integers(0, 9))
    def consent(self, session: tuple[str, int], owner: str, place: int) -> None:
        """Somebody with a secret of their own tries, in their own session or in one that they hold."""
        self._consent(session, owner, place)

    @rule(session=_sessions, place=st.integers(0, 9))
    def consent_properly(self, session: tuple[str, int], place: int) -> None:
        """Somebody consents in their own session."""
        self._consent(session, session[0], place)

    @rule(number=st.integers(1, 2), place=st.integers(0, 9))
    def consent_to_own(self, number: int, place: int) -> None:
        """Who entered it tries, in any session of their own."""
        for waiting in self._waiting()[place : place + 1]:
            self._consent((waiting.entered_by, number), waiting.entered_by, place)

    def _waiting(self) -> list[Waiting]:
        auditor = Actor(id="auditor", name="auditor", roles=frozenset({Role.AUDITOR}))
        return list_waiting(self.bank.store, self.bank.network.clock, auditor, limit=100)

    def _consent(self, session: tuple[str, int], owner: str, place: int) -> None:
        store, clock, waiting = self.bank.store, self.bank.network.clock, self._waiting()
        if not waiting:
            return
        chosen, actor = waiting[place % len(waiting)], _actor(session)
        with suppress(NodeError):
            approve(
                store, clock, self.approvers,
                request_of(actor=actor.id, key=f"a{self._number()}", operation="approve", body=b""),
                actor=actor, payment_id=chosen.id, shown=chosen.digest, secret=_secret(owner), reason=None,
            )  # fmt: skip
            self.consented[chosen.id] = owner

    @rule(session=_sessions, place=st.integers(0, 9))
    def refuse(self, session: tuple[str, int], place: int) -> None:
        """Somebody rejects."""
        if not self.entered:
            return
        chosen, actor = sorted(self.entered)[place % len(self.entered)], _actor(session)
        asked = request_of(actor=actor.id, key=f"r{self._number()}", operation="reject", body=b"")
        with suppress(NodeError):
            reject(
                self.bank.store, self.bank.network.clock, asked,
                actor=actor, payment_id=chosen, reason="no",
            )  # fmt: skip

    @rule()
    def work(self) -> None:
        """The node brings on chain what may go."""
        self.bank.run()

    @invariant()
    def two_people(self) -> None:
        """What was consented to was entered by somebody else, and settled only then where it takes two."""
        if not hasattr(self, "bank"):
            return
        for payment, owner in self.consented.items():
            assert self.entered[payment] != owner
        with self.bank.store.snapshot() as connection:
            rows = connection.execute(
                select(instructions.c.id, instructions.c.amount, approvals.c.approver_name).outerjoin(
                    approvals, approvals.c.instruction_id == instructions.c.id
                )
            ).all()
        settled = {each.id for each in self.bank.payments(state="settled")}
        rejected = [
            each for each in self.bank.payments(state="rejected") if each.reason != "ApproverRejected"
        ]
        assert [] == rejected
        alone = [row.amount for row in rows if row.id in settled and row.approver_name is None]
        assert all(amount <= LIMIT for amount in alone)
        assert sum(alone) <= THRESHOLD
        assert {row.id: row.approver_name for row in rows if row.approver_name} == self.consented

    def teardown(self) -> None:
        """Close what was opened."""
        self._open.close()


@pytest.mark.slow
def test_no_path_lets_one_person_do_both() -> None:
    """Whatever is called in whatever order, with sessions of others too, it takes two people's secrets."""
    run_state_machine_as_test(
        FourEyes,
        # Not shrunk: what fails is told by its steps, and a chain for each try takes long.
        settings=settings(
            max_examples=30,
            stateful_step_count=14,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
