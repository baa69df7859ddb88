"""The forms of `/v1/webhooks`: what comes in and what goes out."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from node.api.answers import VERSION_TEXT
from node.api.events import ACCOUNTS_TEXT, TYPES_TEXT
from node.clock import time_text
from node.services.streams.deliveries import Logged
from node.services.streams.receivers import OVERLAP_SECONDS, OVERLAP_SECONDS_MAX, Receiver
from node.services.streams.targets import URL_CHARACTERS_MAX

ID_CHARACTERS_MAX = 100
_REASON_CHARACTERS_MAX = 500
_Text = Annotated[str, Field(min_length=1, max_length=100)]


class Incoming(BaseModel):
    """What a caller sends."""

    model_config = ConfigDict(extra="forbid", strict=True)


class NewWebhook(Incoming):
    """A receiver, told what happens from now on."""

    url: str = Field(
        description="HTTPS, of a public network unless VOSTRO_WEBHOOK_PRIVATE_TARGETS",
        examples=["https://bank.example/vostro"],
        max_length=URL_CHARACTERS_MAX,
    )
    types: list[_Text] = Field(default_factory=list, description=TYPES_TEXT, max_length=100)
    accounts: list[_Text] = Field(default_factory=list, description=ACCOUNTS_TEXT, max_length=100)


class Rotation(Incoming):
    """A new secret."""

    overlap_seconds: int = Field(
        default=OVERLAP_SECONDS, ge=0, le=OVERLAP_SECONDS_MAX, description="How long the old one signs, too"
    )


class Enabling(Incoming):
    """From where to deliver."""

    cursor: str | None = Field(
        default=None, description="Id of an event: what follows it (again); default: where it was"
    )


class Disabling(Incoming):
    """Why nothing is delivered any more."""

    reason: str = Field(
        description="For who finds it disabled", min_length=1, max_length=_REASON_CHARACTERS_MAX
    )


class Removal(Incoming):
    """Nothing more to say."""


class Resending(Incoming):
    """Which event to send again."""

    event: str = Field(description="Its id", max_length=ID_CHARACTERS_MAX)


class Webhook(BaseModel):
    """A receiver and how its delivery stands."""

    id: str = Field(description="The node's own id of it", examples=["whk_01KAP3T0N1Y8Q4Z6V2X7W5R9SD"])
    url: str = Field(description="Where it is told")
    types: list[str] = Field(description="Empty: all")
    accounts: list[int] = Field(description="Numbers of assets; empty: all")
    position: str = Field(description="It has the feed up to this position")
    attempts: int = Field(description="In vain, of what comes next")
    due_at: str = Field(description="When it is tried next, if there is something")
    created_at: str = Field(description="RFC 3339, UTC")
    created_by: str = Field(description="Who added it")
    disabled_at: str | None = Field(description="RFC 3339, UTC; null while it is told")
    disabled_because: str | None = Field(description="Why, by a person or after too many attempts in vain")
    version: str = Field(description=VERSION_TEXT, examples=["8f14e45fceea167a"])


class Webhooks(BaseModel):
    """Every receiver."""

    webhooks: list[Webhook] = Field(description="Oldest first")


class Secret(BaseModel):
    """What a receiver checks signatures by."""

    secret: str = Field(description="For the library of Standard Webhooks", examples=["whsec_…"])


class Delivery(BaseModel):
    """One attempt."""

    id: int = Field(description="Number of the attempt; a cursor, too")
    event_id: str = Field(description="Which event was sent")
    attempt: int = Field(description="Its place among the attempts for this event, from 1")
    at: str = Field(description="RFC 3339, UTC")
    status: int | None = Field(description="Of the answer; null: there was none")
    error: str | None = Field(description="Why there was no answer")
    milliseconds: int = Field(description="From the call to its answer or failure")


class Deliveries(BaseModel):
    """Attempts, newest first."""

    deliveries: list[Delivery] = Field(description="Newest first")


def webhook_shown(each: Receiver) -> Webhook:
    """Return a receiver as it is answered."""
    return Webhook(
        id=each.id,
        url=each.url,
        types=list(each.types),
        accounts=list(each.assets),
        position=str(each.position),
        attempts=each.attempts,
        due_at=time_text(each.due_at),
        created_at=time_text(each.created_at),
        created_by=each.created_by,
        disabled_at=None if each.disabled_at is None else time_text(each.disabled_at),
        disabled_because=each.disabled_because,
        version=each.version,
    )


def webhook_json(each: Receiver) -> bytes:
    """Return the same as JSON."""
    return webhook_shown(each).model_dump_json().encode()


def delivery_shown(each: Logged) -> Delivery:
    """Return an attempt as it is answered."""
    return Delivery(
        id=each.id,
        event_id=each.event_id,
        attempt=each.attempt,
        at=time_text(each.at),
        status=each.status,
        error=each.error,
        milliseconds=each.milliseconds,
    )
