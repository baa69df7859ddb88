"""Payments as a table (CSV, RFC 4180, UTF-8): a header that names the columns, then one payment a line.

Whatever is wrong is found in one reading and listed with its line. An empty cell says nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from settlement.csv_table import cell_fault, check_header, numbered_lines, place, text_of
from settlement.errors import Fault, InvalidAmount, InvalidValue, MessageTooLarge
from settlement.identifiers import BankReference, MemberId, validate_member_id
from settlement.iso20022.faults import FaultCode, Faults
from settlement.iso20022.leaves import shown
from settlement.money import amount_from_decimal, currency, decimal_text

NAME = "vostro.payments.csv.v1"
# The columns there are, in any order, each with the type of text it holds (`iso20022.leaves`).
COLUMNS = {
    "payee_bic": "bic",
    "payee_lei": "lei",
    "payee_member": "text35",
    "amount": "text35",
    "currency": "currency",
    "value_date": "date",
    "end_to_end_id": "text35",
    "uetr": "uetr",
    "urgent": "boolean",
    "not_before": "datetime",
    "deadline": "datetime",
    "debtor": "text140",
    "debtor_iban": "iban",
    "debtor_account": "text34",
    "creditor": "text140",
    "creditor_iban": "iban",
    "creditor_account": "text34",
    "purpose": "alphanumeric4",
    "remittance": "text140",
}
REQUIRED = ("amount", "currency", "value_date", "end_to_end_id")
PAYEES = ("payee_bic", "payee_lei", "payee_member")
_PARTIES = ("debtor", "creditor")


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvPayment:
    """A sound line: `position` from 0, `amount` in minor units, times in UTC seconds."""

    position: int
    line: int
    payee: BankReference
    amount: int
    urgent: bool
    not_before: int | None
    deadline: int | None
    cells: dict[str, str]


def read(
    data: bytes, *, bytes_max: int, payments_max: int
) -> tuple[tuple[CsvPayment, ...], tuple[Fault, ...]]:
    """Return the sound lines and all faults; with a fault nothing of the file may be taken.

    Raise `MessageTooLarge`, `WrongMessage` (no text), `FaultyMessage` where its lines can't be told apart.
    """
    parts = list(read_parts(data, bytes_max=bytes_max, payments_max=payments_max, size=payments_max))
    return tuple(payment for payments, _ in parts for payment in payments), parts[-1][1]


def read_parts(
    data: bytes, *, bytes_max: int, payments_max: int, size: int
) -> Iterator[tuple[tuple[CsvPayment, ...], tuple[Fault, ...]]]:
    """Yield what `read` returns, `size` lines at a time, each time with all faults found so far."""
    faults = Faults()
    lines = numbered_lines(text_of(data, bytes_max=bytes_max), faults)
    header = next(lines, (1, []))[1]
    check_header(header, faults, columns=COLUMNS, required=REQUIRED)
    if not set(header) & set(PAYEES):
        faults.add(place(1), FaultCode.MISSING_ELEMENT, f"one of {', '.join(PAYEES)} is missing")
    faults.raise_any()
    payments: list[CsvPayment] = []
    position = 0
    for position, (line, cells) in enumerate(lines, start=1):
        if position > payments_max:
            raise MessageTooLarge(f"the file has more than {payments_max} payments: split it")
        payment = _Row(position - 1, line, faults).read(header, cells)
        if payment is not None:
            payments.append(payment)
        if position % size == 0:
            yield tuple(payments), faults.found
            payments = []
    if position == 0:
        faults.add(place(2), FaultCode.MISSING_ELEMENT, "there is no payment below the header")
    yield tuple(payments), faults.found


class _Row:
    """One line being read: what is wrong with it is noted under its position and line."""

    def __init__(self, position: int, line: int, faults: Faults) -> None:
        self._position = position
        self._line = line
        self._faults = faults
        self._sound = True

    def read(self, header: Sequence[str], cells: Sequence[str]) -> CsvPayment | None:
        """Return the payment, or None when anything is wrong with it."""
        if len(cells) != len(header):
            detail = f"has {len(cells)} cells, the header has {len(header)}"
            self._note(None, FaultCode.INVALID_TEXT, detail)
            return None
        said = {name: cell for name, cell in zip(header, cells, strict=True) if cell}
        for name, cell in said.items():
            self._check_cell(name, cell)
        for name in REQUIRED:
            if name not in said:
                self._note(name, FaultCode.MISSING_ELEMENT, f"{name} is missing")
        for party in _PARTIES:
            self._check_party(party, said)
        payee, amount = self._payee(said), self._amount(said)
        not_before, deadline = self._time(said, "not_before"), self._time(said, "deadline")
        if not self._sound:
            return None
        return CsvPayment(
            position=self._position,
            line=self._line,
            payee=payee,
            amount=amount,
            urgent=said.get("urgent") in ("true", "1"),
            not_before=not_before,
            deadline=deadline,
            cells=said,
        )

    def _note(self, column: str | None, code: str, detail: str) -> None:
        self._sound = False
        self._faults.add(place(self._line, column), code, detail, transaction=self._position)

    def _check_cell(self, name: str, cell: str) -> None:
        fault = cell_fault(COLUMNS[name], cell)
        if fault is not None:
            self._note(name, *fault)

    def _check_party(self, party: str, said: dict[str, str]) -> None:
        iban, account = f"{party}_iban", f"{party}_account"
        if iban in said and account in said:
            self._note(account, FaultCode.CONTRADICTION, f"only one of {iban} and {account} may be filled")
        if (iban in said or account in said) and party not in said:
            self._note(party, FaultCode.MISSING_ELEMENT, f"the account has a holder: {party} is missing")

    def _payee(self, said: dict[str, str]) -> BankReference:
        member: MemberId | None = None
        if (text := said.get("payee_member")) is not None:
            try:
                member = validate_member_id(*text.partition(":")[::2])
            except InvalidValue as error:
                self._note("payee_member", error.code, f"{error.detail}; write USABA:011104238")
        if not any(name in said for name in PAYEES):
            self._note(PAYEES[0], FaultCode.UNNAMED_BANK, f"one of {', '.join(PAYEES)} must be filled")
        return BankReference(bic=said.get("payee_bic"), lei=said.get("payee_lei"), member=member)

    def _amount(self, said: dict[str, str]) -> int:
        """Return minor units of a decimal with all its decimals, so that nobody takes one for the other."""
        if "amount" not in said or "currency" not in said:
            return 0
        try:
            money = currency(said["currency"])
            amount = amount_from_decimal(said["amount"], money)
            if decimal_text(amount, money) != said["amount"]:
                raise InvalidAmount(f"write {shown(said['amount'])} as {decimal_text(amount, money)}")
        except InvalidValue as error:
            self._note("currency" if error.param == "currency" else "amount", error.code, error.detail)
            return 0
        return amount

    def _time(self, said: dict[str, str], name: str) -> int | None:
        if (text := said.get(name)) is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
            seconds = None if moment.tzinfo is None else int(moment.timestamp())
        except (ValueError, OverflowError):
            seconds = None
        if seconds is None:
            detail = f"{shown(text)} is no time like 2026-11-22T16:00:00Z"
            self._note(name, FaultCode.INVALID_TEXT, detail)
        return seconds
