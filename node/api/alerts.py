"""`/v1/alerts`: what a person should look at, and that somebody has."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from node.api import openapi
from node.api.answers import Body, IdempotencyKey, written
from node.api.auth import Reader, Staff
from node.api.body import parse
from node.api.context import InContext
from node.clock import time_text
from node.services.alerts import raised as service
from node.services.alerts.raised import NAME_CHARACTERS_MAX, NOTE_CHARACTERS_MAX, PAGE_ROWS_MAX
from node.services.answers import once, request_of

router = APIRouter(prefix="/v1/alerts", tags=["alerts"])


class Acknowledgement(BaseModel):
    """Who has looked, and what it was."""

    model_config = ConfigDict(extra="forbid", strict=True)

    by: str = Field(description="A person's name", min_length=1, max_length=NAME_CHARACTERS_MAX)
    note: str = Field(description="What it was", min_length=1, max_length=NOTE_CHARACTERS_MAX)


class Alert(BaseModel):
    """A finding of a rule, with what the rule looked at."""

    id: int = Field(description="Number of the alert")
    rule: str = Field(description="Which rule found it", examples=["unusual_amount"])
    subject: str = Field(description="The same finding of the same subject is one alert while it is open")
    asset: int | None = Field(description="Number of the asset; null for what is of none")
    participant: int | None = Field(description="Number of the participant; null for what is of none")
    explanation: str = Field(description="Why the rule says so")
    data: dict[str, Any] = Field(description="What the rule looked at; amounts are minor units")
    raised_at: str = Field(description="RFC 3339, UTC")
    acknowledged_at: str | None = Field(description="RFC 3339, UTC; null while nobody has looked")
    acknowledged_by: str | None = Field(description="The person's name")
    note: str | None = Field(description="What that person found it to be")
    stop_asked_at: str | None = Field(description="When the rule had the account's payments stopped")


class Alerts(BaseModel):
    """Alerts, oldest first."""

    alerts: list[Alert] = Field(description="Oldest first")


Number = Annotated[int, Path(description="Number of the alert", ge=1, lt=2**63)]
_FORM: TypeAdapter[Acknowledgement] = TypeAdapter(Acknowledgement)
_EXAMPLE = {"looked": {"by": "Erika Mustermann", "note": "Salaries; the customer announced them."}}


@router.get("", summary="What should somebody look at?")
def list_page(
    context: InContext,
    _actor: Reader,
    *,
    acknowledged: Annotated[bool, Query(description="Those that were acknowledged, too")] = False,
    after: Annotated[int, Query(description="Only numbers above this one", ge=0, lt=2**63)] = 0,
    limit: Annotated[int, Query(description="Rows at most", ge=1, le=PAGE_ROWS_MAX)] = 100,
) -> Alerts:
    """Return alerts, oldest first, a page at a time: ask again with `after` the last number."""
    with context.store.snapshot() as connection:
        found = service.list_alerts(connection, also_acknowledged=acknowledged, after=after, limit=limit)
    return Alerts(alerts=[_alert(each) for each in found])


@router.post(
    "/{alert_id}/acknowledgement",
    response_model=Alert,
    summary="Say that somebody has looked",
    openapi_extra=openapi.json_body(_FORM, _EXAMPLE),
)
def acknowledgement(
    context: InContext, actor: Staff, alert_id: Number, body: Body, key: IdempotencyKey = ""
) -> Response:
    """Acknowledge an alert; the same is not raised again for a day. What was stopped stays stopped."""
    form = parse(_FORM, body)
    request = request_of(actor=actor.id, key=key, operation=f"acknowledge alert {alert_id}", body=body)
    answer = once(
        context.store,
        context.clock,
        request,
        lambda connection, at: service.acknowledge(
            connection, alert_id, by=form.by, note=form.note, actor=actor.id, at=at
        ),
        lambda found: _alert(found).model_dump_json().encode(),
    )
    return written(answer)


def _alert(each: service.Alert) -> Alert:
    times = {
        name: None if getattr(each, name) is None else time_text(getattr(each, name))
        for name in ("raised_at", "acknowledged_at", "stop_asked_at")
    }
    return Alert(**(asdict(each) | times))
