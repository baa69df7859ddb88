"""What is due to receivers, what came of each attempt, and when the next one is due.

A receiver's entries go one after the other; what fails is tried again before anything else, with growing
pauses, and after the last attempt the receiver is disabled. A crash between sending and `record` sends again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Select, delete, insert, select, update

from node.clock import Random
from node.keys.vault import Vault
from node.services.alerts.raised import About, raise_alerts
from node.services.audit import append_audit
from node.services.streams.feed import Choice, Entry, end_of, entry_at, read
from node.services.streams.receivers import RECEIVERS, Receiver, receiver_of, secrets_of
from node.store.tables import webhook_deliveries, webhook_resends, webhooks
from settlement.alerting import Finding

ACTOR = "keeper"
ATTEMPTS_MAX = 15
PAUSE_SECONDS, PAUSE_SECONDS_MAX, PAUSE_FACTOR = 5, 6 * 3600, 3
CLAIMED_MAX = 16
ENTRIES_MAX = 50
# Longer than the sending of what is claimed at once can take.
HELD_SECONDS = 300
KEPT_MAX = 1_000
_RANDOM_BYTES, _CHANCES = 4, 2.0**32


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What is due to one receiver: `again` was asked for by a person, `entries` come next.

    `reached`: where it is when it has them all. `held_until` (UTC seconds) tells this claim from a later one.
    """

    receiver: Receiver
    secrets: tuple[str, ...]
    again: tuple[Entry, ...]
    entries: tuple[Entry, ...]
    reached: int
    held_until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One attempt. `status` of the answer, None with an `error` when there was none; `at` in UTC seconds."""

    position: int
    event_id: str
    attempt: int
    at: int
    status: int | None
    error: str | None
    milliseconds: int
    taken: bool
    gone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """An attempt as it is kept. `status` of the answer, None with an `error` when there was none."""

    id: int
    event_id: str
    attempt: int
    at: int
    status: int | None
    error: str | None
    milliseconds: int


def is_due(connection: Connection, *, at: int) -> bool:
    """Tell whether a receiver that could be delivered to now has not everything."""
    query = _due(at).where(
        (webhooks.c.position < end_of(connection)) | webhooks.c.id.in_(select(webhook_resends.c.webhook_id))
    )
    return connection.execute(query.limit(1)).first() is not None


def claim(connection: Connection, vault: Vault, *, at: int) -> list[Claim]:
    """Take what is due, so that no other keeper sends it beside this one."""
    query = _due(at).order_by(webhooks.c.due_at, webhooks.c.id).limit(CLAIMED_MAX)
    rows = connection.execute(query.with_for_update(skip_locked=True)).mappings().all()
    claims = [_claim(connection, vault, receiver_of(row), at) for row in rows]
    for each in claims:
        idle = not each.again and not each.entries
        connection.execute(
            update(webhooks)
            .where(webhooks.c.id == each.receiver.id)
            .values({"position": each.reached} if idle else {"held_until": each.held_until})
        )
    return [each for each in claims if each.again or each.entries]


def record(
    connection: Connection, random: Random, claimed: Claim, deliveries: Sequence[Delivery], *, at: int
) -> str | None:
    """Remember what came of a claim; return why the receiver was disabled, if it was."""
    connection.execute(insert(webhook_deliveries), [_row(claimed, each) for each in deliveries])
    _keep_newest(connection, claimed.receiver.id)
    taken = {each.position for each in deliveries if each.taken}
    again = [each.position for each in claimed.again if each.position in taken]
    connection.execute(
        delete(webhook_resends).where(
            webhook_resends.c.webhook_id == claimed.receiver.id, webhook_resends.c.position.in_(again)
        )
    )
    failed = next((each for each in deliveries if not each.taken), None)
    because = None if failed is None else _end_of(failed)
    values: dict[str, object] = {"held_until": 0, "position": _position(claimed, taken), "attempts": 0}
    if failed is not None:
        values |= {"attempts": failed.attempt, "due_at": at + pause(failed.attempt, random)}
    if because is not None:
        values |= {"disabled_at": at, "disabled_because": because}
    moved = connection.execute(
        update(webhooks)
        # Somebody may have set it elsewhere meanwhile, or disabled it, and that stands.
        .where(
            webhooks.c.id == claimed.receiver.id,
            webhooks.c.held_until == claimed.held_until,
            webhooks.c.position == claimed.receiver.position,
            webhooks.c.disabled_at.is_(None),
        )
        .values(values)
    ).rowcount
    if not moved:
        connection.execute(update(webhooks).where(webhooks.c.id == claimed.receiver.id).values(held_until=0))
        return None
    if because is not None:
        _note(connection, claimed.receiver, because, at)
    return because


def pause(attempt: int, random: Random) -> int:
    """Return the seconds after an attempt in vain: threefold each time, a fifth more or less by chance."""
    seconds = PAUSE_SECONDS
    for _ in range(min(attempt, ATTEMPTS_MAX) - 1):
        seconds = min(PAUSE_SECONDS_MAX, seconds * PAUSE_FACTOR)
    chance = int.from_bytes(random.bytes(_RANDOM_BYTES), "big") / _CHANCES
    return max(1, round(seconds * (0.8 + 0.4 * chance)))


def deliveries_of(connection: Connection, identifier: str, *, before: int, limit: int) -> list[Logged]:
    """Return attempts to deliver to a receiver with numbers below `before`, newest first."""
    query = (
        select(*(webhook_deliveries.c[name] for name in Logged.__slots__))
        .where(webhook_deliveries.c.webhook_id == identifier, webhook_deliveries.c.id < before)
        .order_by(webhook_deliveries.c.id.desc())
        .limit(limit)
    )
    return [Logged(**row) for row in connection.execute(query).mappings()]


def _due(at: int) -> Select[tuple[object, ...]]:
    return RECEIVERS.where(
        webhooks.c.removed_at.is_(None),
        webhooks.c.disabled_at.is_(None),
        webhooks.c.due_at <= at,
        webhooks.c.held_until <= at,
    )


def _claim(connection: Connection, vault: Vault, receiver: Receiver, at: int) -> Claim:
    query = (
        select(webhook_resends.c.position)
        .where(webhook_resends.c.webhook_id == receiver.id)
        .order_by(webhook_resends.c.position)
        .limit(ENTRIES_MAX)
    )
    again = [entry_at(connection, position) for position in connection.scalars(query)]
    choice = Choice(types=frozenset(receiver.types), assets=frozenset(receiver.assets))
    page = read(connection, after=receiver.position, limit=ENTRIES_MAX, choice=choice)
    wanted = again or page.entries
    return Claim(
        receiver=receiver,
        secrets=tuple(secrets_of(connection, vault, receiver.id, at=at)) if wanted else (),
        again=tuple(entry for entry in again if entry is not None),
        entries=page.entries,
        reached=page.reached,
        held_until=at + HELD_SECONDS,
    )


def _position(claimed: Claim, taken: set[int]) -> int:
    """Return up to where the receiver has everything."""
    position = claimed.receiver.position
    for entry in claimed.entries:
        if entry.position not in taken:
            return position
        position = entry.position
    return claimed.reached


def _end_of(failed: Delivery) -> str | None:
    if failed.gone:
        return "the receiver answered 410: it wants no more"
    if failed.attempt >= ATTEMPTS_MAX:
        return (
            f"{failed.event_id} was not taken in {failed.attempt} attempts: {failed.error or failed.status}"
        )
    return None


def _row(claimed: Claim, each: Delivery) -> dict[str, object]:
    return {
        "webhook_id": claimed.receiver.id,
        "position": each.position,
        "event_id": each.event_id,
        "attempt": each.attempt,
        "at": each.at,
        "status": each.status,
        "error": each.error,
        "milliseconds": each.milliseconds,
    }


def _keep_newest(connection: Connection, identifier: str) -> None:
    own = webhook_deliveries.c.webhook_id == identifier
    newest = select(webhook_deliveries.c.id).where(own).order_by(webhook_deliveries.c.id.desc())
    last: int | None = connection.scalar(newest.offset(KEPT_MAX).limit(1))
    if last is not None:
        connection.execute(delete(webhook_deliveries).where(own, webhook_deliveries.c.id <= last))


def _note(connection: Connection, receiver: Receiver, because: str, at: int) -> None:
    finding = Finding(
        rule="receiver_disabled",
        subject=f"receiver {receiver.id} at {receiver.position}",
        explanation=f"the feed is not delivered to receiver {receiver.id} any more: {because}",
        data={"webhook_id": receiver.id, "because": because},
    )
    raise_alerts(connection, [About(finding=finding)], at=at)
    append_audit(
        connection,
        at=at,
        actor=ACTOR,
        action="webhook_disabled",
        subject=receiver.id,
        detail={"because": because},
    )
