"""Tables of payments: read strictly, and everything wrong with them named by its line."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import Fault, FaultyMessage, MessageTooLarge, WrongMessage
from settlement.money import currency, decimal_text
from settlement.payments_csv import COLUMNS, CsvPayment, read

_HEADER = "payee_bic,amount,currency,value_date,end_to_end_id"
_LINE = "BANBDEFFXXX,12.34,USD,2025-03-10,E1"


def _read(*lines: str, payments_max: int = 10_000) -> tuple[tuple[CsvPayment, ...], tuple[Fault, ...]]:
    return read("\n".join(lines).encode(), bytes_max=1_000_000, payments_max=payments_max)


def test_reads_what_is_written() -> None:
    """A line says payee, minor units and its texts; quoted cells may hold commas, blank lines are nothing."""
    (payment,), faults = _read(f"{_HEADER},remittance,urgent", "", f'{_LINE},"a, b",true')
    assert () == faults
    assert (0, 3, 1234, True, "BANBDEFFXXX", "a, b") == (
        payment.position, payment.line, payment.amount, payment.urgent, payment.payee.bic,
        payment.cells["remittance"],
    )  # fmt: skip


@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["USD", "JPY", "KWD"]),
            st.integers(1, 2**63 - 1),
            st.text(st.characters(categories=["L", "N", "P"], codec="utf-8"), min_size=1, max_size=35),
        ),
        min_size=1,
        max_size=8,
    ),
    order=st.permutations(_HEADER.split(",")),
    mark=st.booleans(),
)
def test_what_a_csv_writer_writes_is_read(
    rows: list[tuple[str, int, str]], order: list[str], *, mark: bool
) -> None:
    """Any amount and any reference comes through, in any order of columns, with a byte order mark or not."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, order)
    writer.writeheader()
    for code, amount, reference in rows:
        writer.writerow(
            {
                "payee_bic": "BANBDEFFXXX",
                "amount": decimal_text(amount, currency(code)),
                "currency": code,
                "value_date": "2025-03-10",
                "end_to_end_id": reference,
            }
        )
    text = buffer.getvalue().encode("utf-8-sig" if mark else "utf-8")
    payments, faults = read(text, bytes_max=1_000_000, payments_max=100)
    assert () == faults
    assert rows == [(each.cells["currency"], each.amount, each.cells["end_to_end_id"]) for each in payments]


@pytest.mark.parametrize(
    ("line", "code", "column"),
    [
        ("BANBDEFFXXX,12.3,USD,2025-03-10,E1", "invalid_amount", "/amount"),
        ("BANBDEFFXXX,1234,USD,2025-03-10,E1", "invalid_amount", "/amount"),
        ("BANBDEFFXXX,012.34,USD,2025-03-10,E1", "invalid_amount", "/amount"),
        ("BANBDEFFXXX,1.234,USD,2025-03-10,E1", "too_many_decimals", "/amount"),
        ("BANBDEFFXXX,0.00,USD,2025-03-10,E1", "amount_not_positive", "/amount"),
        ("BANBDEFFXXX,-1.00,USD,2025-03-10,E1", "amount_not_positive", "/amount"),
        ("BANBDEFFXXX,,USD,2025-03-10,E1", "missing_element", "/amount"),
        ("BANBDEFFXXX,12.34,XXX,2025-03-10,E1", "unknown_currency", "/currency"),
        ("BANBDEFFXXX,12.34,USD,10.03.2025,E1", "invalid_text", "/value_date"),
        ("BANBDEFFXXX,12.34,USD,2025-02-30,E1", "invalid_text", "/value_date"),
        ('BANBDEFFXXX,12.34,USD,2025-03-10,"E\n1"', "invalid_text", "/end_to_end_id"),
        ("BANBDEFFXXX,12.34,USD,2025-03-10, E1", "invalid_text", "/end_to_end_id"),
        ("nobody,12.34,USD,2025-03-10,E1", "invalid_bic", "/payee_bic"),
        (",12.34,USD,2025-03-10,E1", "unnamed_bank", "/payee_bic"),
        ("BANBDEFFXXX,12.34,USD,2025-03-10", "invalid_text", ""),
        ("BANBDEFFXXX,12.34,USD,2025-03-10,E1,", "invalid_text", ""),
    ],
)
def test_a_fault_has_its_line_and_column(line: str, code: str, column: str) -> None:
    """What is wrong is named by line, column and code, and nothing else of the file is blamed."""
    payments, (fault,) = _read(_HEADER, _LINE, line, _LINE)
    assert [0, 2] == [payment.position for payment in payments]
    assert (1, f"line 3{column}", code) == (fault.transaction, fault.path, fault.code)


@pytest.mark.parametrize(
    ("columns", "cells", "code", "column"),
    [
        ("debtor_iban", "DE02120300000000202051", "missing_element", "debtor"),
        (
            "debtor,debtor_iban,debtor_account",
            "A,DE02120300000000202051,7",
            "contradiction",
            "debtor_account",
        ),
        ("deadline", "2025-03-10T10:00:00", "invalid_text", "deadline"),
        ("not_before", "2025-03-10T10:00:00", "invalid_text", "not_before"),
        ("payee_member", "011104238", "invalid_member_id", "payee_member"),
        ("uetr", "1", "invalid_uetr", "uetr"),
        ("urgent", "yes", "invalid_text", "urgent"),
    ],
)
def test_a_fault_of_an_optional_cell(columns: str, cells: str, code: str, column: str) -> None:
    """A cell that may be empty is held to its form where it is filled."""
    payments, (fault,) = _read(f"{_HEADER},{columns}", f"{_LINE},{cells}")
    assert () == payments
    assert (code, f"line 2/{column}") == (fault.code, fault.path)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (_HEADER + ",amout", "unknown_element"),
        (_HEADER.replace(",", ";"), "unknown_element"),
        (_HEADER + ",amount", "repeated_element"),
        ("amount,currency,value_date,end_to_end_id", "missing_element"),
        ("payee_bic,currency,value_date,end_to_end_id", "missing_element"),
        ("", "missing_element"),
    ],
)
def test_a_header_that_is_wrong(header: str, code: str) -> None:
    """Without its columns nothing can be read, so only the header is blamed."""
    with pytest.raises(FaultyMessage) as refused:
        _read(header, _LINE)
    assert code in {fault.code for fault in refused.value.faults}
    assert {None} == {fault.transaction for fault in refused.value.faults}


def test_every_fault_is_listed_up_to_a_thousand() -> None:
    """Many faults are all listed; above a thousand the reading ends and says so."""
    bad = _LINE.replace("12.34", "0.00")
    assert 999 == len(_read(_HEADER, *[bad] * 999)[1])
    with pytest.raises(FaultyMessage) as refused:
        _read(_HEADER, *[bad] * 5000)
    assert (1001, "too_many_faults") == (len(refused.value.faults), refused.value.faults[-1].code)


def test_limits() -> None:
    """What is too large, too long, no text or no CSV is refused as a whole; a table without payments too."""
    with pytest.raises(MessageTooLarge):
        read(b"x" * 11, bytes_max=10, payments_max=1)
    with pytest.raises(MessageTooLarge):
        _read(_HEADER, _LINE, _LINE, payments_max=1)
    with pytest.raises(WrongMessage):
        read(_HEADER.encode() + b"\n\xff", bytes_max=1000, payments_max=1)
    with pytest.raises(FaultyMessage):
        _read(_HEADER, '"BANB')
    assert ["missing_element"] == [fault.code for fault in _read(_HEADER)[1]]


@given(
    data=st.binary(max_size=300) | st.text(st.sampled_from('",\n\r\x00aé1 ')).map(str.encode),
    headed=st.booleans(),
)
def test_nothing_else_is_raised(data: bytes, *, headed: bool) -> None:
    """Whatever the bytes, they are payments, or refused by a typed error."""
    head = f"{_HEADER}\n".encode() if headed else b""
    try:
        payments, faults = read(head + data, bytes_max=10_000, payments_max=100)
    except (FaultyMessage, WrongMessage, MessageTooLarge):
        return
    assert payments or faults
    assert all(set(payment.cells) <= COLUMNS.keys() for payment in payments)
