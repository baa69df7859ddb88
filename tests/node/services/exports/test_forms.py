"""The forms of an export are twins: read back, they have the same rows and carry the same facts."""

import csv
import io
import json
import re
import zlib
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from node.errors import PeriodRefused
from node.services.exports.forms import FORMS
from node.services.exports.pdf import ROWS_MAX
from settlement.export import Column, Export, Kind

_COLUMNS = (
    Column(name="who"),
    Column(name="count", kind=Kind.COUNT),
    Column(name="amount", kind=Kind.AMOUNT),
)
EXPORT = Export(
    title="liquidity",
    filters={"currency": "USD", "from": "2026-11-22"},
    height=1207,
    verification="full",
    columns=_COLUMNS,
    rows=(("Zoë", 3, "-12.50"), (None, 0, "0.00"), ("=1+1", 2, "922337203685477580.70")),
    totals={"sum": "922337203685477568.20"},
)
# Any text that a payer may have chosen.
_texts = st.text(max_size=20).filter(lambda text: not re.fullmatch(r"-\d.*", text)) | st.sampled_from(
    ["=cmd()", "+1", "-1", "@x", "\t=1", "'", "#", 'a,b\n"c']
)
_rows = st.tuples(
    st.none() | _texts,
    st.integers(0, 10**9),
    st.integers(-(10**18), 10**18).map(lambda n: f"{'-' if n < 0 else ''}{abs(n) // 100}.{abs(n) % 100:02}"),
)


def _without_surrogates(text: str | None) -> bool:
    return text is None or text.isprintable()


def _csv(data: bytes) -> tuple[list[tuple[str, str]], list[str], list[list[str]]]:
    lines = list(csv.reader(io.StringIO(data.decode(), newline="")))
    count = len(EXPORT.facts)
    facts = [(name.removeprefix("# "), value) for name, value in lines[:count]]
    return facts, lines[count], lines[count + 1 :]


@settings(max_examples=50)
@given(rows=st.lists(_rows, max_size=5).map(tuple))
def test_csv_read_back(rows: tuple[tuple[str | None, int, str], ...]) -> None:
    """CSV has the facts, the columns and the rows; only what looks like a formula has an apostrophe more."""
    export = replace(EXPORT, rows=rows)
    facts, columns, read = _csv(FORMS["csv"].write(export))

    assert export.facts == facts
    assert [column.name for column in _COLUMNS] == columns
    for (who, count, amount), line in zip(rows, read, strict=True):
        text = who or ""
        assert [
            f"'{text}" if text != "-1" and re.match(r"[=+\-@\t\r]", text) else text,
            str(count),
            amount,
        ] == line


@settings(max_examples=25)
@given(rows=st.lists(_rows.filter(lambda row: _without_surrogates(row[0])), max_size=5).map(tuple))
def test_workbook_read_back(rows: tuple[tuple[str | None, int, str], ...]) -> None:
    """The workbook has the rows as numbers and text, never a formula, and the facts on another sheet."""
    export = replace(EXPORT, rows=rows)
    workbook = load_workbook(io.BytesIO(FORMS["xlsx"].write(export)))

    cells = [list(row) for row in workbook["Rows"].iter_rows()]
    assert [column.name for column in _COLUMNS] == [cell.value for cell in cells[0]]
    for (who, count, amount), (first, second, third) in zip(rows, cells[1:], strict=True):
        assert "f" not in {first.data_type, third.data_type}
        assert (who or None, count) == (first.value or None, second.value)
        exact = str(third.value) == amount if third.data_type == "s" else True
        assert exact
        assert Decimal(amount) == Decimal(str(third.value))
    control = workbook["Control"].iter_rows(values_only=True)
    assert export.facts == [(str(name), str(value)) for name, value in control]


def test_workbook_takes_any_character() -> None:
    """A control character, which a workbook can't hold, is replaced, not refused."""
    export = replace(EXPORT, rows=(("a\x01b", 1, "1.00"),))

    sheet = load_workbook(io.BytesIO(FORMS["xlsx"].write(export)))["Rows"]

    assert "a\N{REPLACEMENT CHARACTER}b" == sheet["A2"].value


def test_json_read_back() -> None:
    """JSON has everything, amounts as text."""
    read = json.loads(FORMS["json"].write(EXPORT))

    assert [list(row) for row in EXPORT.rows] == read["rows"]
    assert (EXPORT.digest, 3, 1207) == (read["sha256"], read["population"], read["height"])
    assert (EXPORT.filters, EXPORT.totals) == (read["filter"], read["totals"])


def _pages(data: bytes) -> list[str]:
    """The text that is drawn on each page."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL)
    drawn = []
    for stream in streams:
        try:
            text = zlib.decompress(stream)
        except zlib.error:
            continue
        drawn.append("\n".join(part.decode("latin-1") for part in re.findall(rb"\((.*?)\) Tj", text)))
    return [text for text in drawn if text]


def test_pdf_read_back() -> None:
    """The PDF shows the facts and every row, and each page ties itself to its export."""
    export = replace(EXPORT, rows=tuple((f"row {n}", n, f"{n}.00") for n in range(120)))
    data = FORMS["pdf"].write(export)
    pages = _pages(data)

    assert data.startswith(b"%PDF-")
    assert len(pages) >= 3
    for name, value in export.facts[1:]:
        assert name in pages[0]
        assert value in pages[0]
    shown = "\n".join(pages).splitlines()
    assert [f"row {n}" for n in range(120)] == [text for text in shown if text.startswith("row ")]
    assert all(export.digest in page for page in pages)


def test_pdf_shows_what_its_font_has() -> None:
    """What is not in Latin-1 is a question mark, what is too long is cut and says so; nothing fails."""
    export = replace(EXPORT, rows=(("東京", 1, "1.00"), ("x" * 500, 1, "1.00"), ("a\nb\x00", 1, "1.00")))

    (page,) = _pages(FORMS["pdf"].write(export))

    assert "??" in page
    assert "..." in page


def test_pdf_is_bounded() -> None:
    """More rows than anybody reads on paper are refused, with what to ask for instead."""
    export = replace(EXPORT, rows=EXPORT.rows[:1] * (ROWS_MAX + 1))

    with pytest.raises(PeriodRefused, match="csv"):
        FORMS["pdf"].write(export)


@pytest.mark.parametrize("name", ["csv", "pdf", "json"])
def test_same_export_same_bytes(name: str) -> None:
    """Nothing in a file depends on when it was written."""
    assert FORMS[name].write(EXPORT) == FORMS[name].write(EXPORT)
