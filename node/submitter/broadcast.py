"""Hands signed bytes to the chain, the same ones each time, and reads what its refusals mean."""

from collections.abc import Sequence

import structlog

from node.chain.protocol import Chain
from node.clock import Clock
from node.errors import AlreadyKnown, ForeignTransaction, NonceTaken, TransactionPostponed, TransactionRefused
from node.outbox.transactions import Sent
from node.store.session import Store
from node.submitter.alarm import remember

# How long a transaction that was taken may stay unseen before it is sent again.
REPEAT_SECONDS = 3

_log = structlog.get_logger("vostro.submitter")


class Broadcast:
    """Sends what is committed. Losing its memory only makes it ask the chain once more."""

    def __init__(self, store: Store, chain: Chain, clock: Clock) -> None:
        self._store = store
        self._chain = chain
        self._clock = clock
        self._sent_at: dict[bytes, float] = {}
        self._taken_since: dict[bytes, float] = {}

    def send(self, sent: Sent) -> None:
        """Send a transaction.

        Raise `ChainUnavailable` when it may or may not have arrived and `ChainBusy` when it has not, both
        mended by `repeat`; `TransactionRefused` and `ForeignTransaction` after remembering them.
        """
        try:
            self._chain.send(sent.raw)
        except AlreadyKnown:
            pass
        except NonceTaken:
            self._explain(sent)
            return
        except TransactionPostponed as postponed:
            _log.warning("postponed", hash=sent.hash.hex(), code=postponed.code, detail=postponed.detail)
            return
        except TransactionRefused as refused:
            remember(self._store, self._clock, subject=sent.subject, error=refused)
            raise
        self._sent_at[sent.hash] = self._clock.now()

    def repeat(self, in_flight: Sequence[Sent]) -> int:
        """Send again, by nonce, what the chain does not know; return how many were sent."""
        self._forget(in_flight)
        now = self._clock.now()
        count = 0
        for sent in in_flight:
            before = self._sent_at.get(sent.hash)
            if before is not None and 0 <= now - before < REPEAT_SECONDS:
                continue
            if self._chain.receipt(sent.hash) is None:
                self.send(sent)
                count += 1
            else:
                self._sent_at[sent.hash] = now
        return count

    def _explain(self, sent: Sent) -> None:
        """Find out who used the nonce of a transaction; raise `ForeignTransaction` when it was not ours.

        The receipt may be a moment behind the nonce, where several RPC nodes share an address. So only
        what stays so is believed.
        """
        if self._chain.receipt(sent.hash) is not None:
            self._sent_at[sent.hash] = self._clock.now()
            return
        now = self._clock.now()
        # A clock that went back must not put off the alarm by as much.
        since = self._taken_since[sent.hash] = min(now, self._taken_since.get(sent.hash, now))
        if now - since < REPEAT_SECONDS:
            return
        error = ForeignTransaction(
            f"nonce {sent.nonce} of key 0x{sent.key.hex()} is used on chain by a transaction not ours: "
            "revoke the key unless you know who sent it"
        )
        remember(self._store, self._clock, subject=sent.subject, error=error)
        raise error

    def _forget(self, in_flight: Sequence[Sent]) -> None:
        """Keep nothing of what is not in flight any more."""
        hashes = {sent.hash for sent in in_flight}
        for kept in (self._sent_at, self._taken_since):
            for transaction_hash in kept.keys() - hashes:
                del kept[transaction_hash]
