"""One bank over a model chain, with a real store, acceptance, follower and submitters; and its rules."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import shake_256

from sqlalchemy import select

from node.errors import ChainUnavailable
from node.follower.follower import Follower
from node.services.acceptance import accept
from node.services.filters import Filter
from node.services.payments import Payment, list_payments
from node.services.requests import PaymentRequest
from node.settings import Settings
from node.store.session import Store
from node.store.tables import replacements, transactions
from node.submitter.submitter import LEASE_SECONDS, Submitter
from settlement.identifiers import BankReference
from tests.clocks import SetClock
from tests.node.chain_of_events import CONTRACTS, START
from tests.simulation.chain import PAY_KEY, PAYEES, PAYER, Carried, ModelChain, PlainSigner, bic
from tests.simulation.faults import Crash, Faults, FaultyChain, FaultySigner, FaultyStore
from tests.simulation.rules import Limits, Query, Rules, Shown, require


class CountingRandom:
    """Random bytes that never repeat and are the same in every run."""

    def __init__(self) -> None:
        self._count = 0

    def bytes(self, count: int) -> bytes:
        self._count += 1
        return shake_256(self._count.to_bytes(8, "big")).digest(count)


@dataclass(slots=True, kw_only=True)
class World:
    """Everything outlives a crash but the submitters: store and chain.

    `query` reads the store past the node's code; None: through it.
    """

    store: Store
    chain: ModelChain
    settings: Settings
    clock: SetClock = field(default_factory=lambda: SetClock(START + 100))
    signer: PlainSigner = field(default_factory=lambda: PlainSigner(PAY_KEY))
    random: CountingRandom = field(default_factory=CountingRandom)
    query: Query | None = None
    accepted: int = 0
    sent: list[Carried] = field(default_factory=list)
    rules: Rules = field(init=False)

    def __post_init__(self) -> None:
        self.rules = Rules(
            Limits(
                payments=self.settings.batch_payments_max,
                pipeline=self.settings.pipeline_transactions_max,
                attempts=self.settings.attempts_max,
                unknown_after_seconds=self.settings.unknown_after_seconds,
            )
        )
        self.chain.on_send = self._watch
        self.follow()

    def accept(self, *amounts: int, queue: bool = False) -> None:
        """Take payments of these amounts, in turn to each payee; `queue`: they may wait for money."""
        first, self.accepted = self.accepted, self.accepted + len(amounts)
        requests = [
            PaymentRequest(
                payee=BankReference(bic=bic(PAYEES[place % len(PAYEES)])),
                currency="USD",
                amount=str(amount),
                end_to_end_id=f"E{place}",
                document={"end_to_end_id": f"E{place}"},
                queue=queue,
            )
            for place, amount in enumerate(amounts, first)
        ]
        accept(
            self.store, self.settings, self.clock, self.random,
            actor="tok", key=f"k{first}", body=b"", requests=requests,
        )  # fmt: skip

    def submitter(self, faults: Faults | None = None) -> Submitter:
        """A submitter as a process that has just started has it."""
        found = faults or Faults()
        return Submitter(
            FaultyStore(self.store, found),
            FaultyChain(self.chain, found),
            contracts=CONTRACTS,
            signer=FaultySigner(self.signer, found),
            clock=self.clock,
            random=self.random,
            settings=self.settings,
        )

    def follow(self) -> None:
        """Mirror every block."""
        follower = Follower(self.store, self.chain, CONTRACTS, self.clock)
        while follower.tick():
            pass

    def mine(self) -> None:
        """Mine what is in the pool, and mirror it."""
        self.chain.mine_pool()
        self.follow()

    def run(self, submitter: Submitter, *, rounds: int = 30) -> None:
        """Tick, mine and mirror until nothing happens any more, checking every rule after each step.

        What passes by itself (the chain is away) is waited for; a crash ends this.
        """
        for _ in range(rounds):
            try:
                done = submitter.tick()
            except ChainUnavailable:
                done = 1
            self.check()
            if done == 0 and not self.chain.pool and self.is_quiet():
                return
            self.mine()
            self.check()
            self.clock.sleep(4)
        raise AssertionError(f"not quiet after {rounds} rounds: {Counter(self.states().values())}")

    def run_past_crashes(self, faults: Faults) -> None:
        """Run with faults; after a crash start a new process, when the dead one's lease has ended."""
        try:
            self.run(self.submitter(faults))
        except Crash:
            self.check()
            self.clock.sleep(LEASE_SECONDS + 1)
            self.run(self.submitter())

    def payments(self) -> tuple[Payment, ...]:
        return list_payments(self.store, self.settings, self.clock, Filter(), limit=1000).payments

    def states(self) -> dict[str, str]:
        """Each payment's shown state by its end-to-end id."""
        return {payment.end_to_end_id: payment.state for payment in self.payments()}

    def is_quiet(self) -> bool:
        """Whether no transaction waits for its conclusion."""
        with self.store.snapshot() as connection:
            query = select(transactions.c.id).where(transactions.c.concluded_at.is_(None))
            return connection.execute(query).first() is None

    def check(self, *, all_shown: bool = True) -> None:
        """Hold the rules: of what has changed, and of everything that is shown, also for its age."""
        now = self.clock.now()
        self.rules.check_signatures(self.signer.signed)
        with self._reading() as query:
            changed, shown = self.rules.has_changed(query)
            if changed:
                self.rules.check_store(query, self.chain, now)
        if shown or all_shown:
            found = [Shown(each.id, each.state, each.sequence) for each in self.payments()]
            with self._reading() as query:
                self.rules.check_shown(query, found, now, muted=self.chain.muted)
        require(len(set(self.chain.paid)) == len(self.chain.paid), "R1 paid twice", self.chain.paid)

    @contextmanager
    def _reading(self) -> Iterator[Query]:
        """Give plain SQL on what is committed."""
        if self.query is not None:
            yield self.query
            return
        with self.store.snapshot() as connection:
            yield lambda statement: connection.exec_driver_sql(statement).all()

    def _watch(self, carried: Carried) -> None:
        """What reaches the chain was committed before."""
        with self.store.snapshot() as connection:
            signed = select(transactions.c.hash).union(select(replacements.c.hash))
            committed = carried.hash in set(connection.scalars(signed))
        require(committed, "R6 sent before it was committed", carried)
        self.sent.append(carried)


def world(store: Store, *, funds: int = 1_000_000, **settings: int) -> World:
    """A bank with some money and nothing to do."""
    given = {"batch_payments_max": 3, "pipeline_transactions_max": 2} | settings
    made = Settings(bic=bic(PAYER), batch_linger_seconds=0).model_copy(update=given)
    return World(store=store, chain=ModelChain(funds), settings=made)
