"""What every table that leaves the node carries: what was asked, how many rows, their sums, and a digest.

Its forms (CSV, XLSX, PDF, JSON) are twins: the same rows, the same digest, whatever they are written in.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TypeAlias

Cell: TypeAlias = str | int | None


# Made once: `json.dumps` with options makes one for each row.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    COUNT = "count"  # a whole number
    AMOUNT = "amount"  # a decimal number as text, in the currency of its row


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column's name and what it holds."""

    name: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, kw_only=True)
class Export:
    """A table that leaves the node. `filters`: what was asked; `totals`: sums by name, decimal.

    `height` is the mirrored block that it was made at, `verification` how much was checked of the blocks up
    to there: full, headers or off.
    """

    title: str
    filters: Mapping[str, str]
    height: int
    verification: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: Mapping[str, str]

    @property
    def population(self) -> int:
        """Return how many rows there are."""
        return len(self.rows)

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 (hexadecimal) of the rows: each a JSON array in UTF-8 and a line feed."""
        digest = hashlib.sha256()
        for row in self.rows:
            digest.update(_encode(row).encode() + b"\n")
        return digest.hexdigest()

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Return what the table carries besides its rows, in the order in which it is shown."""
        return [
            ("report", self.title),
            *((f"filter {name}", value) for name, value in self.filters.items()),
            ("height", str(self.height)),
            ("verification", self.verification),
            ("population", str(self.population)),
            *((f"total {name}", value) for name, value in self.totals.items()),
            ("sha256", self.digest),
        ]
