"""What happens to trades by themselves: what was refused is voided, what is late swept, what can settles."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from node.chain.contracts import Contracts
from node.mirror.head import head
from node.outbox.nonces import WRITER
from node.outbox.rows import IS_HELD, refuse_held_call
from node.services.actors import Actor
from node.services.deadlines import DEADLINE_PASSED
from node.services.facts import Patience
from node.services.settlement_times import DEADLINE_SECONDS_MAX
from node.services.trades.acts import Act, enter
from node.services.trades.liquid import foreseen
from node.services.trades.view import Standing, standings
from node.store.tables import events, outbox, trade_acts, trades
from settlement.lifecycle import Fact, State
from settlement.recognition import UNSETTLED

ENDED_MAX = 200
TRIES_MAX = 10
LOOK_AGAIN_SECONDS = 60
_ENDS = sorted({"Settled", "Voided"} | UNSETTLED)
_ACTOR = Actor(id=WRITER, name=WRITER, roles=frozenset())


def end_trades(connection: Connection, contracts: Contracts, *, patience: Patience, at: int) -> int:
    """Ask for the end of own proposals that can't go on, and end consents nobody approved in time.

    A proposal that was refused or reverted is voided, so that it is rejected for ever; one that waits on
    chain past its deadline is swept, by the chain's own clock. What queues and has its money now is brought
    to settle. Return how many that were.
    """
    mirrored = head(connection)
    if mirrored is None:
        return 0
    done = 0
    for found in standings(connection, _looked_at(connection, at), patience=patience, now=at):
        unapproved = _end_unapproved(connection, found, at=at)
        verb = _end_of(found, unapproved=unapproved, chain_time=mirrored.timestamp)
        if verb is None and _settles(connection, found, at=at):
            verb = Act.SETTLE
        if verb is not None:
            enter(connection, contracts, found.digest, found.trade, verb, actor=_ACTOR, at=at)
        done += unapproved or verb is not None
    return done


def _looked_at(connection: Connection, at: int) -> Sequence[bytes]:
    """Return the trades of this bank that have not ended, and those of which an act waits for a person."""
    ended = select(events.c.name).where(
        events.c.initiator == trades.c.initiator,
        events.c.sequence == trades.c.sequence,
        events.c.name.in_(_ENDS),
    )
    open_ = (
        select(trades.c.digest)
        .where(trades.c.created_at > at - 2 * DEADLINE_SECONDS_MAX, ~ended.exists())
        .order_by(trades.c.created_at)
        .limit(ENDED_MAX)
    )
    held = (
        select(trade_acts.c.digest)
        .join(outbox, outbox.c.id == trade_acts.c.row)
        .where(IS_HELD)
        .limit(ENDED_MAX)
    )
    found = dict.fromkeys([*connection.scalars(open_), *connection.scalars(held)])
    return list(found)


def _end_unapproved(connection: Connection, found: Standing, *, at: int) -> bool:
    """End the consent that waits for a person past the deadline; tell whether there was one."""
    waiting = found.waiting
    if waiting is None or not 0 < found.trade.valid_until < at:
        return False
    return refuse_held_call(connection, waiting.row, reason=DEADLINE_PASSED, at=at)


def _end_of(found: Standing, *, unapproved: bool, chain_time: int) -> Act | None:
    """Return what is to be asked for; None: nothing."""
    if found.own is None or found.state.final:
        return None
    if found.state.waits:
        late = 0 < found.trade.valid_until < chain_time
        return Act.SWEEP if late and not found.live(Act.SWEEP) else None
    if any(taken.act is Act.VOID for taken in found.acts):
        return None
    return Act.VOID if unapproved or _has_failed(found) else None


def _settles(connection: Connection, found: Standing, *, at: int) -> bool:
    """Tell whether it queues here and has its money; what the chain refused is tried less and less often."""
    if found.own is None or found.state is not State.QUEUED or found.live(Act.SETTLE, Act.CANCEL):
        return False
    tried = [taken.created_at for taken in found.acts if taken.act is Act.SETTLE]
    if tried and (len(tried) >= TRIES_MAX or at < tried[-1] + (LOOK_AGAIN_SECONDS << len(tried))):
        return False
    return foreseen(connection, found) is Fact.SETTLED


def _has_failed(found: Standing) -> bool:
    """Tell whether its proposal came to nothing, and nothing is on its way for it."""
    proposals = [taken.attempt for taken in found.acts if taken.act is Act.PROPOSE]
    return bool(proposals) and all(
        attempt.refused_at is not None or attempt.reverted or (attempt.end is not None and not found.consents)
        for attempt in proposals
    )
