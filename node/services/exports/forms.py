"""Which form an export is written in."""

from collections.abc import Callable
from dataclasses import dataclass

from node.services.exports.json_form import write_json
from node.services.exports.sheets import write_csv, write_xlsx
from settlement.export import Export


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form by its name, its media type and its writer."""

    name: str
    media_type: str
    write: Callable[[Export], bytes]


def _write_pdf(export: Export) -> bytes:
    """Write a PDF; its library is read when the first is asked for, not at each start of a node."""
    from node.services.exports.pdf import write_pdf  # noqa: PLC0415 - 0.3 s

    return write_pdf(export)


FORMS = {
    form.name: form
    for form in (
        Form(name="csv", media_type="text/csv; charset=utf-8", write=write_csv),
        Form(
            name="xlsx",
            media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            write=write_xlsx,
        ),
        Form(name="pdf", media_type="application/pdf", write=_write_pdf),
        Form(name="json", media_type="application/json", write=write_json),
    )
}
