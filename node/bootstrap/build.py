"""One node from its settings: everything is made here, and nothing is kept anywhere else."""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial

from node.api.context import Context
from node.api.metrics import Metrics
from node.api.rates import Rates
from node.api.readiness import Readiness
from node.api.ring import Ring
from node.bootstrap.agreement import AgreementProbe
from node.bootstrap.believing import checks_of, validators_of, witnesses_of
from node.bootstrap.exchanging import exchanging
from node.bootstrap.funds import FundsProbe
from node.bootstrap.health import LOOK_SECONDS as HEALTH_SECONDS
from node.bootstrap.health import HealthWatch
from node.bootstrap.keeping import keeping, node_vault
from node.bootstrap.node import Node, Part
from node.bootstrap.opening import (
    approver_keys,
    connected_chain,
    open_access_keys,
    open_store,
    opened_signer,
    openid_issuer,
    require_endpoint,
    schemas_by_thread,
)
from node.bootstrap.probes import probes, unchecked
from node.bootstrap.verification import Verification
from node.bootstrap.worker import Worker
from node.chain.contracts import Contracts
from node.chain.deployment import Deployment, read_deployment
from node.chain.protocol import Chain
from node.chain.witnesses import Witnesses
from node.clock import Clock, Random
from node.follower.follower import Follower
from node.keys.approvers import Approvers
from node.keys.ring import LOOK_SECONDS, KeyRing
from node.keys.signer import NodeSigner, Signer
from node.services.intake import Intake
from node.settings import Settings
from node.store.incidents import open_incidents, raise_incident
from node.store.session import Store
from node.submitter.submitter import Submitter
from settlement.errors import SettlementError

ALL = frozenset(Part)


def build(
    settings: Settings,
    *,
    clock: Clock,
    random: Random,
    chain: Chain | None = None,
    deployment: Deployment | None = None,
    signer: NodeSigner | None = None,
    password: bytes | None = None,
    parts: Collection[Part] = ALL,
) -> Node:
    """Return a node that is ready to start.

    `chain` is given when several nodes of one process share an embedded one; `signer` or the keystore's
    `password` is needed for the submitter. Raise `SettingsInvalid`, `WrongPassword`, `StoreUnavailable` …
    """
    if chain is None:
        require_endpoint(settings)
    contracts = Contracts(deployment or read_deployment(settings.deployment_file))
    resources = ExitStack()
    with ExitStack() as on_failure:
        on_failure.callback(resources.close)
        ring: KeyRing | None = None
        exchanges = Part.EXCHANGE in parts and settings.exchange_port is not None
        if (Part.SUBMITTER in parts or exchanges) and signer is None:
            signer = ring = resources.enter_context(opened_signer(settings, contracts, clock, password))
        chain = chain or resources.enter_context(connected_chain(settings, clock, contracts.deployment))
        store = resources.enter_context(closing(open_store(settings)))
        vault = node_vault(settings, random, password)
        verification = Verification(chain, contracts.deployment, demo_allowed=settings.demo)
        witnesses = witnesses_of(settings, chain, clock)
        ticks = _ticks(
            parts, settings=settings, store=store, chain=chain, contracts=contracts, clock=clock,
            random=random, signer=signer, witnesses=witnesses,
            ahead=resources.enter_context(ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead")),
        )  # fmt: skip
        if Part.KEEPER in parts:
            ticks |= keeping(
                settings, store, chain,
                contracts=contracts, clock=clock, random=random, vault=vault, resources=resources,
            )  # fmt: skip
        letters, door = exchanging(
            settings, store, contracts, signer if exchanges else None,
            clock=clock, random=random, resources=resources,
        )  # fmt: skip
        ticks |= letters
        ring_of_feed = Ring(store)
        if Part.API in parts:
            ticks["ring"] = ring_of_feed.tick
        workers = _workers(settings, verification, ticks, ring, _alarm(store, clock))
        metrics = Metrics()
        metrics.verification.labels(settings.verification).set(1)
        asked = probes(store=store, chain=chain, verification=verification, workers=workers, metrics=metrics)
        asked |= _warnings(settings, ring) | _agreement(store, witnesses, metrics)
        if signer is not None:
            funds = partial(FundsProbe, clock=clock, settings=settings, metrics=metrics)
            asked["funds"] = funds(store, chain, addresses=signer.addresses)
        readiness = Readiness(asked)
        health = _health(readiness, metrics, _alarm(store, clock))
        resources.callback(readiness.close)
        context = Context(
            settings=settings, store=store, chain=chain, contracts=contracts, clock=clock, random=random,
            schemas=schemas_by_thread(settings), readiness=readiness, metrics=metrics,
            keys=open_access_keys(settings, random), openid=openid_issuer(settings, clock),
            vault=vault, ring=ring_of_feed, rates=Rates(settings, clock),
            intake=Intake(store, settings, clock, random),
            approvers=Approvers(approver_keys(settings), clock),
        )  # fmt: skip
        node = Node(
            context, verification, [*workers, health],
            web=Part.API in parts, resources=resources, door=door,
        )  # fmt: skip
        on_failure.pop_all()
        return node


def _ticks(
    wanted: Collection[Part],
    *,
    settings: Settings,
    store: Store,
    chain: Chain,
    contracts: Contracts,
    clock: Clock,
    random: Random,
    signer: Signer | None,
    witnesses: Witnesses | None,
    ahead: Executor,
) -> dict[str, Callable[[], int]]:
    """Return what each wanted part does again and again."""
    found: dict[str, Callable[[], int]] = {}
    if Part.FOLLOWER in wanted:
        found[Part.FOLLOWER] = Follower(
            store,
            chain,
            contracts,
            clock,
            checks=checks_of(settings),
            witnesses=witnesses,
            validators=validators_of(settings, chain, witnesses),
            ahead=ahead,
        ).tick
    if Part.SUBMITTER in wanted and signer is not None:
        found[Part.SUBMITTER] = Submitter(
            store,
            chain,
            contracts=contracts,
            signer=signer,
            clock=clock,
            random=random,
            settings=settings,
        ).tick
    return found


def _warnings(settings: Settings, ring: KeyRing | None) -> dict[str, Callable[[], str | None]]:
    """Return the probes that never fail, and say what a person should know."""
    found: dict[str, Callable[[], str | None]] = {"verification": partial(unchecked, settings.verification)}
    if ring is not None:
        found["keys"] = ring.warning
    return found


def _agreement(store: Store, witnesses: Witnesses | None, metrics: Metrics) -> dict[str, AgreementProbe]:
    return {} if witnesses is None else {"agreement": AgreementProbe(store, witnesses, metrics)}


def _workers(
    settings: Settings,
    verification: Verification,
    ticks: Mapping[str, Callable[[], int]],
    ring: KeyRing | None,
    alarm: Callable[[str, SettlementError], None],
) -> list[Worker]:
    workers = [
        Worker(name, _verified(verification, tick), pause_seconds=settings.tick_seconds, alarm=alarm)
        for name, tick in ticks.items()
    ]
    if ring is not None:
        workers.append(Worker("keys", ring.tick, pause_seconds=LOOK_SECONDS, alarm=alarm))
    return workers


def _health(readiness: Readiness, metrics: Metrics, alarm: Callable[[str, SettlementError], None]) -> Worker:
    watch = HealthWatch(readiness, metrics)
    return Worker("health", watch.tick, pause_seconds=HEALTH_SECONDS, alarm=alarm)


def _verified(verification: Verification, tick: Callable[[], int]) -> Callable[[], int]:
    """Let nothing be read or signed before the chain was found to be the right one."""

    def verified_tick() -> int:
        verification.require()
        return tick()

    return verified_tick


def _alarm(store: Store, clock: Clock) -> Callable[[str, SettlementError], None]:
    def remember(writer: str, error: SettlementError) -> None:
        with store.transaction() as connection:
            # What the writer has remembered itself says more.
            if not open_incidents(connection, writer=writer):
                raise_incident(connection, writer=writer, subject="worker", error=error, at=int(clock.now()))

    return remember
