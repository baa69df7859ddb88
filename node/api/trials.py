"""`/v1/policies/dry-run`: a rule tried on payments that were accepted; nothing of it is kept."""

from collections.abc import Mapping

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from node.api import openapi
from node.api.answers import Body
from node.api.auth import Overseer
from node.api.body import parse
from node.api.context import InContext
from node.api.policies import OUTCOMES, Condition
from node.api.queries import Date, day_of
from node.api.schemas import Outgoing
from node.services.policies import trial
from node.services.policies.trial import ROWS_MAX
from settlement.policy import Outcome

router = APIRouter(prefix="/v1/policies", tags=["policies"])


class RuleTrial(BaseModel):
    """A rule, and the payments it is tried on."""

    model_config = ConfigDict(extra="forbid", strict=True)

    condition: Condition
    outcome: str = Field(description=OUTCOMES, max_length=20)
    date: Date = Field(description="The day on which they were accepted, or the first of several (UTC)")
    until: Date | None = Field(default=None, description="The last day; default: `date`")
    after: str = Field(default="", description="Only payments behind this id", pattern="^[0-9A-Za-z_]{0,64}$")
    limit: int = Field(default=ROWS_MAX, description="Payments looked at at most", ge=1, le=ROWS_MAX)


class Counts(Outgoing):
    """How many payments have which outcome."""

    allow: int = Field(description="They go")
    needs_approval: int = Field(description="An approver consents first")
    hold: int = Field(description="An approver lets them go or ends them")
    refuse: int = Field(description="They are not taken")


class TriedPayment(Outgoing):
    """A payment of which the rule is true, or has no answer."""

    id: str = Field(description="The node's own id of it", examples=["pay_01KAP3T0N1Y8Q4Z6V2X7W5R9SD"])
    true: bool | None = Field(description="Whether the rule is true of it; null: it has no answer")
    present: str = Field(description="What the rules in force say of it", examples=["allow"])
    together: str = Field(description="What they would say with this one", examples=["hold"])
    facts: dict[str, bool | int | str] = Field(
        description="As they were when it was accepted, but of the names list as it is now",
        examples=[{"new_payee": True}],
    )


class TriedRule(Outgoing):
    """What a rule would have done to a page of payments."""

    payments: int = Field(description="How many were looked at", examples=[1000])
    true: int = Field(description="Of how many the rule is true", examples=[12])
    unanswered: int = Field(description="Of how many it has no answer: it would hold them", examples=[0])
    present: Counts = Field(description="By what the rules in force say of them")
    together: Counts = Field(description="By what they would say with this one")
    listed: list[TriedPayment] = Field(description="The first 100 of which it is true or has no answer")
    after: str | None = Field(description="Ask with it for the next page; null at the end")


_TRIAL: TypeAdapter[RuleTrial] = TypeAdapter(RuleTrial)
_EXAMPLE = {
    "condition": "amount > 1000000 && new_payee",
    "outcome": Outcome.HOLD.value,
    "date": "2026-11-01",
    "until": "2026-11-23",
}


@router.post(
    "/dry-run",
    summary="What would a rule have done?",
    openapi_extra=openapi.json_body(_TRIAL, {"three weeks": _EXAMPLE}),
)
def try_rule(context: InContext, _actor: Overseer, body: Body) -> TriedRule:
    """Ask a rule of payments that were accepted in a period, oldest first, a page at a time.

    Velocity, new payees and the hour are as they were when each was accepted. Nothing is kept or changed.
    """
    form = parse(_TRIAL, body)
    first = day_of(form.date)
    found = trial.try_rule(
        context.store,
        context.settings,
        condition=form.condition,
        outcome=form.outcome,
        first=first,
        last=first if form.until is None else day_of(form.until),
        after=form.after,
        limit=form.limit,
    )
    return TriedRule(
        payments=found.payments,
        true=found.true,
        unanswered=found.unanswered,
        present=_counts(found.present),
        together=_counts(found.together),
        listed=[
            TriedPayment(
                id=each.id, true=each.true, present=each.present, together=each.together,
                facts=each.facts.shown(),
            )
            for each in found.listed
        ],
        after=found.after,
    )  # fmt: skip


def _counts(found: Mapping[Outcome, int]) -> Counts:
    return Counts(**{outcome.value: found.get(outcome, 0) for outcome in Outcome})
