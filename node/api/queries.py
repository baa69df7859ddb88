"""What a list may be asked for."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from node.api.schemas import STATES
from node.services.filters import Filter
from settlement.errors import InvalidValue
from settlement.money import amount_from_minor_units

LIMIT_MAX = 500


class InvalidDate(InvalidValue):
    """Written like a date, but no day of the calendar."""


Text = Annotated[str, Field(max_length=64)]
Date = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", examples=["2026-11-22"])]
Amount = Annotated[str, Field(description="Minor units", max_length=64)]


class PaymentsQuery(BaseModel):
    """Which payments, and which page of them. Ranges include both ends."""

    model_config = ConfigDict(extra="forbid")

    state: Text | None = Field(default=None, description=STATES)
    kind: Text | None = Field(default=None, description="payment, issue or redemption")
    currency: Text | None = Field(default=None, description="ISO 4217 code")
    counterparty: Text | None = Field(default=None, description="BIC of the payee")
    uetr: Text | None = None
    end_to_end_id: Text | None = None
    value_date_from: Date | None = None
    value_date_until: Date | None = None
    amount_from: Amount | None = None
    amount_until: Amount | None = None
    file_id: Text | None = Field(default=None, description="Only those of one file")
    cursor: str | None = Field(default=None, description="Of the page before", max_length=100)
    limit: int = Field(default=100, ge=1, le=LIMIT_MAX)

    def filters(self) -> Filter:
        """Return what the services filter by; raise a leaf of `InvalidValue`."""
        return Filter(
            state=self.state,
            kind=self.kind,
            currency=self.currency,
            counterparty=self.counterparty,
            uetr=self.uetr,
            end_to_end_id=self.end_to_end_id,
            value_date_from=self.value_date_from,
            value_date_until=self.value_date_until,
            amount_from=None if self.amount_from is None else amount_from_minor_units(self.amount_from),
            amount_until=None if self.amount_until is None else amount_from_minor_units(self.amount_until),
            file_id=self.file_id,
        )


class StatementQuery(BaseModel):
    """Whose day: one UTC day, or several in a row."""

    model_config = ConfigDict(extra="forbid")

    currency: Text = Field(description="ISO 4217 code", examples=["USD"])
    date: Date = Field(description="The day, or the first of several (UTC)")
    until: Date | None = Field(default=None, description="The last day; default: `date`")
    format: Literal["camt.053", "json"] | None = Field(default=None, description="Instead of `Accept`")

    def first_day(self) -> dt.date:
        """Return the first day; raise `InvalidDate`."""
        return _day(self.date)

    def last_day(self) -> dt.date:
        """Return the last day; raise `InvalidDate`."""
        return _day(self.until or self.date)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidDate(f"{text} is not a day of the calendar", param="date") from None
