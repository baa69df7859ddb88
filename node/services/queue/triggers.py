"""When the queue is resolved without anybody asking: by the age of what waits, by how much waits, by time,
and when the earliest time of a payment of this bank has come.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, and_, select

from node.mirror.queue import oldest, waiting, waiting_count
from node.mirror.registry import registered_assets
from node.outbox.work import not_before_of
from node.services.queue.book import WAITING_MAX
from node.services.queue.runs import Trigger
from node.settings import Settings
from node.store.tables import instructions, queue_runs, queued
from settlement.asset import AssetKind

_AGAIN_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A run that is due."""

    code: str
    trigger: Trigger


def due_runs(connection: Connection, settings: Settings, *, looked_at: int, now: int) -> list[Due]:
    """Return for which currencies a run is due; `looked_at`: when all were looked at last (UTC seconds)."""
    trigger = _trigger(connection, settings, looked_at=looked_at, now=now)
    if trigger is None:
        return []
    found = waiting(connection, limit=WAITING_MAX)
    wanted = {leg.asset for each in found for leg in each.legs}
    return [
        Due(code=asset.currency.code, trigger=trigger)
        for asset in registered_assets(connection)
        if asset.id in wanted and asset.kind is AssetKind.CENTRAL_BANK_MONEY
    ]


def _trigger(connection: Connection, settings: Settings, *, looked_at: int, now: int) -> Trigger | None:
    since = oldest(connection)
    if since is None:
        return None
    if 0 < settings.queue_run_age_seconds <= now - since:
        return Trigger.AGE
    if 0 < settings.queue_run_depth <= waiting_count(connection):
        return Trigger.DEPTH
    if 0 < settings.queue_run_seconds <= now - max(looked_at, _last_run(connection)):
        return Trigger.TIME
    if any(looked_at < due <= now for due in _earliest_times(connection)):
        return Trigger.EARLIEST
    return None


def _earliest_times(connection: Connection) -> list[int]:
    """Return from when this bank's queued payments may settle, and a moment later, in UTC seconds.

    Blocks may be behind the clock, so what the chain found too early is proposed once more.
    """
    own = and_(queued.c.initiator == instructions.c.payer, queued.c.sequence == instructions.c.sequence)
    heads = connection.scalars(select(instructions.c.head).join(queued, own).limit(WAITING_MAX))
    times = {not_before_of(head) for head in heads} - {0}
    return [time + later for time in times for later in (0, _AGAIN_SECONDS)]


def _last_run(connection: Connection) -> int:
    query = select(queue_runs.c.created_at).order_by(queue_runs.c.id.desc()).limit(1)
    found: int | None = connection.scalar(query)
    return found or 0
