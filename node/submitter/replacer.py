"""Signs anew for a nonce that is stuck: the same payload at a higher price, or, if asked, a call of nothing.

The one exception to one payload for a nonce (R6): explicit, logged, and only one of them is ever mined. What
a cancelled transaction carried goes again under another nonce; a sequence settles once, whatever is mined.
"""

from collections.abc import Sequence

import structlog

from node.chain.calls import void
from node.chain.contracts import Contracts
from node.chain.fees import bumped, fee_limits
from node.chain.protocol import Chain, Fees
from node.clock import Clock
from node.errors import DayLimitReached, FeesAboveLimit, PolicyRefused
from node.keys.signer import Signer, UnsignedTransaction
from node.outbox.leases import Lease
from node.outbox.nonces import WRITER
from node.outbox.replacements import Version, record_replacement
from node.outbox.transactions import Sent
from node.outbox.work import Row, carried
from node.services.audit import append_audit
from node.settings import Settings
from node.store.incidents import require_no_incident
from node.store.session import Store
from node.submitter.alarm import remember
from node.submitter.batch import batch_of
from settlement.instruction import keccak

# Each offers an eighth more than the one before: together four times the first price.
REPLACEMENTS_MAX = 12
LOOK_SECONDS = 5
_GAS_CANCEL = 150_000

_log = structlog.get_logger("vostro.submitter")


class Replacer:
    """Replaces what a person wants cancelled, and what waits too long for its price."""

    def __init__(
        self,
        store: Store,
        chain: Chain,
        *,
        contracts: Contracts,
        signer: Signer,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._store = store
        self._chain = chain
        self._contracts = contracts
        self._signer = signer
        self._clock = clock
        self._limits = fee_limits(settings)
        self._bump_after = settings.bump_after_seconds
        self._looked_at: dict[bytes, float] = {}

    def due(self, in_flight: Sequence[Sent]) -> list[Sent]:
        """Return the transactions of one key that are to be replaced.

        What was asked for is due at once; what may be stuck is looked at now and then.
        """
        replaceable = [sent for sent in in_flight if len(sent.versions) <= REPLACEMENTS_MAX]
        asked = [sent for sent in replaceable if sent.cancel_asked and not sent.newest.cancels]
        now = self._clock.now()
        old = [sent for sent in replaceable if now - sent.newest.signed_at >= self._bump_after]
        priced = [sent for sent in old if sent.newest.fees.price > 0 and sent not in asked]
        if not priced or 0 <= now - self._looked_at.get(priced[0].key, -LOOK_SECONDS) < LOOK_SECONDS:
            return asked
        self._looked_at[priced[0].key] = now
        return asked + [sent for sent in priced if self._is_unseen(sent)]

    def replace(self, lease: Lease, sent: Sent) -> bool:
        """Sign and commit the next version of a transaction.

        False when it would cost more than allowed, when the signer's limit of the day is reached, or when
        the chain asks no more than was offered: then something else keeps it waiting, and a higher price
        would only cost.

        Raise `LeaseLost`; `PolicyRefused` after remembering it.
        """
        try:
            offer = self._chain.fees()
            if sent.cancel_asked == sent.newest.cancels and not _is_above(offer, sent.newest.fees):
                return False
            fees = bumped(self._limits, sent.newest.fees, offer)
        except FeesAboveLimit as above:
            _log.warning("not_replaced", hash=sent.hash.hex(), code=above.code, detail=above.detail)
            return False
        try:
            version = self._sign(lease, sent, fees)
        except DayLimitReached as reached:
            # Signed so long ago that the signer has forgotten it: what is in flight may still be mined.
            _log.warning("not_replaced", hash=sent.hash.hex(), code=reached.code, detail=reached.detail)
            return False
        except PolicyRefused as refused:
            remember(self._store, self._clock, subject=sent.subject, error=refused)
            raise
        _log.warning(
            "replaced",
            hash=sent.hash.hex(),
            by=version.hash.hex(),
            nonce=sent.nonce,
            cancels=version.cancels,
        )
        return True

    def _sign(self, lease: Lease, sent: Sent, fees: Fees) -> Version:
        at = int(self._clock.now())
        with self._store.transaction() as connection:
            require_no_incident(connection)
            to, data, gas = self._content(sent, carried(connection, sent.id))
            signed = self._signer.sign(
                lease.key,
                UnsignedTransaction(
                    chain_id=self._contracts.deployment.chain_id,
                    nonce=sent.nonce,
                    to=to,
                    data=data,
                    gas=gas,
                    fees=fees,
                ),
            )
            version = Version(
                hash=signed.hash, raw=signed.raw, fees=fees, signed_at=at, cancels=sent.cancel_asked
            )
            record_replacement(connection, lease, sent.id, version)
            append_audit(
                connection,
                at=at,
                actor=WRITER,
                action="transaction_cancelled" if version.cancels else "transaction_replaced",
                subject=signed.hash.hex(),
                detail={
                    "key": lease.key.hex(),
                    "nonce": sent.nonce,
                    "replaces": sent.newest.hash.hex(),
                    "gas_price": str(fees.price),
                    "payload": keccak(to + data).hex(),
                },
            )
        return version

    def _content(self, sent: Sent, rows: Sequence[Row]) -> tuple[bytes, bytes, int]:
        """Return target, calldata and gas of the next version: the payload that the nonce was given to.

        Or, for a cancellation, a call that does nothing: voiding no sequences. It is within what a node's
        keys may sign; by a key that may not pay it reverts, which does nothing too.
        """
        if sent.cancel_asked:
            return self._contracts.address("Ledger"), void(self._contracts, []).calldata, _GAS_CANCEL
        batch = batch_of(self._contracts, rows)
        if batch.payload_digest != sent.payload_digest:
            raise PolicyRefused(
                f"nonce {sent.nonce} is signed for another payload than its rows make now; "
                "cancel it: `vostro transactions cancel`"
            )
        return batch.to, batch.calldata, batch.gas

    def _is_unseen(self, sent: Sent) -> bool:
        return all(self._chain.receipt(version.hash) is None for version in sent.versions)


def _is_above(offer: Fees, before: Fees) -> bool:
    return offer.price > before.price or (offer.priority or 0) > (before.priority or 0)
