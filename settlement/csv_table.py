"""Tables that come in as CSV (RFC 4180, UTF-8): a header that names the columns, then a line for each row."""

import csv
import io
from collections.abc import Collection, Iterator, Sequence

from settlement.errors import MessageTooLarge, WrongMessage
from settlement.iso20022.faults import FaultCode, Faults
from settlement.iso20022.leaves import LEAVES, shown


def place(line: int, column: str | None = None) -> str:
    """Return where something stands: ``line 3/amount``."""
    return f"line {line}/{column}" if column else f"line {line}"


def text_of(data: bytes, *, bytes_max: int) -> str:
    """Return the text of a table; raise `MessageTooLarge`, or `WrongMessage` where it is none."""
    if len(data) > bytes_max:
        raise MessageTooLarge(f"the file has {len(data)} bytes; at most {bytes_max} are read: split it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongMessage(f"byte {error.start + 1} of the file is not UTF-8: save it as such") from None


def numbered_lines(text: str, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """Yield each line that is not blank with its number; what is no CSV ends the reading with its fault."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            faults.add(place(line), FaultCode.INVALID_TEXT, f"is no line of CSV: {error}")
            faults.raise_any()
            return
        if cells is None:
            return
        if cells:
            yield line, cells


def check_header(
    header: Sequence[str], faults: Faults, *, columns: Collection[str], required: Sequence[str]
) -> None:
    """Note what is wrong with the names of the columns."""
    for number, name in enumerate(header):
        if name not in columns:
            known = ", ".join(columns)
            detail = f"{shown(name)} is no column; there are {known}, with a comma between"
            faults.add(place(1), FaultCode.UNKNOWN_ELEMENT, detail)
        elif name in header[:number]:
            faults.add(place(1, name), FaultCode.REPEATED_ELEMENT, f"{name} may stand only once")
    for name in required:
        if name not in header:
            faults.add(place(1, name), FaultCode.MISSING_ELEMENT, f"the column {name} is missing")


def cell_fault(leaf: str, cell: str) -> tuple[str, str] | None:
    """Return what is wrong with a cell that holds this type of text (`iso20022.leaves`)."""
    fault = LEAVES[leaf].fault(cell)
    if fault is None and (not cell.isprintable() or cell != cell.strip()):
        fault = FaultCode.INVALID_TEXT, f"{shown(cell)} has blanks around it, or what can't be printed"
    return fault
