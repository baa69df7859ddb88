"""What a bank says to a trade that is on chain: affirm it, take its consent back, ask that it ends.

What is affirmed is what was proposed, whatever was expected: the digest names every field of it. Until an
act is final the chain decides what came first.
"""

from collections.abc import Callable
from http import HTTPStatus

import orjson
from sqlalchemy import Connection

from node.chain import own_calls
from node.chain.calls import Call
from node.chain.contracts import Contracts
from node.clock import Clock
from node.errors import NotFound, TradeRefused
from node.services.accepted import SERIES, require_room
from node.services.actors import Actor
from node.services.answers import Answer, Request, once
from node.services.circumstances import own_participant
from node.services.payments import patience_of
from node.services.second_person import validate_reason
from node.services.trades.acts import Act, enter
from node.services.trades.consent import need_for
from node.services.trades.expectations import MatchedExpectation, best_match
from node.services.trades.requests import Parties
from node.services.trades.view import Standing, standing
from node.services.versions import Seen, require_version
from node.settings import Settings
from node.store.counters import take_numbers
from node.store.session import Store
from settlement.lifecycle import State
from settlement.participant import KeyRole, Participant, ParticipantKind

_QUEUES = (State.QUEUED, State.HELD)


class Desk:
    """What an actor asks of trades at one node."""

    def __init__(
        self, store: Store, settings: Settings, contracts: Contracts, clock: Clock, *, actor: Actor
    ) -> None:
        self._store = store
        self._settings = settings
        self._contracts = contracts
        self._clock = clock
        self._actor = actor

    def affirm(
        self,
        request: Request,
        digest: bytes,
        *,
        urgent: bool = False,
        despite: str | None = None,
        seen: Seen = None,
    ) -> Answer:
        """Consent to what was proposed. `despite`: why, where it differs from what was expected.

        Raise `NotFound`, `TradeRefused`, `RefusedByPolicy`, `InvalidReason`, `PreconditionFailed`.
        """
        reason = None if despite is None else validate_reason(despite)

        def act(connection: Connection, at: int) -> bytes:
            # Taking none waits for whoever is accepting now: what single keys consent to is counted once.
            take_numbers(connection, SERIES, 0)
            require_room(connection, 1, outbox_max=self._settings.outbox_max)
            found, own = self._found(connection, digest, seen)
            _require_affirmable(found, own)
            _require_expected(best_match(connection, found.trade), reason)
            need = need_for(
                connection, self._settings, Parties(connection), found.trade, own=own.id, urgent=urgent, at=at
            )
            enter(
                connection, self._contracts, digest, found.trade, Act.AFFIRM,
                actor=self._actor, at=at, urgent=urgent, need=need, reason=reason,
            )  # fmt: skip
            return _answer(digest, Act.AFFIRM, need and need.value)

        return self._once(request, act)

    def withdraw(self, request: Request, digest: bytes, *, seen: Seen = None) -> Answer:
        """Take this bank's consent back while another's is missing; its own proposal ends with that.

        What it proposed and the chain has not accepted is voided. Raise `NotFound`, `TradeRefused`,
        `PreconditionFailed`.
        """

        def act(connection: Connection, at: int) -> bytes:
            found, own = self._found(connection, digest, seen)
            verb = _withdrawal(found, own)
            enter(connection, self._contracts, digest, found.trade, verb, actor=self._actor, at=at)
            return _answer(digest, verb)

        return self._once(request, act)

    def cancel(
        self, request: Request, digest: bytes, *, reason: str | None = None, seen: Seen = None
    ) -> Answer:
        """Ask that what queues ends: with the last debtor that asks so it does. The operator ends it alone.

        `reason`: an ISO 20022 cancellation reason of four letters, which the operator has to give. Raise
        `NotFound`, `TradeRefused`, `PreconditionFailed`.
        """

        def act(connection: Connection, at: int) -> bytes:
            found, own = self._found(connection, digest, seen)
            role = _require_cancellable(found, own, reason)
            enter(
                connection, self._contracts, digest, found.trade, Act.CANCEL, actor=self._actor, at=at,
                reason=reason, role=role, call=self._cancellation(found, reason),
            )  # fmt: skip
            return _answer(digest, Act.CANCEL)

        return self._once(request, act)

    def _cancellation(self, found: Standing, reason: str | None) -> Call:
        if reason is None:
            return own_calls.consent_to_cancel(self._contracts, found.trade.words)
        return own_calls.consent_to_cancel(
            self._contracts, found.trade.words, reason=reason.encode("ascii", "replace")
        )

    def _once(self, request: Request, act: Callable[[Connection, int], bytes]) -> Answer:
        return once(self._store, self._clock, request, act, lambda body: body, status=HTTPStatus.ACCEPTED)

    def _found(self, connection: Connection, digest: bytes, seen: Seen) -> tuple[Standing, Participant]:
        found = require_standing(connection, self._settings, self._clock, digest)
        require_version(seen, found.version)
        return found, own_participant(connection, self._settings)


def require_standing(connection: Connection, settings: Settings, clock: Clock, digest: bytes) -> Standing:
    """Return a trade that concerns this bank, or any to the operator; raise `NotFound`, `ContentChanged`."""
    found = standing(connection, digest, patience=patience_of(settings), now=clock.now())
    own = own_participant(connection, settings)
    if found is None or not (own.id in found.trade.parties or own.kind is ParticipantKind.OPERATOR):
        raise NotFound(f"no trade that this node knows has the id 0x{digest.hex()}")
    return found


def _name(found: Standing) -> str:
    return f"the trade 0x{found.digest.hex()}"


def _require_affirmable(found: Standing, own: Participant) -> None:
    if found.state is not State.PROPOSED:
        raise TradeRefused(f"{_name(found)} is {found.state}; only what is proposed is affirmed")
    if own.id == found.trade.initiator:
        raise TradeRefused(f"this bank proposed {_name(found)}: that was its consent")
    if own.id not in found.trade.parties:
        raise TradeRefused(f"this bank is no party to {_name(found)}")
    if own.id in found.consents:
        raise TradeRefused(f"this bank has affirmed {_name(found)}")
    if found.live(Act.AFFIRM):
        raise TradeRefused(f"this bank's affirmation of {_name(found)} is on its way")


def _require_expected(matched: MatchedExpectation | None, reason: str | None) -> None:
    if matched is None or matched.matching.matched or reason is not None:
        return
    fields = ", ".join(sorted({each.field for each in matched.matching.differences}))
    raise TradeRefused(
        f"it differs in {fields} from {matched.id} ({matched.reference}), beyond the tolerance: look "
        "at it, and say why it is affirmed all the same, or leave it to lapse",
        param="despite",
    )


def _withdrawal(found: Standing, own: Participant) -> Act:
    """Return by which verb a consent is taken back; raise `TradeRefused`."""
    if found.live(Act.WITHDRAW, Act.VOID):
        raise TradeRefused(f"the withdrawal from {_name(found)} is on its way")
    if found.state is State.UNKNOWN and own.id == found.trade.initiator:
        return Act.VOID
    if found.state is not State.PROPOSED:
        raise TradeRefused(
            f"{_name(found)} is {found.state}; a consent is taken back while another's is missing"
        )
    if own.id not in found.consents:
        raise TradeRefused(f"this bank has not consented to {_name(found)}")
    return Act.WITHDRAW


def _require_cancellable(found: Standing, own: Participant, reason: str | None) -> KeyRole:
    """Return the role of the key that asks for it; raise `TradeRefused`."""
    if found.state not in _QUEUES:
        raise TradeRefused(f"{_name(found)} is {found.state}; only what queues is cancelled")
    if found.live(Act.CANCEL):
        raise TradeRefused(f"this bank's cancellation of {_name(found)} is on its way")
    if own.kind is ParticipantKind.OPERATOR:
        if reason is None:
            raise TradeRefused("the operator gives a reason: four letters (ISO 20022)", param="reason")
        return KeyRole.ADMINISTER
    if own.id not in found.trade.debtors:
        raise TradeRefused(f"this bank pays nothing in {_name(found)}; its debtors cancel it")
    if own.id in found.cancels:
        raise TradeRefused(f"this bank has asked so; {_name(found)} ends when every debtor has")
    return KeyRole.PAY


def _answer(digest: bytes, act: Act, need: str | None = None) -> bytes:
    return orjson.dumps({"id": "0x" + digest.hex(), "act": act.value, "need": need})
