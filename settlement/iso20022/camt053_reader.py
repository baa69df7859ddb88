"""Read camt.053.001.08 from another bank: what is needed to hold its statement against ours, and no more.

Elements that are not needed are passed over: nothing of them is kept, and nothing is committed to.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from lxml import etree

from settlement.errors import AmountNotPositive, InvalidValue, WrongMessage
from settlement.iso20022.camt053 import NAME, NAMESPACE, ROOT
from settlement.iso20022.faults import FaultCode, Faults, path_of
from settlement.iso20022.xml import BYTES_MAX, parse
from settlement.money import Currency, amount_from_decimal, currency

ENTRIES_MAX = 100_000
_SIGNS = {"CRDT": 1, "DBIT": -1}


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedEntry:
    """An entry as another bank states it: minor units, negative for a debit; names as far as it gives any."""

    reference: str | None
    uetr: str | None
    end_to_end_id: str | None
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedAccount:
    """One account's statement as another bank states it, for the UTC days `first` … `last`."""

    account: str
    currency: Currency
    first: date
    last: date
    opening: int
    closing: int
    entries: tuple[StatedEntry, ...]


def read(data: bytes) -> StatedAccount:
    """Return the one statement in a camt.053.

    Raise `WrongMessage` for another message or several statements, `FaultyMessage` for what is missing or
    can't be, and what `xml.parse` raises.
    """
    # An entry with all that is known of its transfer has 1,500 bytes.
    root = parse(data, bytes_max=4 * BYTES_MAX)
    statements = root.findall(f"./{_tag(ROOT)}/{_tag('Stmt')}")
    if root.tag != _tag("Document") or len(statements) != 1:
        raise WrongMessage(f"this is not a {NAME} with one statement: send one account and period a file")
    reading = _Reading()
    found = reading.statement(statements[0])
    reading.faults.raise_any()
    assert found is not None  # without a fault there is a statement
    return found


class _Reading:
    """The reading of one message; what is wrong is noted, and all of it said at the end."""

    def __init__(self) -> None:
        self.faults = Faults("Ntry")

    def statement(self, element: etree._Element) -> StatedAccount | None:
        account = _optional(element, "Acct/Id/Othr/Id") or self._text(element, "Acct/Id/IBAN")
        code = self._text(element, "Acct/Ccy")
        first, last = self._day(element, "FrToDt/FrDtTm"), self._day(element, "FrToDt/ToDtTm")
        try:
            money = None if code is None else currency(code)
        except InvalidValue as error:
            self.faults.add_error(path_of(element), error)
            money = None
        if account is None or money is None or first is None or last is None:
            return None
        opening, closing = (self._balance(element, code, money) for code in ("OPBD", "CLBD"))
        entries = tuple(self._entries(element, money))
        if opening is None or closing is None:
            return None
        return StatedAccount(
            account=account,
            currency=money,
            first=first,
            last=last,
            opening=opening,
            closing=closing,
            entries=entries,
        )

    def _balance(self, element: etree._Element, code: str, money: Currency) -> int | None:
        for balance in element.findall(_tag("Bal")):
            kind = _find(balance, "Tp/CdOrPrtry/Cd")
            if kind is not None and kind.text == code:
                return self._amount(balance, money)
        self.faults.add(path_of(element), FaultCode.MISSING_ELEMENT, f"there is no balance {code}")
        return None

    def _entries(self, element: etree._Element, money: Currency) -> Iterator[StatedEntry]:
        entries = element.findall(_tag("Ntry"))
        if len(entries) > ENTRIES_MAX:
            raise WrongMessage(f"the statement has more than {ENTRIES_MAX} entries: send fewer days")
        for entry in entries:
            amount = self._amount(entry, money)
            details = entry.findall(f"{_tag('NtryDtls')}/{_tag('TxDtls')}")
            # Several transactions in one entry have no reference of their own.
            only = details[0] if len(details) == 1 else None
            if amount is not None:
                yield StatedEntry(
                    reference=_optional(entry, "AcctSvcrRef") or _optional(entry, "NtryRef"),
                    uetr=_optional(only, "Refs/UETR"),
                    end_to_end_id=_optional(only, "Refs/EndToEndId"),
                    amount=amount,
                )

    def _amount(self, element: etree._Element, money: Currency) -> int | None:
        """Return an amount with its sign, in the currency of the account."""
        amount, side = _find(element, "Amt"), self._text(element, "CdtDbtInd")
        text = self._text(element, "Amt")
        if amount is None or text is None or side is None:
            return None
        if side not in _SIGNS or amount.get("Ccy") != money.code:
            detail = f"an amount is in {money.code}, CRDT or DBIT"
            self.faults.add(path_of(amount), FaultCode.CONTRADICTION, detail)
            return None
        try:
            return _SIGNS[side] * amount_from_decimal(text, money)
        except InvalidValue as error:
            if isinstance(error, AmountNotPositive) and not text.startswith("-"):
                return 0
            self.faults.add_error(path_of(amount), error)
            return None

    def _day(self, element: etree._Element, path: str) -> date | None:
        text = self._text(element, path)
        if text is None:
            return None
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            self.faults.add(path_of(element), FaultCode.INVALID_TEXT, f"{path} is not a time")
            return None
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).date()

    def _text(self, element: etree._Element, path: str) -> str | None:
        text = _optional(element, path)
        if text is None:
            self.faults.add(path_of(element), FaultCode.MISSING_ELEMENT, f"{path} is needed")
        return text


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _find(element: etree._Element, path: str) -> etree._Element | None:
    return element.find("/".join(_tag(name) for name in path.split("/")))


def _optional(element: etree._Element | None, path: str) -> str | None:
    found = None if element is None else _find(element, path)
    return None if found is None or not found.text else found.text.strip() or None
