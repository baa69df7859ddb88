"""`/v1/webhooks`: who the feed is delivered to, by the Standard Webhooks scheme."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import TypeAdapter

from node.api import openapi
from node.api.answers import Body, IdempotencyKey, IfMatch, versions_in, written
from node.api.auth import Operator
from node.api.body import parse
from node.api.context import Context, InContext
from node.api.webhook_forms import (
    ID_CHARACTERS_MAX,
    Deliveries,
    Disabling,
    Enabling,
    NewWebhook,
    Removal,
    Resending,
    Rotation,
    Secret,
    Webhook,
    Webhooks,
    delivery_shown,
    webhook_json,
    webhook_shown,
)
from node.services.actors import Actor
from node.services.answers import once, request_of
from node.services.streams import receivers as service
from node.services.streams.deliveries import KEPT_MAX, deliveries_of
from node.services.streams.receivers import Receiver
from node.services.versions import Seen

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

_PAGE_ROWS_MAX = 500

WebhookId = Annotated[str, Path(description="Id (whk_…)", max_length=ID_CHARACTERS_MAX)]
_NEW: TypeAdapter[NewWebhook] = TypeAdapter(NewWebhook)
_ROTATION: TypeAdapter[Rotation] = TypeAdapter(Rotation)
_ENABLING: TypeAdapter[Enabling] = TypeAdapter(Enabling)
_DISABLING: TypeAdapter[Disabling] = TypeAdapter(Disabling)
_REMOVAL: TypeAdapter[Removal] = TypeAdapter(Removal)
_RESENDING: TypeAdapter[Resending] = TypeAdapter(Resending)
_EXAMPLE = {"url": "https://bank.example/vostro", "types": ["payment.*"]}
Form = TypeVar("Form")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Write:
    """A write of an operator, done once for its idempotency key."""

    context: Context
    actor: Actor
    body: bytes
    key: str
    seen: Seen

    def once(self, operation: str, adapter: TypeAdapter[Form], act: Callable[..., Receiver]) -> Response:
        form = parse(adapter, self.body)
        request = request_of(actor=self.actor.id, key=self.key, operation=operation, body=self.body)
        context = self.context
        return written(
            once(context.store, context.clock, request, lambda *given: act(form, *given), webhook_json)
        )


def _write(context: InContext, actor: Operator, body: Body, key: IdempotencyKey = "") -> _Write:
    return _Write(context=context, actor=actor, body=body, key=key, seen=None)


def _change(write: Annotated[_Write, Depends(_write)], if_match: IfMatch = None) -> _Write:
    return replace(write, seen=versions_in(if_match))


Write = Annotated[_Write, Depends(_write)]
Change = Annotated[_Write, Depends(_change)]


@router.get("", summary="Who is the feed delivered to?")
def list_all(context: InContext, _actor: Operator) -> Webhooks:
    """Return every receiver, oldest first."""
    with context.store.snapshot() as connection:
        return Webhooks(webhooks=[webhook_shown(each) for each in service.receivers(connection)])


@router.post(
    "",
    response_model=Webhook,
    summary="Deliver the feed to a receiver",
    openapi_extra=openapi.json_body(_NEW, {"new": _EXAMPLE}),
)
def new(write: Write) -> Response:
    """Add a receiver; `GET /v1/webhooks/{webhook_id}/secret` shows the secret that signs for it.

    Events come one after the other, each again until it is answered with 2xx within ten seconds: 15 attempts
    with growing pauses over two days, then the receiver is disabled.
    """
    context = write.context
    context.vault.ready()
    return write.once(
        "new webhook",
        _NEW,
        lambda form, connection, _: service.register(
            connection,
            context.settings,
            context.vault,
            context.clock,
            context.random,
            url=form.url,
            types=form.types,
            accounts=form.accounts,
            actor=write.actor.id,
        ),
    )


@router.get("/{webhook_id}/secret", summary="Which secret signs for a receiver?")
def secret(context: InContext, actor: Operator, webhook_id: WebhookId) -> Secret:
    """Return the newest secret; that it was shown, and to whom, is in the audit log."""
    context.vault.ready()
    with context.store.transaction() as connection:
        at = int(context.clock.now())
        return Secret(secret=service.secret_of(connection, context.vault, webhook_id, actor=actor.id, at=at))


@router.get("/{webhook_id}/deliveries", summary="What came of the attempts to deliver?")
def deliveries(
    context: InContext,
    _actor: Operator,
    webhook_id: WebhookId,
    *,
    before: Annotated[int, Query(description="Only numbers below this one", ge=1, lt=2**63)] = 2**63 - 1,
    limit: Annotated[int, Query(description="Rows at most", ge=1, le=_PAGE_ROWS_MAX)] = 100,
) -> Deliveries:
    """Return attempts, newest first, a page at a time; the last thousand of each receiver are kept."""
    with context.store.snapshot() as connection:
        service.receiver(connection, webhook_id)
        found = deliveries_of(connection, webhook_id, before=before, limit=min(limit, KEPT_MAX))
    return Deliveries(deliveries=[delivery_shown(each) for each in found])


@router.post(
    "/{webhook_id}/rotate",
    response_model=Webhook,
    summary="Sign by a new secret",
    openapi_extra=openapi.json_body(_ROTATION, {"rotation": {"overlap_seconds": 86400}}),
)
def rotate(write: Change, webhook_id: WebhookId) -> Response:
    """Give a receiver a new secret; for the overlap each message has a signature by either."""
    context = write.context
    context.vault.ready()
    return write.once(
        f"rotate {webhook_id}",
        _ROTATION,
        lambda form, connection, at: service.rotate(
            connection,
            context.vault,
            context.random,
            webhook_id,
            overlap_seconds=form.overlap_seconds,
            actor=write.actor.id,
            at=at,
            seen=write.seen,
        ),
    )


@router.post(
    "/{webhook_id}/enable",
    response_model=Webhook,
    summary="Deliver again, from where it was or from a cursor",
    openapi_extra=openapi.json_body(_ENABLING, {"where it was": {}, "from": {"cursor": "evt_…"}}),
)
def enable(write: Change, webhook_id: WebhookId) -> Response:
    """Deliver what follows, at once; from an older event everything since comes again."""
    return write.once(
        f"enable {webhook_id}",
        _ENABLING,
        lambda form, connection, at: service.enable(
            connection, webhook_id, cursor=form.cursor, actor=write.actor.id, at=at, seen=write.seen
        ),
    )


@router.post(
    "/{webhook_id}/disable",
    response_model=Webhook,
    summary="Deliver nothing for now",
    openapi_extra=openapi.json_body(_DISABLING, {"disabling": {"reason": "moving to another host"}}),
)
def disable(write: Change, webhook_id: WebhookId) -> Response:
    """Stop delivering; what happens meanwhile is delivered once it is enabled, while the feed keeps it."""
    return write.once(
        f"disable {webhook_id}",
        _DISABLING,
        lambda form, connection, at: service.disable(
            connection, webhook_id, because=form.reason, actor=write.actor.id, at=at, seen=write.seen
        ),
    )


@router.post(
    "/{webhook_id}/remove",
    response_model=Webhook,
    summary="End a receiver",
    openapi_extra=openapi.json_body(_REMOVAL, {"removal": {}}),
)
def remove(write: Change, webhook_id: WebhookId) -> Response:
    """Deliver nothing more, and delete its secrets."""
    return write.once(
        f"remove {webhook_id}",
        _REMOVAL,
        lambda _, connection, at: service.remove(
            connection, webhook_id, actor=write.actor.id, at=at, seen=write.seen
        ),
    )


@router.post(
    "/{webhook_id}/resend",
    response_model=Webhook,
    summary="Send one event again",
    openapi_extra=openapi.json_body(_RESENDING, {"resending": {"event": "evt_…"}}),
)
def resend(write: Change, webhook_id: WebhookId) -> Response:
    """Send an event again under its id, before what comes next."""
    return write.once(
        f"resend {webhook_id}",
        _RESENDING,
        lambda form, connection, at: service.resend(
            connection, webhook_id, event=form.event, actor=write.actor.id, at=at, seen=write.seen
        ),
    )
