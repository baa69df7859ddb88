"""When this node calls for a cycle without anybody asking: by the age of what waits, or by how much waits."""

from sqlalchemy import Connection, func, select

from node.services.cycles.book import TAKEN, live_call
from node.settings import Settings
from node.store.tables import cycle_calls, gross_payments, letters_sent

# A call that came to nothing is not made again at once.
PAUSE_SECONDS = 60


def is_anything_open(connection: Connection, settings: Settings, *, at: int) -> bool:
    """Tell whether a letter is due, a call has not ended, or this node calls by itself."""
    if settings.cycle_age_seconds or settings.cycle_depth:
        return True
    due = select(letters_sent.c.number).where(letters_sent.c.ended_at.is_(None), letters_sent.c.next_at <= at)
    return connection.execute(due.limit(1)).first() is not None or live_call(connection) is not None


def due_asset(connection: Connection, settings: Settings, *, own: int, now: int) -> int | None:
    """Return the asset in which a cycle is due now; None for none. `own`: the participant of this node."""
    if not settings.cycle_age_seconds and not settings.cycle_depth:
        return None
    if live_call(connection) is not None:
        return None
    last = connection.scalar(
        select(func.max(cycle_calls.c.created_at)).where(cycle_calls.c.coordinator == own)
    )
    if last is not None and 0 <= now - last < PAUSE_SECONDS:
        return None
    query = (
        select(
            gross_payments.c.asset,
            func.min(gross_payments.c.created_at).label("since"),
            func.count().label("waiting"),
        )
        .where(gross_payments.c.payer == own, gross_payments.c.withdrawn_at.is_(None), ~TAKEN)
        .group_by(gross_payments.c.asset)
        .order_by(gross_payments.c.asset)
    )
    for row in connection.execute(query):
        is_old = 0 < settings.cycle_age_seconds <= now - row.since
        if is_old or 0 < settings.cycle_depth <= row.waiting:
            asset: int = row.asset
            return asset
    return None
