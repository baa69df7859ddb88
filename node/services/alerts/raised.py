"""Alerts: raised once for a subject, until a person has acknowledged it and a day is over."""

from collections.abc import Iterable
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, Exists, RowMapping, Select, exists, func, insert, select

from node.errors import NotFound, RequestRefused
from node.services.audit import append_audit
from node.services.breaks import InvalidNote
from node.store.counters import take_numbers
from node.store.tables import alert_steps, alerts
from settlement.alerting import Finding
from settlement.document import Json

PAGE_ROWS_MAX = 500
NAME_CHARACTERS_MAX, NOTE_CHARACTERS_MAX = 100, 500
# So long the same finding is not raised again after somebody acknowledged it.
QUIET_SECONDS = 86_400
# With so many open something is wrong at large: further ones are only counted in the audit log.
OPEN_MAX = 10_000
SERIES = "alert"
ACTOR = "keeper"
ACKNOWLEDGED, STOP_ASKED = "acknowledged", "stop_asked"


class AlreadyAcknowledged(RequestRefused):
    """Somebody has acknowledged the alert before."""

    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """A finding and whose account it is about, where it is about one."""

    finding: Finding
    asset: int | None = None
    participant: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert with what was done about it; times in UTC seconds. `stop_asked_at`: by a rule."""

    id: int
    rule: str
    subject: str
    asset: int | None
    participant: int | None
    explanation: str
    data: dict[str, Json]
    raised_at: int
    acknowledged_at: int | None
    acknowledged_by: str | None
    note: str | None
    stop_asked_at: int | None


def raise_alerts(connection: Connection, found: Iterable[About], *, at: int) -> list[tuple[int, About]]:
    """Raise what is not known already; return the new alerts' numbers with what they are about."""
    new = []
    take_numbers(connection, SERIES, 0)
    room = OPEN_MAX - _open_count(connection)
    left_out = 0
    for each in found:
        if _is_known(connection, each.finding, at=at):
            continue
        if room <= 0:
            left_out += 1
            continue
        room -= 1
        number = take_numbers(connection, SERIES, 1)
        connection.execute(insert(alerts).values(_row(number, each, at)))
        new.append((number, each))
    if new or left_out:
        detail: dict[str, Json] = {"alerts": [number for number, _ in new], "left_out": left_out}
        append_audit(connection, at=at, actor=ACTOR, action="alerts_raised", subject="alerts", detail=detail)
    return new


def acknowledge(connection: Connection, alert_id: int, *, by: str, note: str, actor: str, at: int) -> Alert:
    """Note that a person has looked, who, and what it was.

    Raise `NotFound`, `InvalidNote`, `AlreadyAcknowledged`.
    """
    for text, param, most in ((by, "name", NAME_CHARACTERS_MAX), (note, "note", NOTE_CHARACTERS_MAX)):
        if not text.strip() or len(text) > most or "\0" in text:
            raise InvalidNote(f"a {param} has 1 to {most} characters", param=param)
    take_numbers(connection, SERIES, 0)
    found = get_alert(connection, alert_id)
    if found.acknowledged_at is not None:
        raise AlreadyAcknowledged(f"{found.acknowledged_by} has acknowledged alert {alert_id} already")
    add_step(connection, alert_id, ACKNOWLEDGED, by=by, note=note, actor=actor, at=at)
    return get_alert(connection, alert_id)


def add_step(
    connection: Connection, alert_id: int, step: str, *, by: str, note: str, actor: str, at: int
) -> None:
    """Write what was done about an alert, and into the audit log."""
    connection.execute(
        insert(alert_steps).values(alert_id=alert_id, step=step, at=at, by=by, note=note, actor=actor)
    )
    append_audit(
        connection,
        at=at,
        actor=actor,
        action=f"alert_{step}",
        subject=f"alert {alert_id}",
        detail={"by": by, "note": note},
    )


def get_alert(connection: Connection, alert_id: int) -> Alert:
    """Return one alert; raise `NotFound`."""
    row = connection.execute(_all().where(alerts.c.id == alert_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"no alert has the number {alert_id}; `vostro alerts list` shows them")
    return _shown(row)


def list_alerts(
    connection: Connection, *, also_acknowledged: bool = False, after: int = 0, limit: int = PAGE_ROWS_MAX
) -> list[Alert]:
    """Return alerts above the number `after`, oldest first, at most `limit`."""
    query = _all().where(alerts.c.id > after)
    if not also_acknowledged:
        query = query.where(~_is_acknowledged())
    rows = connection.execute(query.order_by(alerts.c.id).limit(limit)).mappings()
    return [_shown(row) for row in rows]


def _all() -> Select[tuple[object, ...]]:
    seen, stop = alert_steps.alias("seen"), alert_steps.alias("stop")
    return (
        select(
            alerts,
            seen.c.at.label("acknowledged_at"),
            seen.c.by.label("acknowledged_by"),
            seen.c.note,
            stop.c.at.label("stop_asked_at"),
        )
        .outerjoin(seen, (seen.c.alert_id == alerts.c.id) & (seen.c.step == ACKNOWLEDGED))
        .outerjoin(stop, (stop.c.alert_id == alerts.c.id) & (stop.c.step == STOP_ASKED))
    )


def _is_acknowledged(since: int = 0) -> Exists:
    return exists().where(
        alert_steps.c.alert_id == alerts.c.id,
        alert_steps.c.step == ACKNOWLEDGED,
        alert_steps.c.at >= since,
    )


def _is_known(connection: Connection, finding: Finding, *, at: int) -> bool:
    """Tell whether the same is open, or was acknowledged not long ago."""
    same = select(alerts.c.id).where(alerts.c.rule == finding.rule, alerts.c.subject == finding.subject)
    recent = _is_acknowledged(at - QUIET_SECONDS)
    return connection.scalar(same.where(recent | ~_is_acknowledged()).limit(1)) is not None


def _open_count(connection: Connection) -> int:
    count = select(func.count()).select_from(alerts).where(~_is_acknowledged())
    return connection.execute(count).scalar_one()


def _row(number: int, each: About, at: int) -> dict[str, object]:
    finding = each.finding
    return {
        "id": number,
        "rule": finding.rule,
        "subject": finding.subject,
        "asset": each.asset,
        "participant": each.participant,
        "explanation": finding.explanation,
        "data": orjson.dumps(finding.data).decode(),
        "raised_at": at,
    }


def _shown(row: RowMapping) -> Alert:
    return Alert(**(dict(row) | {"data": orjson.loads(row["data"])}))
