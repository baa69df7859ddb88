"""What gross payments and cycles look like outside."""

from dataclasses import asdict

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from node.api.queue_forms import CURRENCY
from node.api.schemas import Outgoing
from node.clock import time_text
from node.services.cycles.view import CallView, GrossView

_MINOR = "Minor units"
_CALL = Field(description="The node's own id of a call", examples=["cycle_01KAP3T0N1Y8Q4Z6V2X7W5R9SD"])


class TakenGross(Outgoing):
    """A gross payment that was taken."""

    id: str = Field(description="Id (gross_…)", examples=["gross_01KAP3T0N1Y8Q4Z6V2X7W5R9SD"])
    uetr: str = Field(description="Its UETR")


class TakenGrossPayments(Outgoing):
    """Gross payments that were taken, in the order asked."""

    payments: list[TakenGross] = Field(description="In the order asked")


class GrossPayment(TakenGross):
    """A payment that settles in a cycle; final only with it."""

    state: str = Field(
        description="told (its payee has not answered), refused, open, in_cycle, settled or withdrawn",
        examples=["open"],
    )
    payer: str = Field(description="BIC", examples=["VOAAUS33XXX"])
    payee: str = Field(description="BIC", examples=["VOBBUS33XXX"])
    currency: str = CURRENCY
    amount: str = Field(description=_MINOR, examples=["125000"])
    end_to_end_id: str = Field(description="The payer's own reference", examples=["INV-7731"])
    value_date: str = Field(description="ISO 8601 date", examples=["2026-11-22"])
    created_at: str = Field(description="RFC 3339, UTC", examples=["2026-11-22T09:30:00Z"])
    call: str | None = Field(
        description="The last call that has it", examples=["cycle_01KAP3T0N1Y8Q4Z6V2X7W5R9SD"]
    )
    counter: int | None = Field(description="The payer's own number of it in that call", examples=[17])


class GrossPayments(Outgoing):
    """Gross payments, this bank's own and those that others promise it."""

    payments: list[GrossPayment] = Field(description="Oldest first")


class WithdrawnGross(Outgoing):
    """A gross payment that is promised no more."""

    id: str = Field(description="Id (gross_…)", examples=["gross_01KAP3T0N1Y8Q4Z6V2X7W5R9SD"])


class NewCall(BaseModel):
    """What a cycle is called for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    currency: str = CURRENCY


class MadeCall(Outgoing):
    """A call that was made."""

    call: str = _CALL


class Call(Outgoing):
    """A call for a cycle, and how far it is."""

    id: str = _CALL
    state: str = Field(
        description="lists, sums, to_propose or proposed; or how it ended: settled, called_anew, "
        "nothing_to_settle, not_proposed, cancelled, expired or given_up",
        examples=["proposed"],
    )
    coordinator: str = Field(description="BIC", examples=["VOAAUS33XXX"])
    currency: str = CURRENCY
    attempt: int = Field(description="How often it was called for", examples=[1])
    members: list[str] = Field(description="BICs of the invited")
    cycle: str | None = Field(description="The cycle's digest, which is what is affirmed")
    payments: int | None = Field(description="How many of this bank's are in it, paid or received")
    net: str | None = Field(
        description="What this bank receives less what it pays, minor units", examples=["-175"]
    )
    affirmed: list[str] = Field(description="BICs of those whose affirmation is final")
    waits_for: str | None = Field(description="Why this bank can't affirm it now; null: it can")
    created_at: str = Field(description="RFC 3339, UTC", examples=["2026-11-22T09:30:00Z"])
    valid_until: str = Field(description="RFC 3339, UTC", examples=["2026-11-22T10:10:00Z"])


class Calls(Outgoing):
    """Calls, newest first."""

    calls: list[Call] = Field(description="Newest first")


class Affirmation(BaseModel):
    """A second person's consent to what the bank brings into a cycle."""

    model_config = ConfigDict(extra="forbid")

    cycle: str = Field(description="The digest that was shown", pattern="^0x[0-9a-f]{64}$")
    secret: SecretStr = Field(
        description="What opens the approver's own key. Kept nowhere", min_length=1, max_length=256
    )


class Affirmed(Outgoing):
    """An affirmation on its way to the chain."""

    call: str = _CALL
    cycle: str = Field(description="The cycle's digest")


def gross_payment(found: GrossView) -> GrossPayment:
    """Return a gross payment as JSON shows it."""
    shown = {"amount": str(found.amount), "created_at": time_text(found.created_at)}
    return GrossPayment(**asdict(found) | shown)


def call_shown(found: CallView) -> Call:
    """Return a call as JSON shows it."""
    shown = {
        "members": list(found.members),
        "affirmed": list(found.affirmed),
        "cycle": None if found.cycle is None else "0x" + found.cycle.hex(),
        "net": None if found.net is None else str(found.net),
        "created_at": time_text(found.created_at),
        "valid_until": time_text(found.valid_until),
    }
    return Call(**asdict(found) | shown)
