"""An export as CSV and as a workbook. No text of a payment ever becomes a formula."""

import csv
import io
import re
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from settlement.export import Cell, Column, Export, Kind

# What a spreadsheet would take for the beginning of a formula.
_FORMULA = re.compile(r"(?!-\d+(\.\d+)?$)[=+\-@\t\r]")
# A spreadsheet keeps fifteen digits of a number; a longer one is written as text.
_DIGITS_MAX = 15
_UNREADABLE = "\N{REPLACEMENT CHARACTER}"


def write_csv(export: Export) -> bytes:
    """Return CSV (RFC 4180) in UTF-8: lines that begin with ``#`` with the facts, the columns, the rows.

    A text that a spreadsheet would take for a formula is written after an apostrophe.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerows((f"# {name}", _harmless(value)) for name, value in export.facts)
    writer.writerow(column.name for column in export.columns)
    kinds = [column.kind for column in export.columns]
    for row in export.rows:
        writer.writerow(
            _harmless(cell) if kind is Kind.TEXT else cell for kind, cell in zip(kinds, row, strict=True)
        )
    return buffer.getvalue().encode()


def write_xlsx(export: Export) -> bytes:
    """Return a workbook: the sheet `Rows`, and the sheet `Control` with the facts."""
    workbook = Workbook(write_only=True)
    rows, control = workbook.create_sheet("Rows"), workbook.create_sheet("Control")
    rows.freeze_panes = "A2"
    rows.append([_cell(rows, column.name) for column in export.columns])
    for row in export.rows:
        rows.append([_value(rows, column, cell) for column, cell in zip(export.columns, row, strict=True)])
    for name, value in export.facts:
        control.append([_cell(control, name), _cell(control, value)])
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def _value(sheet: WriteOnlyWorksheet, column: Column, cell: Cell) -> object:
    if cell is None:
        return None
    if column.kind is Kind.TEXT or sum(map(str.isdigit, str(cell))) > _DIGITS_MAX:
        return _cell(sheet, str(cell))
    if column.kind is Kind.COUNT:
        return cell
    number = WriteOnlyCell(sheet)
    number.value = Decimal(str(cell))
    decimals = len(str(cell).partition(".")[2])
    number.number_format = "#,##0" + (f".{'0' * decimals}" if decimals else "")
    return number


def _cell(sheet: WriteOnlyWorksheet, text: str) -> object:
    """Return a cell that is text whatever it looks like."""
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub(_UNREADABLE, text))
    cell.data_type = "s"
    return cell


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell
