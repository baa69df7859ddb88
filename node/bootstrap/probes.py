"""What must hold for the node to do its work; each probe raises why it does not."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from node.api.metrics import Metrics
from node.bootstrap.verification import Verification
from node.bootstrap.worker import Worker
from node.chain.protocol import Chain
from node.errors import MirrorBehind, WriterStopped
from node.mirror.head import head
from node.services.breaks import open_breaks
from node.store.incidents import open_incidents
from node.store.session import Store

# A mirror further behind shows yesterday's picture: reports would be wrong without anybody noticing.
LAG_BLOCKS_MAX = 50


def unchecked(level: str) -> str | None:
    """Say what of the blocks is believed without a check; None at the level `full`."""
    if level == "full":
        return None
    believed = "receipts and transactions are" if level == "headers" else "everything is"
    return f"VOSTRO_VERIFICATION is {level}: {believed} mirrored as the RPC node tells it"


class MirrorProbe:
    """Passes once the mirror has what was final when it was first asked, and is not far behind since."""

    def __init__(self, store: Store, chain: Chain, metrics: Metrics) -> None:
        self._store = store
        self._chain = chain
        self._metrics = metrics
        self._final_at_start: int | None = None

    def __call__(self) -> None:
        """Raise `MirrorBehind`; a node that has not read what was there before it knows nobody."""
        with self._store.snapshot() as connection:
            found = head(connection)
        final, mirrored = self._chain.final_height(), found.height if found else -1
        if self._final_at_start is None:
            self._final_at_start = final
        lag = final - mirrored
        self._metrics.lag_blocks.set(lag)
        if mirrored < self._final_at_start or lag > LAG_BLOCKS_MAX:
            raise MirrorBehind(f"the mirror is {lag} final blocks behind; the follower works on it")


def probes(
    *, store: Store, chain: Chain, verification: Verification, workers: Sequence[Worker], metrics: Metrics
) -> dict[str, Callable[[], str | None]]:
    """Return the probes of one node by name, in the order in which they are shown."""

    def ask_store() -> None:
        with store.snapshot() as connection:
            found = head(connection)
        metrics.mirrored_height.set(found.height if found else 0)

    def ask_chain() -> None:
        verification.require()
        chain.final_height()

    ask_mirror = MirrorProbe(store, chain, metrics)

    def ask_workers() -> None:
        for worker in workers:
            worker.check()

    def ask_incidents() -> None:
        with store.snapshot() as connection:
            found = open_incidents(connection)
        if found:
            first = found[0]
            raise WriterStopped(
                f"the {first.writer} has stopped: {first.code}: {first.detail} (incident {first.id}); "
                "find out why, then `vostro incidents clear`"
            )

    def ask_breaks() -> str | None:
        with store.snapshot() as connection:
            found = open_breaks(connection)
        metrics.open_breaks.set(found.count)
        metrics.oldest_break.set(found.oldest_at or 0)
        if found.oldest_at is None:
            return None
        since = datetime.fromtimestamp(found.oldest_at, UTC).strftime("%Y-%m-%d %H:%M")
        return f"{found.count} open breaks, the oldest since {since} UTC: see `vostro breaks list`"

    return {
        "store": ask_store,
        "chain": ask_chain,
        "mirror": ask_mirror,
        "workers": ask_workers,
        "incidents": ask_incidents,
        "breaks": ask_breaks,
    }
