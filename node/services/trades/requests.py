"""Trades as callers write them, and what is found out about them before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from node.errors import AssetNotFound, PayeeRefused
from node.mirror.registry import Asset, directory, registered_assets
from node.services.requests import DOCUMENT_BYTES_MAX, validate_reference
from settlement.asset import AssetKind
from settlement.document import Json, canonical
from settlement.errors import InvalidDocument, InvalidTrade
from settlement.identifiers import BankReference
from settlement.instruction import Leg
from settlement.money import amount_from_minor_units, currency
from settlement.participant import Directory, Participant, ParticipantKind
from settlement.trade import LEGS_MAX

_HOLDERS = frozenset({ParticipantKind.BANK, ParticipantKind.OPERATOR})
# Names the form of such a document.
_MESSAGE = "vostro.trade.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class LegRequest:
    """A leg as its caller wrote it. `asset`: an ISO 4217 code (central-bank money), or an asset's number;
    `amount`: a text of minor units.
    """

    asset: str
    payer: BankReference
    payee: BankReference
    amount: str

    def written(self) -> Mapping[str, Json]:
        """Return it as a document says it."""
        return {
            "asset": self.asset,
            "payer": _named(self.payer),
            "payee": _named(self.payee),
            "amount": self.amount,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeRequest:
    """A trade as its caller wrote it; nothing of it is checked yet.

    `deadline`: the last second (UTC) at which it may settle, None: as the node is set. `urgent`: for this
    bank's own legs. `uetr` None: one is made. `remittance`: lines for the counterparty, never on chain.
    """

    legs: Sequence[LegRequest]
    reference: str
    remittance: Sequence[str] = ()
    deadline: int | None = None
    urgent: bool = False
    uetr: str | None = None

    def document(self, uetr: str) -> bytes:
        """Return the canonical document it commits to; raise `InvalidDocument`."""
        content: dict[str, Json] = {
            "message": _MESSAGE,
            "reference": self.reference,
            "uetr": uetr,
            "legs": [dict(leg.written()) for leg in self.legs],
        }
        if self.remittance:
            content["RmtInf"] = {"Ustrd": list(self.remittance)}
        document = canonical(content)
        if len(document) > DOCUMENT_BYTES_MAX:
            raise InvalidDocument(
                f"the document has {len(document)} bytes; at most {DOCUMENT_BYTES_MAX} are kept",
                param="document",
            )
        return document


class Parties:
    """Who and what a caller's names mean, by the mirror."""

    def __init__(self, connection: Connection) -> None:
        self.names: Directory = directory(connection)
        self.assets: dict[int, Asset] = {asset.id: asset for asset in registered_assets(connection)}
        self._monies = {
            asset.currency.code: asset.id
            for asset in self.assets.values()
            if asset.kind is AssetKind.CENTRAL_BANK_MONEY
        }

    def legs(self, requests: Sequence[LegRequest]) -> tuple[Leg, ...]:
        """Return the legs that are meant; raise `InvalidTrade`, or what is wrong with a name or an amount."""
        if not 0 < len(requests) <= LEGS_MAX:
            raise InvalidTrade(f"{len(requests)} legs; a trade has 1 to {LEGS_MAX}", param="legs")
        return tuple(
            Leg(
                asset=self._asset(leg.asset),
                payer=self.bank(leg.payer).id,
                payee=self.bank(leg.payee).id,
                amount=amount_from_minor_units(leg.amount),
            )
            for leg in requests
        )

    def bank(self, reference: BankReference) -> Participant:
        """Return the participant that a name means; raise `PayeeRefused` for one that holds nothing."""
        found = self.names.resolve(validate_reference(reference))
        if found.kind not in _HOLDERS:
            raise PayeeRefused(f"{reference} holds no money, so it is no party to a trade", param="legs")
        return found

    def currency_number(self, asset: int) -> int:
        """Return the number of the currency that an asset is in."""
        return self.assets[asset].currency.number

    def _asset(self, text: str) -> int:
        number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 10 else None
        found = self._monies.get(text) if number is None else number
        if found is None:
            currency(text)
        if found not in self.assets:
            raise AssetNotFound(
                f"no asset {text!r} is registered on the chain; ask the operator", param="asset"
            )
        return found


def _named(reference: BankReference) -> dict[str, Json]:
    named: dict[str, Json] = {}
    if reference.bic is not None:
        named["BICFI"] = reference.bic
    if reference.lei is not None:
        named["LEI"] = reference.lei
    if reference.member is not None:
        named["ClrSysMmbId"] = {"ClrSysId": reference.member.system, "MmbId": reference.member.member}
    return named
