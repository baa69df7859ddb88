"""Founds a network on fresh contracts: participants, monies and accounts, a transaction each."""

from collections.abc import Mapping, Sequence

from node.chain import calls
from node.chain.calls import Admission, Call
from node.chain.contracts import Contracts
from node.chain.protocol import Receipt
from node.errors import UndecodableLog
from node.services.direct import DirectSender
from settlement.asset import AssetKind, DayRule


class Founder:
    """The operator's key at work. Every method waits until the chain has done it."""

    def __init__(self, sender: DirectSender, contracts: Contracts, operator: bytes) -> None:
        self._sender = sender
        self._contracts = contracts
        self._operator = operator

    def admit(self, admission: Admission, thresholds: Mapping[int, int] | None) -> int:
        """Admit a participant with its first thresholds (empty: all takes two keys); return its number.

        An empty list is sent as well, since only what was sent is decided; it can't be sent again. With
        None they are set later: until then the participant issues and holds nothing.
        """
        receipt = self._send(calls.admit(self._contracts, admission))
        participant = self._number(receipt, "ParticipantAdmitted", "participant")
        if thresholds is not None:
            self._send(calls.set_first_thresholds(self._contracts, participant, thresholds))
        return participant

    def register_money(self, *, currency: int, issuer: int) -> int:
        """Register the issuer's central-bank money in a currency (ISO 4217 number); return the asset."""
        receipt = self._send(
            calls.register_asset(
                self._contracts,
                currency=currency,
                kind=AssetKind.CENTRAL_BANK_MONEY,
                issuer=issuer,
                day_rule=DayRule.BUSINESS_DAY,
            )
        )
        return self._number(receipt, "AssetRegistered", "asset")

    def open_accounts(self, *, asset: int, holders: Sequence[int]) -> None:
        """Open an account in an asset for each holder."""
        for holder in holders:
            self._send(calls.open_account(self._contracts, asset=asset, holder=holder))

    def _send(self, call: Call) -> Receipt:
        return self._sender.send(self._operator, self._contracts.address(call.contract), call.calldata)

    def _number(self, receipt: Receipt, name: str, field: str) -> int:
        for log in receipt.logs:
            event = self._contracts.decode(log)
            if event is not None and event.name == name:
                return int(str(event.fields[field]))
        raise UndecodableLog(f"transaction {receipt.hash.hex()} has no {name}")
