"""One day of a bank's node under one seed: work, weather, at most one disaster; rules after every step."""

import hashlib
from collections.abc import Callable
from random import Random

from node.chain.own_calls import set_reserve
from node.errors import (
    CancelRefused,
    ChainBusy,
    ChainError,
    ChainUnavailable,
    EndpointBehind,
    StoreUnavailable,
    VoidRefused,
    WriterStopped,
)
from node.follower.follower import BEHIND_LOOKS_MIN, BEHIND_SECONDS_MAX, Follower
from node.services.administration import ask as ask_call
from node.services.incidents import clear
from node.services.payments import Payment
from node.services.reconciliation import reconcile
from node.services.voids import cancel_payment, void_payment
from node.settings import Settings
from settlement.errors import SettlementError
from settlement.instruction import OneLeg, Terms, terms_from_word
from settlement.participant import KeyRole
from tests.clocks import SetClock
from tests.node.chain_of_events import CONTRACTS, START, commitment
from tests.simulation.chain import (
    ASSET,
    ISSUER,
    ISSUER_KEY,
    PAY_KEY,
    PAYEE_KEY,
    PAYEES,
    PAYER,
    SECOND_KEY,
    ModelChain,
    PlainSigner,
    bic,
)
from tests.simulation.clients import Clients
from tests.simulation.faults import Crash
from tests.simulation.memory import MemoryDatabase
from tests.simulation.processes import Process
from tests.simulation.rules import FINAL, require
from tests.simulation.weather import CLIMATES, Weather
from tests.simulation.world import World

FUNDS = 10_000
_DEPTHS = (0, 0, 1, 3)
_STEPS_MAX = 36
# One transaction at a time, each final three blocks later, is slow work for twenty instructions.
_EVENING_ROUNDS = 120
_PATIENT_ROUNDS = 30
# What passes by itself, or says that the node has stopped.
_PASSING = (ChainUnavailable, ChainBusy, EndpointBehind, StoreUnavailable, WriterStopped)
# What the follower finds when the chain was rewritten; nobody clears that on the same day.
_REWRITTEN = "mirror_gap"


class Day:
    """Everything of one seed. `trace` names each point that was passed and each step, in order."""

    def __init__(self, seed: int, database: MemoryDatabase) -> None:
        self.random = Random(seed)
        self.trace: list[str] = []
        database.reset()
        draw = self.random.choice
        settings = Settings(bic=bic(PAYER), batch_linger_seconds=0).model_copy(
            update={
                "batch_payments_max": draw((2, 5, 500)),
                "pipeline_transactions_max": draw((1, 2, 4)),
                "attempts_max": draw((1, 3, 100)),
                "unknown_after_seconds": draw((60, 10**5)),
                "payments_max": 6,
            }
        )
        chain = ModelChain(FUNDS, depth=draw(_DEPTHS))
        signer = PlainSigner(PAY_KEY, SECOND_KEY)
        self.database = database
        self.world = World(
            store=database.store, chain=chain, settings=settings, signer=signer, query=database.query
        )
        self.weather = Weather(
            random=self.random, climate=draw(CLIMATES), note=self.trace.append, meanwhile=self._meanwhile
        )
        self.processes = [Process(name, self.world, self.weather) for name in "AB"[: draw((1, 2))]]
        self.clients = Clients(
            settings=settings, clock=self.world.clock, chance=self.world.random, random=self.random
        )
        # The codes of incidents that have a cause, and whether the day may have another disaster.
        self.causes: set[str] = set()
        disasters = None, None, None, *self._disasters()
        self._disaster: Callable[[], None] | None = draw(disasters)
        self._stopped: tuple[int, int] | None = None
        self._delivered = 0
        self._is_evening = False
        self._names, self._weights = zip(*self._steps(), strict=True)
        self.world.check()

    def run(self) -> str:
        """Live the day and return the digest of its trace; raise `BrokenRule`, or what the node raises."""
        steps = self.random.randint(12, _STEPS_MAX)
        strikes = self.random.randrange(steps)
        for number in range(steps):
            if number == strikes and self._disaster is not None:
                self._do(self._disaster)
            (step,) = self.random.choices(self._names, self._weights)
            self._do(step)
        self._evening()
        return hashlib.sha256("\n".join(self.trace).encode()).hexdigest()

    def _steps(self) -> tuple[tuple[Callable[[], None], int], ...]:
        chain = self.world.chain
        return (
            (self._tick, 34),
            (self._follow, 16),
            (self._mine, 18),
            (self._ask, 12),
            (self._repeat, 6),
            (self._wait, 10),
            (self._jump, 5),
            (chain.drop_pool, 3),
            (self._break, 4),
            (self._deliver, 4),
            (self._restart, 2),
            (self._others, 5),
            (self._settle, 10),
            (self._person, 5),
            (self._call, 2),
            (self._reorganise, 5 if chain.depth else 0),
            (self._reconcile, 1),
        )

    def _disasters(self) -> tuple[Callable[[], None], ...]:
        return self._stranger, self._copycat, self._usurper, self._mute, self._rewrite, self._cut_short

    def _do(self, step: Callable[[], None]) -> None:
        """Take one step and hold the rules."""
        self._try(step)
        self._check()

    def _try(self, step: Callable[[], None]) -> None:
        """Take one step, whatever it meets that passes, or has a cause."""
        self.trace.append(step.__name__)
        try:
            step()
        except _PASSING as error:
            self.trace.append(error.code)
        except SettlementError as error:
            require(error.code in self.causes, "R10 an alarm without a cause", repr(error))

    def _check(self) -> None:
        world = self.world
        if self._is_rewritten():
            # The mirror is right about what was final; there is nothing left to compare it with.
            self.causes.add(_REWRITTEN)
        else:
            world.check(all_shown=False)
        incidents = self._incidents()
        for _, code in incidents:
            require(code in self.causes, "R10 an incident without a cause", code)
        done = len(world.signer.signed), len(world.sent) - self._delivered
        if self._stopped is not None:
            require(done == self._stopped, "R10 signed or sent while stopped", incidents)
        self._stopped = done if incidents else None

    def _process(self) -> Process:
        return self.random.choice(self.processes)

    def _in(self, process: Process, work: Callable[[], object]) -> None:
        """Let a process work; if it dies, its memory is gone and it starts again."""
        try:
            self.trace.append(f"{process.name} did {work()}")
        except Crash:
            process.start()

    def _tick(self) -> None:
        process = self._process()
        self._in(process, process.submitter.tick)

    def _follow(self) -> None:
        process = self._process()
        self._in(process, process.follower.tick)

    def _meanwhile(self, interrupted: str) -> None:
        """What another process, or another client of this one, does while a call is on its way."""
        process = self._process()
        self.trace.append(f"meanwhile {process.name}")
        try:
            if process.name == interrupted:
                # It shares the memory of the one that was interrupted, and so its death.
                self.clients.repeat(process.store)
            else:
                self._in(process, self.random.choice((process.submitter.tick, process.follower.tick)))
        except _PASSING as error:
            self.trace.append(error.code)

    def _ask(self) -> None:
        process = self._process()
        self._in(process, lambda: self.clients.ask(process.store))

    def _repeat(self) -> None:
        process = self._process()
        if self.random.random() < 0.1:
            self._in(process, lambda: self.clients.ask_too_much(process.store))
        else:
            self._in(process, lambda: self.clients.repeat(process.store))

    def _mine(self) -> None:
        self.world.chain.mine_pool()

    def _wait(self) -> None:
        self.world.clock.sleep(self.random.choice((1, 3, 6, 90)))

    def _jump(self) -> None:
        self.world.clock.sleep(self.random.choice((-100_000, -40, 40, 100_000)))

    def _break(self) -> None:
        self.world.chain.broken = not self.world.chain.broken

    def _deliver(self) -> None:
        """Let late sendings arrive, in any order; nobody hears the answers."""
        self.random.shuffle(self.weather.held)
        for raw in self.weather.held:
            self._delivered += 1
            try:
                self.world.chain.send(raw)
            except ChainError as error:
                self.trace.append(error.code)
        self.weather.held.clear()

    def _restart(self) -> None:
        self._process().start()

    def _others(self) -> None:
        """Others act on chain: they pay the bank, or end its redemptions."""
        chain = self.world.chain
        if chain.books.redemptions and self.random.random() < 0.7:
            word, salted = min(chain.books.redemptions)
            if self.random.random() < 0.5:
                chain.act(ISSUER_KEY, "Ledger", "confirmRedemption", word, salted, [])
            else:
                chain.act(ISSUER_KEY, "Ledger", "refuseRedemption", word, salted)
            return
        terms = Terms(
            sequence=1 + len(chain.mined),
            asset=ASSET,
            payer=PAYEES[0],
            payee=PAYER,
            amount=self.random.choice((1, 50)),
        )
        chain.act(PAYEE_KEY, "Payments", "pay", [(terms.word(), commitment(terms))], [])

    def _settle(self) -> None:
        """Somebody brings something from the queue to settlement, whether there is money or not."""
        chain = self.world.chain
        if chain.books.queue:
            if self.random.random() < 0.5:
                sequence = 10_000 + len(chain.mined)
                more = Terms(sequence=sequence, asset=ASSET, payer=ISSUER, payee=PAYER, amount=20_000)
                chain.act(ISSUER_KEY, "Ledger", "issue", more.word(), commitment(more), [])
            digest = self.random.choice(sorted(chain.books.queue))
            chain.act(PAYEE_KEY, "Settlement", "settle", [([self._instruction(digest)],)])

    def _instruction(self, digest: bytes) -> tuple[int, bytes, list[int]]:
        """What waits under a digest, as its node's store has it."""
        (row,) = self.database.query(
            f"SELECT terms, deadline, commitment FROM instructions WHERE digest = x'{digest.hex()}'"  # noqa: S608
        )
        terms, deadline, salted = row
        form = OneLeg(terms=terms_from_word(int.from_bytes(terms, "big")), valid_until=deadline)
        return form.head, bytes(salted), [form.leg.word()]

    def _person(self) -> None:
        """Somebody looks: clears what is explained, takes something back, in the evening all of it."""
        world = self.world
        for number, code in self._incidents():
            if code != _REWRITTEN:
                clear(world.store, world.clock, number, by="a person", actor="client")
                self._stopped = None
                return
        stuck = [each for each in self._open() if each.state in ("unknown", "queued")]
        if stuck and not self._is_evening:
            stuck = [self.random.choice(stuck)]
        for payment in stuck:
            if payment.state == "queued" and self.random.random() < 0.5:
                continue  # it may still settle
            take_back = void_payment if payment.state == "unknown" else cancel_payment
            try:
                take_back(world.store, world.settings, world.clock, payment.id, actor="client")
            except (CancelRefused, VoidRefused) as refused:
                self.trace.append(refused.code)

    def _call(self) -> None:
        """Somebody asks for a call by the second key, which does not lead (R8)."""
        process = self._process()
        call = set_reserve(CONTRACTS, asset=ASSET, amount=self.random.choice((0, 500)))
        arguments = {"role": KeyRole.PAY, "actor": "client", "action": "reserve_set", "signer": SECOND_KEY}
        self._in(process, lambda: ask_call(process.store, self.world.clock, call, **arguments))  # type: ignore[arg-type]  # as named

    def _reorganise(self) -> None:
        """Fewer blocks than make one final are replaced: by more, as many, or fewer."""
        chain = self.world.chain
        count = min(self.random.randint(1, chain.depth), len(chain.mined) - 4)
        if count > 0:
            length = self.random.randint(max(1, count - 1), count + 2)
            # A stranger's transaction stays: it is in every node's pool.
            kept = self.random.random() < 0.5 or bool(self.causes)
            chain.reorganise(count, length=length, kept=kept)

    def _reconcile(self) -> None:
        if self._is_rewritten():
            return
        found = reconcile(self.world.store, self.world.chain, CONTRACTS, participant=PAYER)
        unknown_to_us = self.causes & {"chain_contradiction"}
        require(not found.breaks or unknown_to_us, "R4 reconciliation", found.breaks)

    def _stranger(self) -> None:
        """Somebody who has our key sends something of no consequence."""
        self.causes.add("foreign_transaction")
        data = CONTRACTS.calldata("Ledger", "setReserve", ASSET, 0)
        self.world.chain.usurp(PAY_KEY, CONTRACTS.address("Ledger"), data)

    def _copycat(self) -> None:
        """Somebody who has our second key sends what we have signed, word for word."""
        paid = [each for each in self.world.sent if each.to == CONTRACTS.address("Payments")]
        if paid:
            # Its nonces are ours too: that is found when this key is next used.
            self.causes.add("foreign_transaction")
            self.world.chain.usurp(SECOND_KEY, paid[-1].to, paid[-1].data)

    def _usurper(self) -> None:
        """Somebody who has our second key settles another payment under our next sequences."""
        self.causes |= {"foreign_transaction", "chain_contradiction"}
        first = 1 + max([0, *self.world.chain.used])
        payments = [
            Terms(sequence=first + place, asset=ASSET, payer=PAYER, payee=PAYEES[1], amount=2)
            for place in range(2)
        ]
        data = CONTRACTS.pay_calldata([(each, commitment(each)) for each in payments])
        self.world.chain.usurp(SECOND_KEY, CONTRACTS.address("Payments"), data)

    def _mute(self) -> None:
        """A contract does nothing and says nothing; from now until the evening."""
        self.causes.add("chain_contradiction")
        self.world.chain.mute = True

    def _rewrite(self) -> None:
        """More blocks are replaced than may be."""
        chain = self.world.chain
        count = chain.depth + self.random.randint(1, 3)
        if len(chain.mined) - count > 3:
            chain.reorganise(count, length=count + self.random.randint(0, 2), kept=False)

    def _cut_short(self) -> None:
        """The chain comes back shorter."""
        chain = self.world.chain
        count = chain.depth + self.random.randint(1, 3)
        if len(chain.mined) - count > 3:
            chain.set_back(count)
            ((mirrored,),) = self.database.query("SELECT max(height) FROM blocks")
            if chain.final_height() < mirrored:
                # It may grow again to what it was before anybody is sure; or not.
                self.causes.add(_REWRITTEN)

    def _is_rewritten(self) -> bool:
        """Whether the chain is not what the mirror has, at the mirror's end."""
        (height, mirrored), *_ = self.database.query(
            "SELECT height, hash FROM blocks ORDER BY height DESC LIMIT 1"
        )
        mined = self.world.chain.mined
        return bool(height >= len(mined) or mined[height].hash != mirrored)

    def _is_frozen(self) -> bool:
        """Whether the node has found that, and waits for a person."""
        return any(code == _REWRITTEN for _, code in self._incidents())

    def _incidents(self) -> list[tuple[int, str]]:
        """The number and the code of each that nobody has cleared."""
        return self.database.query("SELECT id, code FROM incidents WHERE cleared_at IS NULL ORDER BY id")

    def _evening(self) -> None:
        """The weather clears; whatever was acknowledged comes to its end, in the processes that live."""
        chain, world = self.world.chain, self.world
        self._is_evening = True
        self.weather.clear()
        chain.broken = chain.mute = False
        for number in range(_EVENING_ROUNDS):
            if number == _PATIENT_ROUNDS and chain.muted:
                # What a mute contract left only a person ends, once it has the age to show as unknown.
                ((newest,),) = self.database.query("SELECT max(created_at) FROM instructions")
                old = newest + world.settings.unknown_after_seconds
                world.clock.sleep(max(0, old - world.clock.now()))
            if self._is_rewritten() or self._is_frozen():
                self._night_of_a_frozen_node()
                return
            # The others wait for the first one's lease, and see now and then that it is still there.
            for process in self.processes if number % 4 == 3 else self.processes[:1]:
                self._try(lambda process=process: self._in(process, process.follower.tick))  # type: ignore[misc]
                self._try(lambda process=process: self._in(process, process.submitter.tick))  # type: ignore[misc]
            self._try(self._deliver)
            self._try(self._mine)
            self._check()
            # Longer after a while: what was asked for in vain is asked for less and less often.
            world.clock.sleep(4 if number < 20 else 61)
            if self._all_ended():
                break
            if number % 4 == 0 or self._incidents():
                self._do(self._person)
            if number % 4 == 2:
                self._do(self._settle)
        require(self._all_ended(), "R2 all comes to its end", self.world.states())
        self._do(lambda: self.clients.repeat_all(world.store))
        self._do(self._reconcile)
        self.clients.check(self.database.query)

    def _night_of_a_frozen_node(self) -> None:
        """Each process finds what was rewritten, and none signs (R10)."""
        # A chain that is only shorter may be an RPC node that is late: it is waited for, a while.
        for _ in range(BEHIND_LOOKS_MIN + 1):
            for process in self.processes:
                self._do(lambda process=process: self._in(process, process.follower.tick))  # type: ignore[misc]
                self._do(lambda process=process: self._in(process, process.submitter.tick))  # type: ignore[misc]
            self.world.clock.sleep(BEHIND_SECONDS_MAX / BEHIND_LOOKS_MIN)
        codes = {code for _, code in self._incidents()}
        require(_REWRITTEN in codes, "R10 a rewritten chain freezes the node", codes)

    def _all_ended(self) -> bool:
        """Whether nothing is left to be done: each is final, or its sequence settled something else."""
        world = self.world
        sent = any(sender in (PAY_KEY, SECOND_KEY) for sender, _ in world.chain.pool)
        ((busy,),) = self.database.query(
            "SELECT (SELECT count(*) FROM transactions WHERE concluded_at IS NULL) + "
            "(SELECT count(*) FROM outbox WHERE transaction_id IS NULL AND refused_at IS NULL)"
        )
        if self._incidents() or sent or busy:
            return False
        used = world.chain.used
        return all(each.state == "unknown" and each.sequence in used for each in self._open())

    def _open(self) -> list[Payment]:
        return [each for each in self.world.payments() if each.state not in FINAL]


def live(seed: int, database: MemoryDatabase) -> Day:
    """Live the day of a seed and return it; raise what went wrong, with the seed in it."""
    day = Day(seed, database)
    try:
        day.run()
    except BaseException as error:
        error.add_note(f"seed {seed}, after {len(day.trace)} points; the last: {', '.join(day.trace[-12:])}")
        raise
    return day


def prepared() -> MemoryDatabase:
    """A database whose first state is a mirror of the chain's first blocks."""
    database = MemoryDatabase()
    chain = ModelChain(FUNDS)
    Follower(database.store, chain, CONTRACTS, SetClock(START)).tick()
    database.keep()
    return database
