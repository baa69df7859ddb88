"""`/v1/policies`: the bank's own rules over its payments; written by operators who enter none."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from node.api import openapi
from node.api.answers import VERSION_TEXT, Body, IdempotencyKey, IfMatch, versions_in, written
from node.api.auth import Operator, Overseer
from node.api.body import parse
from node.api.context import InContext
from node.api.schemas import Outgoing
from node.clock import time_text
from node.services.answers import once, request_of
from node.services.policies import rules as service
from node.services.policies.language import CONDITION_CHARACTERS_MAX
from node.services.policies.rules import NAME_PATTERN, REASON_CHARACTERS_MAX
from settlement.policy import Outcome

router = APIRouter(prefix="/v1/policies", tags=["policies"])

OUTCOMES = "allow, needs_approval, hold or refuse: of the rules that are true, the last of these wins"


Condition = Annotated[
    str,
    Field(
        description="CEL over amount, currency, counterparty, country, hour, velocity_count, velocity_sum, "
        "new_payee, list_hit, list_score; without macros and fields",
        min_length=1,
        max_length=CONDITION_CHARACTERS_MAX,
    ),
]


class NewRule(BaseModel):
    """What a rule asks of each payment, and what becomes of those of which it is true."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(description="One that there is gets its next version", pattern=NAME_PATTERN)
    condition: Condition
    outcome: str = Field(description=OUTCOMES, max_length=20)
    reason: str = Field(
        description="Why there is such a rule, for those whom it stops",
        min_length=1,
        max_length=REASON_CHARACTERS_MAX,
    )


class Retirement(BaseModel):
    """The end of a rule; nothing needs to be said."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Rule(Outgoing):
    """One version of a rule; the newest is the rule."""

    name: str = Field(description="Its name", examples=["large-and-new"])
    number: int = Field(description="Which version of it, from 1", examples=[2])
    condition: str = Field(description="CEL", examples=["amount > 1000000 && new_payee"])
    outcome: str = Field(description=OUTCOMES, examples=["hold"])
    reason: str = Field(description="Why there is such a rule", examples=["First large payment to a bank"])
    in_force: bool = Field(description="Whether payments are asked")
    author: str = Field(description="Id of who wrote this version", examples=["usr_01KAP3"])
    author_name: str = Field(description="That person's name", examples=["otto"])
    created_at: str = Field(description="RFC 3339, UTC", examples=["2026-11-23T09:30:00Z"])
    version: str = Field(description=VERSION_TEXT, examples=["2"])


class Rules(Outgoing):
    """Rules of the bank."""

    rules: list[Rule] = Field(description="By name; of one rule its versions, oldest first")


Name = Annotated[str, Path(description="Name of the rule", pattern=NAME_PATTERN)]
_NEW: TypeAdapter[NewRule] = TypeAdapter(NewRule)
_RETIREMENT: TypeAdapter[Retirement] = TypeAdapter(Retirement)
_EXAMPLE = {
    "name": "large-and-new",
    "condition": "amount > 1000000 && new_payee",
    "outcome": Outcome.HOLD.value,
    "reason": "First large payment to a bank",
}


@router.get("", summary="Which rules are payments held to?")
def list_all(context: InContext, _actor: Overseer) -> Rules:
    """Return the newest version of every rule, also of those that are not in force; 100 at most."""
    with context.store.snapshot() as connection:
        return Rules(rules=[_shown(each) for each in service.list_rules(connection)])


@router.get("/{rule_name}", summary="Who wrote which version of a rule?")
def versions(context: InContext, _actor: Overseer, rule_name: Name) -> Rules:
    """Return every version of a rule, oldest first; 1,000 at most."""
    with context.store.snapshot() as connection:
        return Rules(rules=[_shown(each) for each in service.versions_of(connection, rule_name)])


@router.post(
    "",
    response_model=Rule,
    summary="Write a rule, or its next version",
    openapi_extra=openapi.json_body(_NEW, {"hold": _EXAMPLE}),
)
def write(
    context: InContext, actor: Operator, body: Body, key: IdempotencyKey = "", if_match: IfMatch = None
) -> Response:
    """Put a rule in force for every payment that is accepted from now on; what was accepted stays as it is.

    Refused for who may enter payments, too.
    """
    form = parse(_NEW, body)
    request = request_of(actor=actor.id, key=key, operation="write rule", body=body)
    answer = once(
        context.store,
        context.clock,
        request,
        lambda connection, at: service.write_rule(
            connection,
            name=form.name,
            condition=form.condition,
            outcome=form.outcome,
            reason=form.reason,
            actor=actor,
            at=at,
            seen=versions_in(if_match),
        ),
        _json,
    )
    return written(answer)


@router.post(
    "/{rule_name}/retirement",
    response_model=Rule,
    summary="Put a rule out of force",
    openapi_extra=openapi.json_body(_RETIREMENT, {"retirement": {}}),
)
def retire(
    context: InContext,
    actor: Operator,
    rule_name: Name,
    *,
    body: Body,
    key: IdempotencyKey = "",
    if_match: IfMatch = None,
) -> Response:
    """Ask a rule of no payment any more; what it held waits on. Refused for who may enter payments, too."""
    parse(_RETIREMENT, body)
    request = request_of(actor=actor.id, key=key, operation=f"retire rule {rule_name}", body=body)
    answer = once(
        context.store,
        context.clock,
        request,
        lambda connection, at: service.retire_rule(
            connection, name=rule_name, actor=actor, at=at, seen=versions_in(if_match)
        ),
        _json,
    )
    return written(answer)


def _shown(rule: service.Rule) -> Rule:
    return Rule(
        name=rule.name,
        number=rule.version,
        condition=rule.condition,
        outcome=rule.outcome.value,
        reason=rule.reason,
        in_force=rule.in_force,
        author=rule.author,
        author_name=rule.author_name,
        created_at=time_text(rule.created_at),
        version=str(rule.version),
    )


def _json(rule: service.Rule) -> bytes:
    return _shown(rule).model_dump_json().encode()
