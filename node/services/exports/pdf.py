"""An export as PDF, for eyes and for files: the facts first, then the rows on numbered pages."""

from datetime import UTC, datetime

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.errors import FPDFException

from node.errors import PeriodRefused
from settlement.export import Column, Export, Kind

# Nobody reads more on paper, and each thousand takes a second.
ROWS_MAX = 5_000
_FONT, _SIZE, _LINE, _MARGIN = "Helvetica", 7, 4.0, 10
_PARTS = {Kind.TEXT: 3.0, Kind.COUNT: 1.5, Kind.AMOUNT: 2.5}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Pages(FPDF):
    """Pages with the title above and the number and digest below."""

    def __init__(self, export: Export) -> None:
        super().__init__(orientation="landscape", format="A4")
        self.export = export

    def footer(self) -> None:
        """Write what ties a loose page to its export."""
        self.set_y(-_MARGIN)
        self.set_font(_FONT, size=_SIZE)
        export = self.export
        text = f"{export.title}   block {export.height}   sha256 {export.digest}   {self.page_no()}/{{nb}}"
        self.cell(w=0, h=_LINE, text=_latin(text), align="C")


def write_pdf(export: Export) -> bytes:
    """Return a PDF; the same export gives the same bytes. Raise `PeriodRefused` for too many rows.

    Characters outside Latin-1, which its font has not, are shown as question marks.
    """
    if export.population > ROWS_MAX:
        raise PeriodRefused(
            f"{export.population} rows are too many for paper ({ROWS_MAX}): ask for csv or xlsx",
            param="format",
        )
    pages = _Pages(export)
    pages.set_creation_date(_EPOCH)
    pages.set_title(export.title)
    pages.set_margins(_MARGIN, _MARGIN)
    pages.set_auto_page_break(auto=True, margin=2 * _MARGIN)
    pages.add_page()
    pages.set_font(_FONT, style="B", size=2 * _SIZE)
    pages.cell(w=0, h=2 * _LINE, text=_latin(export.title), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pages.set_font(_FONT, size=_SIZE + 1)
    for name, value in export.facts[1:]:
        pages.cell(w=50, h=_LINE, text=_latin(name))
        pages.cell(w=0, h=_LINE, text=_latin(value), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pages.ln(_LINE)
    _write_rows(pages, export)
    try:
        return bytes(pages.output())
    except FPDFException as error:  # pragma: no cover - a fault of ours in the layout
        raise PeriodRefused(f"this can't be set on paper: {error}", param="format") from error


def _write_rows(pages: FPDF, export: Export) -> None:
    widths = _widths(pages, export.columns)
    _write_head(pages, export, widths)
    for row in export.rows:
        if pages.will_page_break(_LINE):
            pages.add_page()
            _write_head(pages, export, widths)
        for column, width, cell in zip(export.columns, widths, row, strict=True):
            text = _fitted(pages, "" if cell is None else _latin(str(cell)), width)
            pages.cell(w=width, h=_LINE, text=text, align="L" if column.kind is Kind.TEXT else "R")
        pages.ln(_LINE)


def _write_head(pages: FPDF, export: Export, widths: list[float]) -> None:
    pages.set_font(_FONT, style="B", size=_SIZE)
    for column, width in zip(export.columns, widths, strict=True):
        align = "L" if column.kind is Kind.TEXT else "R"
        pages.cell(w=width, h=_LINE, text=_fitted(pages, column.name, width), border="B", align=align)
    pages.ln(_LINE)
    pages.set_font(_FONT, size=_SIZE)


def _widths(pages: FPDF, columns: tuple[Column, ...]) -> list[float]:
    parts = [_PARTS[column.kind] for column in columns]
    return [pages.epw * part / sum(parts) for part in parts]


def _fitted(pages: FPDF, text: str, width: float) -> str:
    """Return a text that stays within its column; what is cut ends in three dots."""
    room = width - 2 * pages.c_margin
    if pages.get_string_width(text) <= room:
        return text
    while text and pages.get_string_width(text + "...") > room:
        text = text[: -max(1, len(text) // 20)]
    return text + "..."


def _latin(text: str) -> str:
    return text.encode("latin-1", "replace").decode("latin-1")
