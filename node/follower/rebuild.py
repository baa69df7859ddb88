"""Fills a fresh store from the genesis block, and compares it with the one in use (R4)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from node.chain.contracts import Contracts
from node.chain.protocol import Chain
from node.chain.witnesses import Witnesses
from node.clock import Clock
from node.errors import StoreMismatch
from node.follower.checking import DEFAULT_CHECKS, Checks
from node.follower.follower import Follower
from node.follower.validators import ContractValidators
from node.mirror.digests import table_digests
from node.mirror.head import Head, head
from node.store.session import Store
from settlement.errors import MirrorGap


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The mirror of a store at one height: the hexadecimal SHA-256 of each table made from the chain."""

    head: Head
    digests: dict[str, str]

    def differences(self, other: "Picture") -> list[str]:
        """Return the names of the tables that differ; none when the pictures are equal."""
        return sorted(name for name in self.digests if self.digests[name] != other.digests.get(name))


def picture(store: Store) -> Picture:
    """Take the picture of a store's mirror; raise `StoreMismatch` when nothing is mirrored."""
    with store.snapshot() as connection:
        found = head(connection)
        if found is None:
            raise StoreMismatch("the database mirrors nothing yet; run the node first")
        return Picture(head=found, digests=table_digests(connection))


def rebuild(
    fresh: Store,
    chain: Chain,
    contracts: Contracts,
    clock: Clock,
    *,
    height: int,
    checks: Checks = DEFAULT_CHECKS,
    witnesses: Witnesses | None = None,
    validators: ContractValidators | None = None,
) -> Iterator[int]:
    """Mirror from genesis to `height` into a fresh store, yielding the number of blocks of each step.

    Raise `StoreMismatch` when the store is not fresh, `MirrorGap` when the chain ends before `height`.
    """
    with fresh.snapshot() as connection:
        found = head(connection)
    if found is not None:
        raise StoreMismatch(f"the database is not fresh: it mirrors up to block {found.height}")
    missing = height + 1
    with ThreadPoolExecutor(max_workers=1) as ahead:
        follower = Follower(
            fresh,
            chain,
            contracts,
            clock,
            checks=checks,
            witnesses=witnesses,
            validators=validators,
            ahead=ahead,
        )
        while missing:
            mirrored = follower.tick(until=height)
            if not mirrored:
                raise MirrorGap(f"the chain ends {missing} blocks before height {height}")
            missing -= mirrored
            yield mirrored
