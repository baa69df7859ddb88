"""Signs what waits: nonce, bytes, hash and rows are committed in one transaction before anything leaves."""

import structlog

from node.chain.contracts import Contracts
from node.chain.protocol import Chain
from node.clock import Clock
from node.errors import ForeignTransaction, PolicyRefused
from node.keys.signer import Signer, UnsignedTransaction
from node.outbox.leases import Lease, require_lease
from node.outbox.nonces import WRITER, next_nonce, subject_of
from node.outbox.replacements import Version
from node.outbox.transactions import Sent, record_signed
from node.outbox.work import waiting
from node.services.audit import append_audit
from node.services.deadlines import end_late
from node.settings import Settings
from node.store.incidents import require_no_incident
from node.store.session import Store
from node.submitter.alarm import remember
from node.submitter.batch import Batch, next_batch
from node.submitter.consents import Consents, KeysUnasked
from node.submitter.refusal import end_refused
from settlement.participant import KeyRole

# How many batches in a row may be refused before the other keys have their turn.
REFUSALS_MAX = 8

_log = structlog.get_logger("vostro.submitter")


class _RowsRefused(Exception):
    """The signer refused rows of the batch; they have ended."""


class Writer:
    """Gives nonces of this node's keys to payloads, each once (R6)."""

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
        self._payments_max = settings.batch_payments_max
        self._chain_id = contracts.deployment.chain_id
        self._consents = Consents(chain, contracts, settings.limits_of_one_person())

    def write(self, lease: Lease, role: KeyRole, *, named_only: bool) -> Sent | None:
        """Sign the next transaction of a key and commit it; None when nothing waits that is signed.

        What the signer refuses ends, so the next try is for what waits behind it. The key's nonce on chain
        is compared with the store's also when nothing waits. Raise `LeaseLost`, `FeesAboveLimit`,
        `EndpointBehind`; `ForeignTransaction` and `PolicyRefused` after remembering them.
        """
        self._consents.forget()
        for _ in range(REFUSALS_MAX):
            try:
                return self._write(lease, role, named_only=named_only)
            except _RowsRefused:
                continue
            except KeysUnasked as unasked:
                # Outside the transaction: the store waits for no chain.
                self._consents.ask(unasked.keys)
        return None

    def _write(self, lease: Lease, role: KeyRole, *, named_only: bool) -> Sent | None:
        mined = self._chain.nonce(lease.key)
        fees = self._chain.fees()
        batch: Batch | None = None
        try:
            with self._store.transaction() as connection:
                require_no_incident(connection)
                require_lease(connection, lease)
                nonce = next_nonce(connection, key=lease.key, chain_id=self._chain_id, mined=mined)
                rows = waiting(
                    connection,
                    role=role,
                    key=lease.key,
                    rows_max=self._payments_max,
                    named_only=named_only,
                )
                in_time = end_late(connection, rows, at=int(self._clock.now()))
                batch = next_batch(self._contracts, in_time, payments_max=self._payments_max)
                if batch is None:
                    return None
                self._consents.require(batch.rows)
                signed = self._signer.sign(
                    lease.key,
                    UnsignedTransaction(
                        chain_id=self._chain_id,
                        nonce=nonce,
                        to=batch.to,
                        data=batch.calldata,
                        gas=batch.gas,
                        fees=fees,
                    ),
                )
                at = int(self._clock.now())
                sent = record_signed(
                    connection,
                    lease,
                    Version(hash=signed.hash, raw=signed.raw, fees=fees, signed_at=at),
                    chain_id=self._chain_id,
                    nonce=nonce,
                    payload_digest=batch.payload_digest,
                    rows=[row.id for row in batch.rows],
                    action=batch.action,
                )
                append_audit(
                    connection,
                    at=at,
                    actor=WRITER,
                    action="transaction_signed",
                    subject=signed.hash.hex(),
                    detail={
                        "key": lease.key.hex(),
                        "nonce": nonce,
                        "action": batch.action.value,
                        "rows": len(batch.rows),
                        "payload": batch.payload_digest.hex(),
                    },
                )
        except PolicyRefused as refused:
            assert batch is not None
            end_refused(self._store, self._clock, lease, batch, refused)
            raise _RowsRefused from None
        except ForeignTransaction as error:
            remember(self._store, self._clock, subject=subject_of(lease.key, mined), error=error)
            raise
        _log.info(
            "signed", hash=sent.hash.hex(), nonce=nonce, action=batch.action.value, rows=len(batch.rows)
        )
        return sent
