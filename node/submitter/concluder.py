"""Deals with transactions that have ended, each once, in one SQL transaction with what follows."""

import structlog

from node.chain.contracts import Contracts
from node.chain.protocol import Chain
from node.clock import Clock
from node.errors import ChainContradiction, ContractFault
from node.outbox.actions import Action
from node.outbox.nonces import WRITER
from node.outbox.outcomes import Final, ended, final_version
from node.outbox.replacements import Version, adopt
from node.outbox.rows import enqueue
from node.outbox.transactions import Sent, conclude, is_given_up
from node.outbox.work import carried
from node.store.incidents import was_cleared
from node.store.session import Store
from node.submitter.alarm import remember
from node.submitter.conclusion import Revert, follow_ups, why_reverted

_log = structlog.get_logger("vostro.submitter")


class Concluder:
    """Reads the end of transactions in the mirror, and puts what follows into the outbox."""

    def __init__(
        self, store: Store, chain: Chain, contracts: Contracts, clock: Clock, *, attempts_max: int
    ) -> None:
        self._store = store
        self._chain = chain
        self._contracts = contracts
        self._clock = clock
        self._attempts_max = attempts_max

    def conclude(self, sent: Sent) -> bool:
        """Conclude a transaction if it has ended, and tell whether it has.

        It has ended when the mirror has the receipt of one of its versions, or when a person has seen that
        its nonce is lost.
        Raise `ChainContradiction` or `ContractFault` after remembering it.
        """
        with self._store.snapshot() as connection:
            final, mined = final_version(connection, sent.versions)
            rows = carried(connection, sent.id) if final is not None and not final.succeeded else []
            if final is None and not is_given_up(connection, sent):
                return False
        revert = None
        if mined is not None and mined.cancels:
            final, revert = None, Revert(reason="it was cancelled: its nonce was used for nothing")
        elif final is None:
            revert = Revert(reason="its nonce went to a transaction that is not ours")
        elif not final.succeeded:
            revert = why_reverted(self._chain, self._contracts, sent.key, rows, height=final.height)
        try:
            self._write(sent, final, revert, mined)
        except (ChainContradiction, ContractFault) as error:
            remember(self._store, self._clock, subject=sent.subject, error=error)
            raise
        return True

    def _write(self, sent: Sent, final: Final | None, revert: Revert | None, mined: Version | None) -> None:
        at = int(self._clock.now())
        reason = None if revert is None else revert.reason
        with self._store.transaction() as connection:
            if not conclude(connection, sent.id, at=at, error=reason, abandoned=final is None):
                return
            if mined is not None and not mined.cancels and mined is not sent.versions[0]:
                adopt(connection, sent.id, first=sent.versions[0], mined=mined)
            found = ended(connection, sent.id, final)
            tolerant = was_cleared(connection, writer=WRITER, code=_code(revert), subject=sent.subject)
            following = follow_ups(found, revert=revert, attempts_max=self._attempts_max, tolerant=tolerant)
            for action in Action:
                instructions = [each.instruction for each in following if each.action is action]
                if instructions:
                    enqueue(connection, action, instructions, at=at)
        _log.info(
            "concluded", hash=sent.hash.hex(), rows=len(found.rows), following=len(following), reverted=reason
        )


def _code(revert: Revert | None) -> str:
    """Return the code of what an end like this can break."""
    return ChainContradiction.code if revert is None or revert.fault is None else revert.fault.code
