"""Whether the node's keys can pay for gas, where the chain charges for it: the operator funds them."""

from collections.abc import Callable, Sequence

from node.api.metrics import Metrics
from node.chain.protocol import Chain
from node.clock import Clock
from node.errors import GasUnfunded
from node.services.own_keys import own_keys
from node.settings import Settings
from node.store.session import Store
from node.submitter.batch import GAS_MAX
from settlement.participant import KeyRole


class FundsProbe:
    """Passes while each key that sends transactions can pay for one; says so when few are left."""

    def __init__(
        self,
        store: Store,
        chain: Chain,
        *,
        addresses: Callable[[], Sequence[bytes]],
        clock: Clock,
        settings: Settings,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._chain = chain
        self._addresses = addresses
        self._clock = clock
        self._settings = settings
        self._metrics = metrics

    def __call__(self) -> str | None:
        """Return which keys are low; raise `GasUnfunded` when one can't pay for a single transaction."""
        price = self._chain.fees().price
        left = {key: self._transactions_left(key, price) for key in self._senders()} if price else {}
        # A key that was rotated away is no alert any more.
        self._metrics.gas_transactions.clear()
        for key, count in left.items():
            self._metrics.gas_transactions.labels("0x" + key.hex()).set(count)
        low = {key: count for key, count in left.items() if count < self._settings.gas_transactions_min}
        if not low:
            return None
        told = ", ".join(f"0x{key.hex()} for {count}" for key, count in low.items())
        told = f"keys whose balance pays for few more transactions at {price} wei: {told}; fund them"
        if 0 in low.values():
            raise GasUnfunded(told)
        return told

    def _senders(self) -> list[bytes]:
        """Return the keys that may send transactions now: approve keys send none."""
        found = own_keys(self._store, self._settings, self._addresses(), now=int(self._clock.now()))
        return [
            each.address
            for each in found
            if each.registered and each.differs is None and each.registered.role is not KeyRole.APPROVE
        ]

    def _transactions_left(self, key: bytes, price: int) -> int:
        return self._chain.balance(key) // (GAS_MAX * price)
