"""Whether as many RPC endpoints as must agree serve the newest mirrored blocks, as `/readyz` asks."""

from node.api.metrics import Metrics
from node.chain.witnesses import Witnesses
from node.errors import EndpointsDisagree
from node.mirror.head import newest_hashes
from node.store.session import Store

# An endpoint that is no more blocks behind the mirror counts as in step.
BEHIND_BLOCKS_MAX = 4


class AgreementProbe:
    """Passes while enough endpoints agree; says in words when not all do."""

    def __init__(self, store: Store, witnesses: Witnesses, metrics: Metrics) -> None:
        self._store = store
        self._witnesses = witnesses
        self._metrics = metrics

    def __call__(self) -> str | None:
        """Raise `AgreementMissing`, `EndpointsDisagree`."""
        with self._store.snapshot() as connection:
            known = newest_hashes(connection, BEHIND_BLOCKS_MAX + 1)
        if not known:
            return None
        voices = self._witnesses.ask(known)
        self._metrics.endpoints_agreeing.set(len(voices.agreeing))
        if voices.differing:
            names = ", ".join(voices.differing)
            raise EndpointsDisagree(
                f"another block than was mirrored comes from {names}; find out why, or take it out of "
                "VOSTRO_RPC_URL"
            )
        missing = self._witnesses.missing(voices, max(known))
        if len(voices.agreeing) < self._witnesses.needed:
            raise missing
        return missing.detail if voices.silent else None
