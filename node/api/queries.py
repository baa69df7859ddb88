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
Height = Annotated[int, Field(ge=0, lt=2**63)]


class PaymentsQuery(BaseModel):
    """Which payments, and which page of them. Ranges include both ends."""

    model_config = ConfigDict(extra="forbid")

    state: Text | None = Field(default=None, description=STATES)
    kind: Text | None = Field(default=None, description="payment, issue or redemption")
    currency: Text | None = Field(default=None, description="ISO 4217 code")
    counterparty: Text | None = Field(default=None, description="BIC of the payee")
    uetr: Text | None = Field(default=None, description="Exactly this one")
    end_to_end_id: Text | None = Field(default=None, description="Exactly this one")
    value_date_from: Date | None = Field(default=None, description="The first value date")
    value_date_until: Date | None = Field(default=None, description="The last value date")
    amount_from: Amount | None = Field(default=None, description="Minor units")
    amount_until: Amount | None = Field(default=None, description="Minor units")
    file_id: Text | None = Field(default=None, description="Only those of one file")
    cursor: str | None = Field(default=None, description="Of the page before", max_length=100)
    limit: int = Field(description="Payments on a page at most", default=100, ge=1, le=LIMIT_MAX)

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


class PeriodQuery(BaseModel):
    """Which days: one UTC day, or several in a row."""

    model_config = ConfigDict(extra="forbid")

    date: Date = Field(description="The day, or the first of several (UTC)")
    until: Date | None = Field(default=None, description="The last day; default: `date`")

    def first_day(self) -> dt.date:
        """Return the first day; raise `InvalidDate`."""
        return day_of(self.date)

    def last_day(self) -> dt.date:
        """Return the last day; raise `InvalidDate`."""
        return day_of(self.until or self.date)


class StatementQuery(PeriodQuery):
    """Whose days, and in which form."""

    currency: Text = Field(description="ISO 4217 code", examples=["USD"])
    format: Literal["camt.053", "camt.052", "camt.054", "json", "csv", "xlsx", "pdf"] | None = Field(
        default=None,
        description="Instead of `Accept`; camt.052: so far today, camt.054: a notification of each entry",
    )


class ReportQuery(PeriodQuery):
    """Which days of a report, and in which form."""

    format: Literal["json", "csv", "xlsx", "pdf"] = Field(
        default="json", description="All say the same and bear the same digest"
    )


class MoneyReportQuery(ReportQuery):
    """The same in one currency."""

    currency: Text = Field(description="ISO 4217 code", examples=["USD"])


class ExtractQuery(ReportQuery):
    """The same in one currency or in all."""

    currency: Text | None = Field(default=None, description="ISO 4217 code; default: all", examples=["USD"])


class HistoryQuery(BaseModel):
    """Up to which block, and where the checkpoint is against which it will be checked."""

    model_config = ConfigDict(extra="forbid")

    last: Height | None = Field(default=None, description="The last block; default: the newest")
    height: Height | None = Field(default=None, description="Of the checkpoint; default: the newest block")


class AccountHistoryQuery(HistoryQuery):
    """Whose account, and from which block."""

    asset: Text = Field(description="ISO 4217 code, or an asset's number", examples=["USD"])
    of: Text | None = Field(default=None, description="BIC of a participant; default: this node's bank")
    first: Height = Field(default=0, description="The first block")


class KeyHistoryQuery(HistoryQuery):
    """Which key."""

    address: Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$")] = Field(
        description="The key's address, hexadecimal with 0x"
    )


def day_of(text: str) -> dt.date:
    """Return a day; raise `InvalidDate`."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidDate(f"{text} is not a day of the calendar", param="date") from None
