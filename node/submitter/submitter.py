"""The submitter: concludes what has ended, sends again what was lost, signs what waits. In this order.

Everything it knows stands in the store; what it keeps in memory only spares questions.
"""

import structlog

from node.chain.contracts import Contracts
from node.chain.protocol import Chain
from node.clock import Clock, Random
from node.errors import FeesAboveLimit, LeaseLost
from node.keys.signer import Signer
from node.outbox.leases import Lease, is_held_by_another, take_lease
from node.outbox.transactions import unconcluded
from node.services.circumstances import own_participant
from node.services.duties import Duty, duties
from node.settings import Settings
from node.store.incidents import require_no_incident
from node.store.session import Store
from node.submitter.broadcast import Broadcast
from node.submitter.concluder import Concluder
from node.submitter.linger import Linger
from node.submitter.replacer import Replacer
from node.submitter.writer import Writer
from settlement.errors import UnresolvedParty

# Short, so that a node that was killed goes on soon; safe at any length, for the fence decides.
LEASE_SECONDS = 5
# At start, and then so often, also the keys that have nothing to do are compared with the chain.
RECONCILE_SECONDS = 60
_HOLDER_BYTES = 16

_log = structlog.get_logger("vostro.submitter")


class Submitter:
    """Brings one store's outbox on chain with the keys of one signer. Several may share a store."""

    def __init__(
        self,
        store: Store,
        chain: Chain,
        *,
        contracts: Contracts,
        signer: Signer,
        clock: Clock,
        random: Random,
        settings: Settings,
    ) -> None:
        self._store = store
        self._signer = signer
        self._clock = clock
        self._settings = settings
        self._holder = random.bytes(_HOLDER_BYTES).hex()
        self._leases: dict[bytes, Lease] = {}
        self._reconciled_at: float | None = None
        self._chain_id = contracts.deployment.chain_id
        self._broadcast = Broadcast(store, chain, clock)
        self._concluder = Concluder(store, chain, contracts, clock, attempts_max=settings.attempts_max)
        self._writer = Writer(
            store, chain, contracts=contracts, signer=signer, clock=clock, settings=settings
        )
        self._linger = Linger(store, clock, settings)
        self._replacer = Replacer(
            store, chain, contracts=contracts, signer=signer, clock=clock, settings=settings
        )

    def tick(self) -> int:
        """Do what can be done now and return how many transactions were concluded, sent again or signed.

        Raise `WriterStopped` while an incident is open, a `BrokenRule` after opening one, `ChainError`
        and `StoreError` for what may pass. Whatever is raised, the next tick goes on from the store.
        """
        done = 0
        above: FeesAboveLimit | None = None
        now = self._clock.now()
        reconciles = self._reconciled_at is None or not 0 <= now - self._reconciled_at < RECONCILE_SECONDS
        for duty in self._duties(idle_too=reconciles):
            address = duty.key.address
            lease = self._lease(address)
            if lease is None:
                continue
            try:
                done += self._work(lease, duty)
            except LeaseLost as lost:
                self._leases.pop(address, None)
                _log.warning("lease_lost", key=address.hex(), detail=lost.detail)
            except FeesAboveLimit as error:
                # The other keys are still to be looked after.
                above = error
        if reconciles:
            self._reconciled_at = now
        if above is not None:
            raise above
        return done

    def _work(self, lease: Lease, duty: Duty) -> int:
        with self._store.snapshot() as connection:
            open_transactions = unconcluded(connection, key=lease.key, chain_id=self._chain_id)
        in_flight = [sent for sent in open_transactions if not self._concluder.conclude(sent)]
        done = len(open_transactions) - len(in_flight)
        replaced = [sent for sent in self._replacer.due(in_flight) if self._replacer.replace(lease, sent)]
        if replaced:
            done += len(replaced)
            with self._store.snapshot() as connection:
                in_flight = unconcluded(connection, key=lease.key, chain_id=self._chain_id)
        done += self._broadcast.repeat(lease.key, in_flight)
        if not duty.key.valid_at(int(self._clock.now())):
            return done
        for _ in range(self._settings.pipeline_transactions_max - len(in_flight)):
            if self._linger.holds(lease.key, duty.key.role):
                break
            sent = self._writer.write(lease, duty.key.role, named_only=not duty.leading)
            if sent is None:
                break
            self._linger.note(lease.key)
            self._broadcast.send(sent)
            done += 1
        return done

    def _duties(self, *, idle_too: bool) -> list[Duty]:
        """Return the keys with something to do, or all; raise `WriterStopped` while an incident is open."""
        with self._store.snapshot() as connection:
            require_no_incident(connection)
            try:
                own = own_participant(connection, self._settings)
            except UnresolvedParty:
                # Not admitted, or not mirrored yet: nobody can have asked for anything.
                return []
            return duties(
                connection,
                self._signer.addresses(),
                participant=own.id,
                chain_id=self._chain_id,
                now=int(self._clock.now()),
                idle_too=idle_too,
            )

    def _lease(self, address: bytes) -> Lease | None:
        """Return the lease of a key, prolonged when half of it is gone; None while another process has it."""
        now = int(self._clock.now())
        lease = self._leases.get(address)
        if lease is not None and 0 <= now <= lease.expires_at - LEASE_SECONDS // 2:
            return lease
        with self._store.snapshot() as connection:
            if is_held_by_another(
                connection, key=address, holder=self._holder, now=now, seconds=LEASE_SECONDS
            ):
                self._leases.pop(address, None)
                return None
        with self._store.transaction() as connection:
            lease = take_lease(connection, key=address, holder=self._holder, now=now, seconds=LEASE_SECONDS)
        if lease is not None:
            self._leases[address] = lease
        return lease
