"""Receivers of the feed: who is told what, where, and signed by which secret.

A receiver is a place in the feed: it has everything up to there, and gets what follows in order.
"""

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from node.clock import Clock, Random
from node.errors import NotFound, RequestRefused
from node.keys.vault import Vault
from node.services.audit import append_audit
from node.services.identifiers import new_id
from node.services.streams.choices import assets_of, types_of
from node.services.streams.feed import end_of, position_of
from node.services.streams.targets import validate_url
from node.services.versions import Seen, require_version, version_of
from node.settings import Settings
from node.store.counters import take_numbers
from node.store.tables import webhook_resends, webhook_secrets, webhooks

RECEIVERS_MAX = 50
RESENDS_MAX = 1_000
SECRET_BYTES = 32
OVERLAP_SECONDS = 86_400
OVERLAP_SECONDS_MAX = 30 * 86_400
_SERIES = "webhook"
# A receiver's row, with how many secrets it has had.
RECEIVERS = select(
    webhooks,
    func.coalesce(
        select(func.max(webhook_secrets.c.number))
        .where(webhook_secrets.c.webhook_id == webhooks.c.id)
        .scalar_subquery(),
        0,
    ).label("secret_number"),
)


class ReceiversFull(RequestRefused):
    """As many receivers, or events to send again, as there may be."""

    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A receiver. `position`: up to where it has the feed; times in UTC seconds.

    `types` and `assets` are empty where it wants all. `attempts` of what comes next were in vain.
    `secret_number`: how many secrets it has had.
    """

    id: str
    url: str
    types: tuple[str, ...]
    assets: tuple[int, ...]
    position: int
    attempts: int
    due_at: int
    created_at: int
    created_by: str
    disabled_at: int | None
    disabled_because: str | None
    secret_number: int

    @property
    def version(self) -> str:
        """What of it people change: where it has the feed up to moves by itself."""
        return version_of(self.disabled_at, self.disabled_because, self.secret_number)


def register(
    connection: Connection,
    settings: Settings,
    vault: Vault,
    clock: Clock,
    random: Random,
    *,
    url: str,
    types: Sequence[str],
    accounts: Sequence[str],
    actor: str,
) -> Receiver:
    """Add a receiver, which is told what happens from now on.

    Raise `InvalidTarget`, `TargetRefused`, `InvalidFilter`, `AssetNotFound`, `ReceiversFull`.
    """
    validate_url(url, private_allowed=settings.webhook_private_targets)
    at, identifier = int(clock.now()), new_id("whk", clock, random)
    _hold(connection)
    if len(receivers(connection)) >= RECEIVERS_MAX:
        raise ReceiversFull(f"there are {RECEIVERS_MAX} receivers; remove one first")
    connection.execute(
        insert(webhooks).values(
            id=identifier,
            url=url,
            types=json.dumps(sorted(types_of(types))),
            assets=json.dumps(sorted(assets_of(connection, accounts))),
            position=end_of(connection),
            attempts=0,
            due_at=at,
            held_until=0,
            created_at=at,
            created_by=actor,
        )
    )
    _add_secret(connection, vault, random, identifier, at=at)
    _note(connection, identifier, "added", actor=actor, at=at, url=url)
    return receiver(connection, identifier)


def receivers(connection: Connection) -> list[Receiver]:
    """Return every receiver that was not removed, oldest first."""
    query = RECEIVERS.where(webhooks.c.removed_at.is_(None)).order_by(webhooks.c.id)
    return [receiver_of(row) for row in connection.execute(query).mappings()]


def receiver(connection: Connection, identifier: str) -> Receiver:
    """Return one receiver; raise `NotFound`."""
    query = RECEIVERS.where(webhooks.c.id == identifier, webhooks.c.removed_at.is_(None))
    row = connection.execute(query).mappings().one_or_none() if identifier.isprintable() else None
    if row is None:
        raise NotFound(f"no receiver has the id {identifier[:100]!r}; `vostro webhooks list` shows them")
    return receiver_of(row)


def receiver_of(row: RowMapping) -> Receiver:
    """Return the receiver of a row."""
    shown = {name: row[name] for name in Receiver.__slots__ if name not in ("types", "assets")}
    return Receiver(
        types=tuple(orjson.loads(row["types"])), assets=tuple(orjson.loads(row["assets"])), **shown
    )


def _seen(connection: Connection, identifier: str, seen: Seen) -> Receiver:
    """Return one that is to be changed; raise `NotFound`, or `PreconditionFailed` when somebody else did."""
    _hold(connection)
    found = receiver(connection, identifier)
    require_version(seen, found.version)
    return found


def rotate(
    connection: Connection,
    vault: Vault,
    random: Random,
    identifier: str,
    *,
    overlap_seconds: int,
    actor: str,
    at: int,
    seen: Seen = None,
) -> Receiver:
    """Give a receiver a new secret; the one before signs beside it until the overlap is over."""
    _seen(connection, identifier, seen)
    expires_at = at + max(0, min(overlap_seconds, OVERLAP_SECONDS_MAX))
    connection.execute(
        update(webhook_secrets)
        .where(webhook_secrets.c.webhook_id == identifier, webhook_secrets.c.expires_at.is_(None))
        .values(expires_at=expires_at)
    )
    _add_secret(connection, vault, random, identifier, at=at)
    _note(connection, identifier, "rotated", actor=actor, at=at, until=expires_at)
    return receiver(connection, identifier)


def secret_of(connection: Connection, vault: Vault, identifier: str, *, actor: str, at: int) -> str:
    """Return the secret that a receiver must know (`whsec_…`), and note who has seen it."""
    receiver(connection, identifier)
    newest = secrets_of(connection, vault, identifier, at=at)[0]
    _note(connection, identifier, "secret_shown", actor=actor, at=at)
    return newest


def secrets_of(connection: Connection, vault: Vault, identifier: str, *, at: int) -> list[str]:
    """Return the secrets that sign for a receiver now, the newest first."""
    query = (
        select(webhook_secrets)
        .where(
            webhook_secrets.c.webhook_id == identifier,
            webhook_secrets.c.expires_at.is_(None) | (webhook_secrets.c.expires_at > at),
        )
        .order_by(webhook_secrets.c.number.desc())
    )
    rows = connection.execute(query).all()
    return [vault.open(row.sealed, name=_secret_name(identifier, row.number)).decode() for row in rows]


def enable(
    connection: Connection, identifier: str, *, cursor: str | None, actor: str, at: int, seen: Seen = None
) -> Receiver:
    """Deliver (again) from where it was, or from behind an event: also back, so that all since comes again.

    Raise `NotFound`, `InvalidCursor`, `CursorGone`.
    """
    found = _seen(connection, identifier, seen)
    position = found.position if cursor is None else position_of(connection, cursor)
    _change(
        connection,
        identifier,
        position=position,
        attempts=0,
        due_at=at,
        disabled_at=None,
        disabled_because=None,
    )
    _note(connection, identifier, "enabled", actor=actor, at=at, position=position)
    return receiver(connection, identifier)


def disable(
    connection: Connection, identifier: str, *, because: str, actor: str, at: int, seen: Seen = None
) -> Receiver:
    """Deliver nothing more until somebody enables it; nothing is lost while the feed keeps it."""
    _seen(connection, identifier, seen)
    _change(connection, identifier, disabled_at=at, disabled_because=because)
    _note(connection, identifier, "disabled", actor=actor, at=at, because=because)
    return receiver(connection, identifier)


def remove(connection: Connection, identifier: str, *, actor: str, at: int, seen: Seen = None) -> Receiver:
    """End a receiver for good; its secrets are deleted, its deliveries stay."""
    found = _seen(connection, identifier, seen)
    _change(connection, identifier, removed_at=at)
    for table in (webhook_secrets, webhook_resends):
        connection.execute(delete(table).where(table.c.webhook_id == identifier))
    _note(connection, identifier, "removed", actor=actor, at=at)
    return found


def resend(
    connection: Connection, identifier: str, *, event: str, actor: str, at: int, seen: Seen = None
) -> Receiver:
    """Send one event again, whether it was wanted or not, under its old id.

    Raise `NotFound`, `InvalidCursor`, `CursorGone`, `ReceiversFull`.
    """
    found, position = _seen(connection, identifier, seen), position_of(connection, event)
    waiting = select(webhook_resends.c.position).where(webhook_resends.c.webhook_id == identifier)
    positions = set(connection.scalars(waiting))
    if len(positions) >= RESENDS_MAX:
        raise ReceiversFull(f"{RESENDS_MAX} events wait to be sent again; enable it from a cursor instead")
    if position not in positions:
        connection.execute(insert(webhook_resends).values(webhook_id=identifier, position=position))
    _note(connection, identifier, "resend_asked", actor=actor, at=at, event=event)
    return found


def _add_secret(connection: Connection, vault: Vault, random: Random, identifier: str, *, at: int) -> None:
    taken: int | None = connection.scalar(
        select(func.max(webhook_secrets.c.number)).where(webhook_secrets.c.webhook_id == identifier)
    )
    number = (taken or 0) + 1
    secret = "whsec_" + b64encode(random.bytes(SECRET_BYTES)).decode()
    sealed = vault.seal(secret.encode(), name=_secret_name(identifier, number))
    connection.execute(
        insert(webhook_secrets).values(webhook_id=identifier, number=number, sealed=sealed, created_at=at)
    )


def _secret_name(identifier: str, number: int) -> str:
    return f"{identifier} {number}"


def _change(connection: Connection, identifier: str, **values: object) -> None:
    connection.execute(update(webhooks).where(webhooks.c.id == identifier).values(values))


def _hold(connection: Connection) -> None:
    """Let nobody else add or rotate until the caller's transaction ends."""
    take_numbers(connection, _SERIES, 0)


def _note(
    connection: Connection, identifier: str, action: str, *, actor: str, at: int, **detail: str | int
) -> None:
    append_audit(
        connection, at=at, actor=actor, action=f"webhook_{action}", subject=identifier, detail=dict(detail)
    )
