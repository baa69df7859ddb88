"""Trades as callers write and read them in JSON; converts nothing."""

from typing import Annotated

from pydantic import Field

from node.api.answers import VERSION_TEXT
from node.api.incoming import REMITTANCE_LINES_MAX, Bank, Incoming, seconds_of
from node.api.schemas import STATES, Outgoing, TimelineEntry
from node.services.second_person import REASON_CHARACTERS_MAX
from node.services.trades.expectations import ExpectedRequest
from node.services.trades.requests import LegRequest, TradeRequest
from settlement.matching import TOLERANCE_MAX
from settlement.trade import LEGS_MAX

_ID = Field(description="The trade's digest, the same at every bank", examples=["0x" + "5f" * 32])


class NewLeg(Incoming):
    """A movement of a trade."""

    asset: str = Field(
        description="ISO 4217 code (central-bank money), or the number of any asset",
        examples=["USD"],
        min_length=1,
        max_length=10,
    )
    payer: Bank = Field(description="The bank that pays")
    payee: Bank = Field(description="The bank that is paid")
    amount: str = Field(description="Minor units, 1 … 2^63−1", examples=["108500000"], max_length=64)

    def request(self) -> LegRequest:
        """Return what the services take."""
        return LegRequest(
            asset=self.asset,
            payer=self.payer.reference(),
            payee=self.payee.reference(),
            amount=self.amount,
        )


_LEGS = Field(description="What settles together or not at all", min_length=1, max_length=LEGS_MAX)
_REFERENCE = Field(description="This bank's own reference", min_length=1, max_length=35, examples=["FX-7731"])


class NewTrade(Incoming):
    """A trade that this node's bank proposes."""

    legs: list[NewLeg] = _LEGS
    reference: str = _REFERENCE
    uetr: str | None = Field(
        default=None, description="Lower-case UUID version 4, never used before", max_length=64
    )
    deadline: str | None = Field(
        default=None,
        description="RFC 3339: it settles until then, or expires; default: the node's",
        examples=["2026-11-22T16:00:00Z"],
        max_length=32,
    )
    urgent: bool = Field(default=False, description="May use the reserve of this bank's own accounts")
    remittance: list[Annotated[str, Field(min_length=1, max_length=140)]] = Field(
        default_factory=list,
        description="Lines of the document; never on chain",
        max_length=REMITTANCE_LINES_MAX,
    )

    def request(self) -> TradeRequest:
        """Return what the services take."""
        return TradeRequest(
            legs=[leg.request() for leg in self.legs],
            reference=self.reference,
            remittance=self.remittance,
            deadline=None if self.deadline is None else seconds_of(self.deadline),
            urgent=self.urgent,
            uetr=self.uetr,
        )


class NewExpectation(Incoming):
    """A trade that this bank expects another to propose."""

    counterparty: Bank = Field(description="Who is to propose it")
    legs: list[NewLeg] = _LEGS
    reference: str = _REFERENCE
    tolerance_basis_points: int = Field(
        default=0,
        description="By how much an amount may differ, of the expected one; shown, and changes no amount",
        ge=0,
        le=TOLERANCE_MAX,
    )

    def request(self) -> ExpectedRequest:
        """Return what the services take."""
        return ExpectedRequest(
            counterparty=self.counterparty.reference(),
            legs=[leg.request() for leg in self.legs],
            reference=self.reference,
            tolerance_basis_points=self.tolerance_basis_points,
        )


class Affirmation(Incoming):
    """Consent to a trade as it was proposed."""

    urgent: bool = Field(default=False, description="May use the reserve of this bank's own accounts")
    despite: str | None = Field(
        default=None,
        description="Why it is affirmed where it differs from what was expected",
        min_length=1,
        max_length=REASON_CHARACTERS_MAX,
    )


class Cancellation(Incoming):
    """That a trade ends which queues."""

    reason: str | None = Field(
        default=None,
        description="ISO 20022 cancellation reason; for the operator, who ends it alone",
        pattern="^[A-Z]{4}$",
        examples=["AGNT"],
    )


class AcceptedTrade(Outgoing):
    """A trade that can't be lost any more."""

    id: str = _ID
    uetr: str = Field(description="Unique end-to-end transaction reference")
    reference: str = Field(description="This bank's own reference", examples=["FX-7731"])
    need: str | None = Field(description="Why a second person is asked first; null: nobody is")


class AcceptedExpectation(Outgoing):
    """An expectation that is kept."""

    id: str = Field(description="The node's own id of it", examples=["exp_01KAP3T0N1Y8Q4Z6V2X7W5R9SD"])


class AcceptedAct(Outgoing):
    """What will be brought on chain; until that is final nothing has changed."""

    id: str = _ID
    act: str = Field(description="affirm, withdraw, cancel or void", examples=["affirm"])
    need: str | None = Field(description="Why a second person is asked first; null: nobody is")


class TradeLeg(Outgoing):
    """A movement of a trade."""

    asset: int = Field(description="Number of the asset", examples=[840])
    currency: str = Field(description="ISO 4217 code of its currency", examples=["USD"])
    payer: str = Field(description="BIC", examples=["BANADEFFXXX"])
    payee: str = Field(description="BIC", examples=["BANBDEFFXXX"])
    amount: str = Field(description="Minor units", examples=["108500000"])


class TradeAct(Outgoing):
    """What this bank asked of the chain about a trade."""

    act: str = Field(description="propose, affirm, withdraw, cancel, sweep or void", examples=["affirm"])
    state: str = Field(description="held, waiting, refused, sent, done or reverted", examples=["done"])
    reason: str | None = Field(description="Why it was refused or reverted, or what was said with it")
    need: str | None = Field(description="Why it took a second person")
    entered_by: str = Field(description="Who asked")
    at: str = Field(description="RFC 3339, UTC")


class Trade(Outgoing):
    """A trade that this node's bank is a party to."""

    id: str = _ID
    state: str = Field(description=STATES, examples=["awaiting_approval"])
    reason: str | None = Field(description="Why it was refused or cancelled; none once settled")
    initiator: str = Field(description="BIC of who proposed it", examples=["BANADEFFXXX"])
    sequence: str = Field(description="The initiator's number of it on chain", examples=["17"])
    legs: list[TradeLeg] = Field(description="In the order of the proposal")
    valid_until: str | None = Field(description="RFC 3339, UTC: it settles until then; null: for ever")
    commitment: str = Field(description="Salted digest of its document; hexadecimal, with 0x")
    consents: list[str] = Field(description="BICs of who has consented on chain")
    awaits: list[str] = Field(description="BICs of the debtors whose consent it lacks")
    cancels: list[str] = Field(description="BICs of the debtors who asked that it leaves the queue")
    urgent: bool = Field(description="Whether it may use the reserve of this bank's accounts")
    uetr: str | None = Field(description="Where this bank proposed it")
    reference: str | None = Field(description="Where this bank proposed it")
    created_at: str = Field(description="RFC 3339, UTC: accepted here, or proposed on chain")
    need: str | None = Field(description="Why this bank's consent waits for a second person")
    approval_digest: str | None = Field(description="What that person approves")
    entered_by: str | None = Field(description="Whose entry waits for that person")
    foreseen: str | None = Field(
        description="settled or queued: where it would stand if everybody consented now; null in lists",
        examples=["settled"],
    )
    acts: list[TradeAct] = Field(description="What this bank asked of the chain, oldest first")
    version: str = Field(description=VERSION_TEXT, examples=["8f14e45fceea167a"])


class Trades(Outgoing):
    """Trades, newest first."""

    trades: list[Trade] = Field(description="Newest first")
    cursor: str | None = Field(description="Leads to the next page; null at the end", examples=["1207-3"])


class MatchedField(Outgoing):
    """A field of a leg in both views: BIC, number of an asset, or minor units."""

    leg: int | None = Field(
        description="Place in the proposal, from 0; null: it was expected and not proposed"
    )
    field: str = Field(description="asset, payer, payee or amount", examples=["amount"])
    expected: str | None = Field(description="As this bank wrote it down; null: it expects no such leg")
    proposed: str | None = Field(description="As it was proposed; null: there is no such leg")
    verdict: str = Field(description="equal, within_tolerance or different", examples=["equal"])


class TradeMatching(Outgoing):
    """A proposal held against what this bank expected; what settles is what was proposed."""

    expectation: str = Field(description="Id (exp_…)")
    reference: str = Field(description="This bank's own reference of it")
    tolerance_basis_points: int = Field(description="On amounts, of the expected one")
    matched: bool = Field(description="Whether nothing differs beyond the tolerance")
    fields: list[MatchedField] = Field(description="Every field of every leg")


class TradeWithMatching(Trade):
    """A trade with the matching, everything that happened to it, and its document where it is known."""

    matching: TradeMatching | None = Field(description="Null where nothing was expected of its initiator")
    timeline: list[TimelineEntry] = Field(description="In the order in which it happened")
    document: dict[str, object] | None = Field(
        description="What it commits to; null where another bank proposed it, or to who needs none"
    )


LEGS_EXAMPLE = [
    {
        "asset": "USD",
        "payer": {"bic": "BANADEFF"},
        "payee": {"bic": "BANBDEFF"},
        "amount": "108500000",
    },
    {
        "asset": "EUR",
        "payer": {"bic": "BANBDEFF"},
        "payee": {"bic": "BANADEFF"},
        "amount": "100000000",
    },
]
