"""What is said of a payment by the bank's rules and its names list, and the payment that says it."""

from typing import Any

from pydantic import Field

from node.api.schemas import Outgoing, Payment, TimelineEntry


class ListHit(Outgoing):
    """Whom on the names list a name in a payment is like."""

    list_version: int = Field(description="Of the names list", examples=[3])
    score: int = Field(description="How like they are: 85 to 100", examples=[93])
    entry: str = Field(description="Id of the entry on the list", examples=["QDi.430"])
    names: list[str] = Field(description="The entry's names on it", examples=[["Ivan Petrov"]])
    programme: str = Field(description="Why it is on the list; may be empty", examples=["UKR"])
    country: str = Field(description="ISO 3166 code; may be empty", examples=["RU"])


class PolicyVerdict(Outgoing):
    """What the bank's rules said of a payment when it was accepted."""

    outcome: str = Field(description="allow, needs_approval or hold", examples=["hold"])
    rule: str | None = Field(
        description="The strictest that was true of it; null: none was", examples=["large-and-new"]
    )
    version: int | None = Field(description="Which version of that rule", examples=[2])
    why: str = Field(description="The rule's reason, or why it could not be asked")
    facts: dict[str, bool | int | str] = Field(
        description="What the rules were asked of; amounts in minor units", examples=[{"new_payee": True}]
    )
    list_version: int | None = Field(
        description="Of the names list it was held against; null: there was none", examples=[3]
    )
    list_entry: str | None = Field(
        description="Whom of that list a name in it is like, as much as `list_score` says; null: nobody",
        examples=["QDi.430"],
    )


class PaymentWithTimeline(Payment):
    """A payment with everything that happened to it, oldest first."""

    timeline: list[TimelineEntry] = Field(description="What happened to it, oldest first")
    policy: PolicyVerdict | None = Field(description="Null where there were no rules")
    returns: str | None = Field(
        description="Reference of the settlement that it gives back; null: it is no return",
        examples=["1207-3"],
    )
    document: dict[str, Any] | None = Field(
        description="What it commits to; for officers and auditors, since it holds people's data"
    )
