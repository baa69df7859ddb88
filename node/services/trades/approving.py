"""A second person's answer to a consent that waits: its approve key's signature goes along, or it ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, insert

from node.chain.contracts import Contracts
from node.clock import Clock
from node.errors import ApprovalRefused
from node.keys.approvers import Approvers
from node.mirror.head import pinned
from node.outbox.rows import refuse_held_call, release_call
from node.services.actors import Actor
from node.services.answers import Answer, Request, first_answer, once
from node.services.approvals import REJECTED
from node.services.audit import append_audit
from node.services.circumstances import own_participant
from node.services.second_person import InvalidReason, approve_keys, require_second_person, validate_reason
from node.services.trades.acts import Act, Taken, call_for, enter
from node.services.trades.affirming import require_standing
from node.services.trades.view import Standing
from node.services.versions import Seen, require_version
from node.settings import Settings
from node.store.session import Store
from node.store.tables import trade_answers
from settlement.approval import LONGEST_SECONDS, SETTLE, Need, approval_deadline, approval_digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Second:
    """What an approver works with at one node."""

    store: Store
    settings: Settings
    contracts: Contracts
    clock: Clock
    approvers: Approvers
    actor: Actor

    def approve(
        self,
        request: Request,
        digest: bytes,
        *,
        shown: bytes,
        secret: bytes,
        reason: str | None,
        seen: Seen = None,
    ) -> Answer:
        """Consent to the act that waits, by the actor's own key; `shown` is what it is for, as was shown.

        The secret opens that key for this approval only, outside any transaction. Raise `NotFound`,
        `SelfApproval`, `ApprovalRefused`, `ApproverRefused`, `ApproverBusy`, `PreconditionFailed`.
        """
        reason = None if reason is None else validate_reason(reason)
        at = int(self.clock.now())
        with self.store.snapshot() as connection:
            if answered := first_answer(connection, request):
                return answered
            found, taken = self._answerable(connection, digest, seen)
            if reason is None and taken.need == Need.POLICY_HOLD:
                raise InvalidReason("a rule holds this trade: say why it may go", param="reason")
            _require_shown(found, shown)
            chain = pinned(connection)
            valid = approve_keys(connection, own_participant(connection, self.settings).id, at=at)
        until = approval_deadline(now=at, deadline=found.trade.valid_until or at + LONGEST_SECONDS)
        asked = approval_digest(
            chain_id=chain.chain_id, ledger=chain.ledger, action=SETTLE, digest=shown, deadline=until
        )
        key, (signature,) = self.approvers.sign(self.actor.name, secret, [asked], valid.__contains__)

        def release(connection: Connection, now: int) -> bytes:
            found, taken = self._answerable(connection, digest, None)
            _require_shown(found, shown)
            call = call_for(
                self.contracts, taken.act, found.trade, urgent=taken.urgent,
                approvals=[(0, until, signature)],
            )  # fmt: skip
            if not release_call(connection, taken.row, call.calldata):
                raise ApprovalRefused("it does not wait for an approval any more")
            given = {"subject": shown, "key": key, "deadline": until, "reason": reason}
            return self._answer(connection, found, taken, "approved", given, at=now)

        return once(self.store, self.clock, request, release, lambda body: body)

    def reject(self, request: Request, digest: bytes, *, reason: str, seen: Seen = None) -> Answer:
        """End the act that waits, for a reason; a proposal's sequence is voided. Who entered it may too.

        Raise `NotFound`, `ApprovalRefused`, `InvalidReason`, `PreconditionFailed`.
        """
        reason = validate_reason(reason)

        def end(connection: Connection, at: int) -> bytes:
            found, taken = self._waiting(connection, digest, seen)
            if not refuse_held_call(connection, taken.row, reason=REJECTED, at=at):
                raise ApprovalRefused("it does not wait for an approval any more")
            if taken.act is Act.PROPOSE:
                enter(connection, self.contracts, digest, found.trade, Act.VOID, actor=self.actor, at=at)
            return self._answer(connection, found, taken, "rejected", {"reason": reason}, at=at)

        return once(self.store, self.clock, request, end, lambda body: body)

    def _answerable(self, connection: Connection, digest: bytes, seen: Seen) -> tuple[Standing, Taken]:
        found, taken = self._waiting(connection, digest, seen)
        require_second_person(
            f"0x{digest.hex()}", self.actor, created_by=taken.created_by, entered_by=taken.entered_by
        )
        if 0 < found.trade.valid_until < int(self.clock.now()):
            raise ApprovalRefused("the deadline of this trade is past; it is being ended")
        return found, taken

    def _waiting(self, connection: Connection, digest: bytes, seen: Seen) -> tuple[Standing, Taken]:
        found = require_standing(connection, self.settings, self.clock, digest)
        require_version(seen, found.version)
        if found.waiting is None:
            raise ApprovalRefused(f"nothing about the trade 0x{digest.hex()} waits for an approval")
        return found, found.waiting

    def _answer(
        self,
        connection: Connection,
        found: Standing,
        taken: Taken,
        verdict: str,
        given: Mapping[str, Any],
        *,
        at: int,
    ) -> bytes:
        connection.execute(
            insert(trade_answers).values(
                act=taken.id, verdict=verdict, approver=self.actor.id, approver_name=self.actor.name,
                created_at=at, **given,
            )
        )  # fmt: skip
        identifier = "0x" + found.digest.hex()
        append_audit(
            connection, at=at, actor=self.actor.id, action=f"trade_{verdict}", subject=identifier,
            detail={"act": taken.act.value, "entered_by": taken.created_by},
        )  # fmt: skip
        return orjson.dumps({"id": identifier, "verdict": verdict, "approver": self.actor.name})


def _require_shown(found: Standing, shown: bytes) -> None:
    if found.subject != shown:
        raise ApprovalRefused("it is not what you were shown; look at it again", param="digest")
