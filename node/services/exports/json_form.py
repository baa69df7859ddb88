"""An export as JSON: its facts, its columns, its rows."""

import orjson

from settlement.export import Export


def write_json(export: Export) -> bytes:
    """Return one object; amounts are decimal text, as in every other form."""
    return orjson.dumps(
        {
            "report": export.title,
            "filter": dict(export.filters),
            "height": export.height,
            "verification": export.verification,
            "population": export.population,
            "totals": dict(export.totals),
            "sha256": export.digest,
            "columns": [column.name for column in export.columns],
            "rows": export.rows,
        }
    )
