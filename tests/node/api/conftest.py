"""The door of one bank: a real store, an embedded chain with the whole network, its web application."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from node.api.app import create_app
from node.api.context import Context
from node.api.metrics import Metrics
from node.api.rates import Rates
from node.api.readiness import Readiness
from node.api.ring import Ring
from node.bootstrap.opening import open_access_keys, openid_issuer, schemas_by_thread
from node.bootstrap.probes import probes
from node.bootstrap.verification import Verification
from node.clock import SystemRandom
from node.follower.follower import Follower
from node.keys.approvers import ApproverKeystores, Approvers
from node.keys.keystore import Keystore
from node.services.actors import Role
from node.services.intake import Intake
from node.services.tokens import new_token
from node.settings import Settings
from node.store.session import Store
from tests.embedded import embedded_network
from tests.scenario import BANKS, Member, Network
from tests.vaults import vault_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A bank's application with a token of each role; `mirror` brings every final block into its ledger."""

    member: Member
    network: Network
    context: Context
    client: TestClient
    secrets: dict[Role, str]

    def headers(self, role: Role = Role.OFFICER, **more: str) -> dict[str, str]:
        """The headers of a request by a role; `idempotency_key="a"` becomes `idempotency-key: a`."""
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {"authorization": f"Bearer {self.secrets[role]}", **named}

    def mirror(self) -> None:
        """Bring every final block into this bank's ledger."""
        context = self.context
        follower = Follower(context.store, context.chain, context.contracts, context.clock)
        while follower.tick():
            pass


@pytest.fixture
def network() -> Iterator[Network]:
    """The network, fresh for each test."""
    with embedded_network() as network:
        yield network


SECRET = "correct horse"


@pytest.fixture
def doors(network: Network, stores: Callable[[str], Store], tmp_path: Path) -> Iterator[Callable[..., Door]]:
    """A function that opens a bank's door: `doors()`, `doors(BANKS[1], "postgresql", payments_max=5)`."""
    opened: list[TestClient] = []

    def open_door(member: Member = BANKS[0], dialect: str = "sqlite", **settings: Any) -> Door:
        context = _context(network, stores(dialect), member, tmp_path / f"home-{len(opened)}", settings)
        client = TestClient(create_app(context), raise_server_exceptions=False)
        opened.append(client)
        door = Door(
            member=member,
            network=network,
            context=context,
            client=client.__enter__(),
            secrets={
                role: new_token(
                    context.store, context.clock, context.random, name=role, role=role, by="test"
                )[1]
                for role in Role
            },
        )
        door.mirror()
        return door

    yield open_door
    for client in opened:
        client.__exit__()


@pytest.fixture
def door(doors: Callable[..., Door]) -> Door:
    """The door of the first bank, on SQLite."""
    return doors()


def _approver_keys(settings: Settings, member: Member) -> ApproverKeystores:
    """The approve key of a member, as that of the approver whose name is the role's."""
    folder = settings.home / "approvers"
    if not folder.exists():
        keystore = Keystore(folder / Role.APPROVER, scrypt_n=2)
        keystore.add(member.secret("approve"), SECRET.encode())
    return ApproverKeystores(folder, scrypt_n=2)


def _context(network: Network, store: Store, member: Member, home: Path, changes: dict[str, Any]) -> Context:
    chain, contracts, metrics = network.chain, network.contracts, Metrics()
    # The clock stands still, so that no rate comes back, and what waited for more would wait for ever.
    unbounded = {"actor_burst": 1_000_000, "stranger_burst": 1_000_000, "batch_linger_seconds": 0}
    given: dict[str, Any] = {"bic": member.bic, "demo": True, "home": home} | unbounded | changes
    settings = Settings(**given)
    verification = Verification(chain, contracts.deployment, demo_allowed=True)
    return Context(
        settings=settings,
        store=store,
        chain=chain,
        contracts=contracts,
        clock=network.clock,
        random=SystemRandom(),
        approvers=Approvers(_approver_keys(settings, member), network.clock),
        schemas=schemas_by_thread(settings),
        readiness=Readiness(
            probes(store=store, chain=chain, verification=verification, workers=(), metrics=metrics)
        ),
        metrics=metrics,
        keys=open_access_keys(settings, SystemRandom()),
        openid=openid_issuer(settings, network.clock),
        vault=vault_in(home),
        ring=Ring(store),
        rates=Rates(settings, network.clock),
        intake=Intake(store, settings, network.clock, SystemRandom()),
    )
