"""Hands signed bytes to the chain, the newest of their nonce each time, and reads what its refusals mean."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from node.chain.protocol import Chain
from node.clock import Clock
from node.errors import (
    AlreadyKnown,
    ContractRefused,
    ForeignTransaction,
    NonceTaken,
    OutOfGas,
    TransactionPostponed,
    TransactionRefused,
)
from node.outbox.transactions import Sent
from node.store.session import Store
from node.submitter.alarm import remember

# How long a transaction that was handed over may stay unseen before the chain is asked again; twice as long
# after each time, up to the second.
REPEAT_SECONDS = 3
REPEAT_SECONDS_MAX = 60
# How often a nonce must be found taken by nobody we know before it is believed.
LOOKS_MIN = 3

# The RPC node did not take the bytes, and may do so later: also where it ran them first, which says nothing
# of how they end on chain.
_POSTPONED = (TransactionPostponed, ContractRefused, OutOfGas)

_log = structlog.get_logger("vostro.submitter")


@dataclass(slots=True, kw_only=True)
class _Memory:
    """When the chain was last asked about a transaction, and how long to leave it alone since then.

    `looks`: how often in a row its nonce was found taken without a receipt of ours.
    """

    asked_at: float
    pause: float = REPEAT_SECONDS
    looks: int = 0


class Broadcast:
    """Sends what is committed. Losing its memory only makes it ask the chain once more."""

    def __init__(self, store: Store, chain: Chain, clock: Clock) -> None:
        self._store = store
        self._chain = chain
        self._clock = clock
        self._memories: dict[tuple[bytes, bytes], _Memory] = {}  # by key and hash

    def send(self, sent: Sent) -> None:
        """Send a transaction.

        Raise `ChainUnavailable` when it may or may not have arrived and `ChainBusy` when it has not, both
        mended by `repeat`; `TransactionRefused` and `ForeignTransaction` after remembering them.
        """
        try:
            self._chain.send(sent.newest.raw)
        except AlreadyKnown:
            pass
        except NonceTaken:
            self._explain(sent)
            return
        except _POSTPONED as postponed:
            _log.warning("postponed", hash=sent.hash.hex(), code=postponed.code, detail=postponed.detail)
        except TransactionRefused as refused:
            remember(self._store, self._clock, subject=sent.subject, error=refused)
            raise
        self._note(sent).looks = 0

    def repeat(self, key: bytes, in_flight: Sequence[Sent]) -> int:
        """Send again, by nonce, what the chain does not know of a key; return how many were sent.

        `in_flight`: all of that key; what was remembered of others of it is forgotten.
        """
        self._forget(key, in_flight)
        count = 0
        for sent in in_flight:
            if not self._is_due(sent):
                continue
            if self._is_mined(sent):
                self._note(sent).looks = 0
            else:
                self.send(sent)
                count += 1
        return count

    def _explain(self, sent: Sent) -> None:
        """Find out who used the nonce of a transaction; raise `ForeignTransaction` when it was not ours.

        The receipt may be a moment behind the nonce, where several RPC nodes share an address, and a clock
        may jump. So only what several looks, each after a pause, have found is believed.
        """
        memory = self._note(sent)
        if self._is_mined(sent):
            memory.looks = 0
            return
        memory.looks += 1
        if memory.looks < LOOKS_MIN:
            memory.pause = REPEAT_SECONDS
            return
        error = ForeignTransaction(
            f"nonce {sent.nonce} of key 0x{sent.key.hex()} is used on chain by a transaction not ours: "
            "revoke the key unless you know who sent it"
        )
        remember(self._store, self._clock, subject=sent.subject, error=error)
        raise error

    def _is_mined(self, sent: Sent) -> bool:
        """Tell whether the chain has a receipt of any version."""
        return any(self._chain.receipt(version.hash) is not None for version in reversed(sent.versions))

    def _is_due(self, sent: Sent) -> bool:
        """Tell whether to ask again now; a clock that went back makes it due."""
        memory = self._memories.get((sent.key, sent.newest.hash))
        return memory is None or not 0 <= self._clock.now() - memory.asked_at < memory.pause

    def _note(self, sent: Sent) -> _Memory:
        """Remember that the chain was asked about a transaction just now."""
        now = self._clock.now()
        place = sent.key, sent.newest.hash
        memory = self._memories.get(place)
        if memory is None:
            memory = self._memories[place] = _Memory(asked_at=now)
        else:
            memory.asked_at, memory.pause = now, min(memory.pause * 2, REPEAT_SECONDS_MAX)
        return memory

    def _forget(self, key: bytes, in_flight: Sequence[Sent]) -> None:
        """Keep nothing of a key that is not in flight any more; other keys have their own turn."""
        kept = {(key, sent.newest.hash) for sent in in_flight}
        for place in [each for each in self._memories if each[0] == key and each not in kept]:
            del self._memories[place]
