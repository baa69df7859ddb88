"""The follower: one tick brings the next few final blocks into the mirror."""

from collections.abc import Sequence
from concurrent.futures import Executor

from node.chain.contracts import Contracts
from node.chain.protocol import Block, Chain
from node.chain.witnesses import Witnesses
from node.clock import Clock
from node.errors import (
    ChainError,
    EndpointBehind,
    EndpointsDisagree,
    StoreError,
    WrongChain,
    WrongGenesis,
)
from node.follower.ahead import Ahead
from node.follower.checking import DEFAULT_CHECKS, Checks
from node.follower.validators import ContractValidators
from node.mirror.head import Head, hash_at, head, pin
from node.mirror.material import Material, header_at
from node.mirror.record import write
from node.store.incidents import raise_incident, require_no_incident
from node.store.session import Store
from settlement.errors import BrokenRule, MirrorGap, SettlementError
from settlement.evidence.header import Header

WRITER = "follower"

_BLOCKS_MAX = 256
# A tick takes more blocks while they are light, fewer when they are heavy: memory stays bounded.
_LOGS_AIM = 10_000
# An RPC node that is behind the mirror is waited for so long, and for so many looks since a clock may jump;
# then the chain counts as set back.
BEHIND_SECONDS_MAX = 120
BEHIND_LOOKS_MIN = 10


class Follower:
    """Mirrors one chain into one store. Only one of those that share a store writes at a time."""

    def __init__(
        self,
        store: Store,
        chain: Chain,
        contracts: Contracts,
        clock: Clock,
        *,
        checks: Checks = DEFAULT_CHECKS,
        witnesses: Witnesses | None = None,
        validators: ContractValidators | None = None,
        ahead: Executor | None = None,
        blocks_max: int = _BLOCKS_MAX,
    ) -> None:
        self._store = store
        self._chain = chain
        self._contracts = contracts
        self._clock = clock
        self._checks = checks
        self._witnesses = witnesses
        self._validators = validators
        self._ahead = Ahead(chain, ahead)
        self._blocks_max = blocks_max
        self._blocks_next = min(16, blocks_max)
        self._verified = False
        self._behind_since = 0.0
        self._behind_looks = 0

    def tick(self, *, until: int | None = None) -> int:
        """Mirror the next final blocks (none above `until`) and return how many; 0 when there are none.

        Raise `WriterStopped` while an incident is open; `BrokenRule`, `WrongChain` or `WrongGenesis` after
        opening one; `ChainError` or `StoreError` for what may pass.
        """
        with self._store.snapshot() as connection:
            require_no_incident(connection, writer=WRITER)
            mirrored = head(connection)
            parent = None
            if mirrored is not None and self._checks.sealed:
                parent = header_at(connection, mirrored.height)
        try:
            blocks = self._fetch(mirrored, until)
            _check(mirrored, blocks)
            if self._witnesses is not None:
                blocks = self._witnesses.agreed(blocks)
            return self._write(mirrored, blocks, self._material(parent, blocks))
        except (BrokenRule, WrongChain, WrongGenesis) as error:
            self._freeze(error, mirrored)
            raise
        except ChainError:
            # Another endpoint, or another chain behind it, may answer next.
            self._verified = False
            raise

    def _fetch(self, mirrored: Head | None, until: int | None) -> Sequence[Block]:
        if not self._verified:
            self._verify()
        final = self._chain.final_height()
        if mirrored is not None and final <= mirrored.height:
            self._check_unchanged(mirrored, final)
            return []
        self._behind_looks = 0
        first = 0 if mirrored is None else mirrored.height + 1
        end = final if until is None else min(final, until)
        last = min(end, first + self._blocks_next - 1)
        if first > last:
            return []
        blocks = self._ahead.blocks(first, last, final=end)
        self._adapt(blocks)
        after = first + len(blocks)
        self._ahead.begin(after, min(end, after + self._blocks_next - 1))
        return blocks

    def _adapt(self, blocks: Sequence[Block]) -> None:
        """Choose how many blocks come next by how heavy these are."""
        logs = sum(len(receipt.logs) for block in blocks for receipt in block.receipts)
        wanted = self._blocks_next * 2 if logs < _LOGS_AIM // 2 else len(blocks) * _LOGS_AIM // logs
        self._blocks_next = max(1, min(self._blocks_max, wanted))

    def _verify(self) -> None:
        """Check that endpoint, deployment and store are of one chain."""
        pinned = self._contracts.deployment
        chain_id, genesis_hash = self._chain.chain_id(), self._chain.genesis_hash()
        if chain_id != pinned.chain_id:
            raise WrongChain(f"the endpoint serves chain {chain_id}, the deployment is on {pinned.chain_id}")
        if genesis_hash != pinned.genesis_hash:
            raise WrongGenesis(
                f"the chain begins with {genesis_hash.hex()}, the deployment's with "
                f"{pinned.genesis_hash.hex()}: it was started anew, or is another"
            )
        with self._store.transaction() as connection:
            pin(connection, chain_id=chain_id, genesis_hash=genesis_hash, contracts=pinned.contracts)
        self._verified = True

    def _check_unchanged(self, mirrored: Head, final: int) -> None:
        known: bytes | None = mirrored.hash
        if final < mirrored.height:
            with self._store.snapshot() as connection:
                known = hash_at(connection, final)
        served = self._chain.block_hash(final)
        if known is not None and served != known:
            raise _changed(final, known, served)
        if final < mirrored.height:
            self._wait(mirrored, final)
        self._behind_looks = 0

    def _wait(self, mirrored: Head, final: int) -> None:
        """Tell an RPC node that is behind (`EndpointBehind`) from a chain that was set back (`MirrorGap`).

        The blocks it has are the mirror's, so only time tells.
        """
        now = self._clock.now()
        if self._behind_looks == 0 or now < self._behind_since:
            self._behind_since = now
        self._behind_looks += 1
        waited = now - self._behind_since
        found = f"the chain ends at block {final}, the mirror at {mirrored.height}"
        if waited < BEHIND_SECONDS_MAX or self._behind_looks < BEHIND_LOOKS_MIN:
            raise EndpointBehind(f"{found}: the RPC node is not in step; waiting until it has caught up")
        raise MirrorGap(f"{found}, and has for {int(waited)} seconds: the chain was set back")

    def _material(self, parent: Header | None, blocks: Sequence[Block]) -> list[Material]:
        """Return what proves the blocks, having checked them at this follower's level."""
        found = []
        for block in blocks:
            kept = () if self._validators is None else self._validators.of(block.height)
            found.append(self._checks.material(block, parent, kept))
            parent = block.header
        return found

    def _write(self, mirrored: Head | None, blocks: Sequence[Block], material: Sequence[Material]) -> int:
        if not blocks:
            return 0
        pinned = self._contracts.deployment
        with self._store.transaction() as connection:
            pin(
                connection,
                chain_id=pinned.chain_id,
                genesis_hash=pinned.genesis_hash,
                contracts=pinned.contracts,
            )
            if head(connection) != mirrored:
                # Another follower of this store was quicker; its blocks are as good as these.
                return 0
            write(connection, self._contracts, blocks, material, level=self._checks.level)
        return len(blocks)

    def _freeze(self, error: SettlementError, mirrored: Head | None) -> None:
        """Remember why nothing is mirrored any more, until a person has looked (R10)."""
        self._verified = False
        subject = "genesis" if mirrored is None else f"after block {mirrored.height}"
        at = int(self._clock.now())
        headers = error.versions if isinstance(error, EndpointsDisagree) else self._served_instead(mirrored)
        try:
            with self._store.transaction() as connection:
                raise_incident(
                    connection, writer=WRITER, subject=subject, error=error, at=at, headers=headers
                )
        except StoreError as lost:
            error.add_note(f"it could not be remembered: {lost.detail}")

    def _served_instead(self, mirrored: Head | None) -> tuple[tuple[str, bytes], ...]:
        """Return the header that is served now for a block that was mirrored with another hash, if one is.

        The one that was mirrored is in `proofs`.
        """
        if mirrored is None:
            return ()
        try:
            served = self._chain.block(min(mirrored.height, self._chain.final_height()))
            with self._store.snapshot() as connection:
                known = hash_at(connection, served.height)
            return () if served.hash == known else (("the RPC node", served.header.encoded()),)
        except SettlementError:
            return ()  # what is not to be had must not hide why the node froze


def _check(mirrored: Head | None, blocks: Sequence[Block]) -> None:
    """Raise `MirrorGap` unless the blocks follow on the mirror's head and on each other."""
    height = -1 if mirrored is None else mirrored.height
    parent_hash = None if mirrored is None else mirrored.hash
    for block in blocks:
        height += 1
        if block.height != height:
            raise MirrorGap(f"asked for block {height}, the chain gave {block.height}")
        if parent_hash is not None and block.parent_hash != parent_hash:
            raise _changed(height - 1, parent_hash, block.parent_hash)
        parent_hash = block.hash


def _changed(height: int, known: bytes, served: bytes) -> MirrorGap:
    return MirrorGap(
        f"block {height} was final as {known.hex()} and is now {served.hex()}: the chain was rewritten"
    )
