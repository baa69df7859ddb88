"""A rebuild from genesis into a fresh database, compared with the one in use (R4)."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from node.bootstrap.believing import checks_of, validators_of, witnesses_of
from node.bootstrap.opening import connected_chain
from node.chain.contracts import Contracts
from node.chain.deployment import read_deployment
from node.clock import SystemClock
from node.follower.rebuild import picture, rebuild
from node.settings import Settings
from node.store.session import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What was compared at which height: the digest of each table in use and rebuilt, and which differ."""

    height: int
    digests: dict[str, str]
    rebuilt: dict[str, str]
    differences: list[str]


def compare_rebuilt(
    settings: Settings, store: Store, *, into: str | None, show: Callable[[float], None]
) -> Rebuilt:
    """Rebuild up to where `store` is and compare; `show` is told the part that is done, 0 to 1.

    `into` is the URL of a fresh database that is kept; without one a passing SQLite file is used. Raise
    `StoreMismatch` when it is not fresh or nothing is mirrored yet, and what the follower raises.
    """
    clock = SystemClock()
    contracts = Contracts(read_deployment(settings.deployment_file))
    wanted = picture(store)
    with connected_chain(settings, clock) as chain, tempfile.TemporaryDirectory() as folder:
        fresh = Store(into or f"sqlite:///{Path(folder) / 'rebuilt.sqlite'}")
        fresh.migrate()
        done = 0
        witnesses = witnesses_of(settings, chain, clock)
        for blocks in rebuild(
            fresh,
            chain,
            contracts,
            clock,
            height=wanted.head.height,
            checks=checks_of(settings),
            witnesses=witnesses,
            validators=validators_of(settings, chain, witnesses),
        ):
            done += blocks
            show(done / (wanted.head.height + 1))
        found = picture(fresh)
        fresh.close()
    return Rebuilt(
        height=wanted.head.height,
        digests=wanted.digests,
        rebuilt=found.digests,
        differences=wanted.differences(found),
    )
