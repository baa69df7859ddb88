"""A list of names that payments are held against: read from a table (CSV), and names made comparable.

Whatever is wrong with the table is found in one reading and listed with its line.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from settlement.csv_table import cell_fault, check_header, numbered_lines, place, text_of
from settlement.errors import MessageTooLarge
from settlement.iso20022.faults import FaultCode, Faults

# The columns there are, in any order, each with the type of text it holds (`iso20022.leaves`).
COLUMNS = {"entry": "text35", "name": "text350", "programme": "text140", "country": "country"}
REQUIRED = ("entry", "name")
# Letters that have no decomposition, and are written so where they can't be written otherwise.
_LATIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i", "ħ": "h"}
)
# Within a word: apostrophes in all their forms go, and leave the word whole.
_DROPPED = frozenset("'`\u00b4\u02bb\u02bc\u2018\u2019")
_DROPPED_CATEGORIES = frozenset({"Mn", "Cf", "Lm"})


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ListEntry:
    """One name of one entry; an entry with other spellings has several. Empty: the list does not say."""

    entry: str
    name: str
    programme: str = ""
    country: str = ""


def read_names(data: bytes, *, bytes_max: int, names_max: int) -> frozenset[ListEntry]:
    """Return the names of a table; raise a leaf of `InvalidMessage`, `FaultyMessage` with every fault."""
    faults = Faults()
    lines = numbered_lines(text_of(data, bytes_max=bytes_max), faults)
    header = next(lines, (1, []))[1]
    check_header(header, faults, columns=COLUMNS, required=REQUIRED)
    faults.raise_any()
    found = set()
    for number, (line, cells) in enumerate(lines, start=1):
        if number > names_max:
            raise MessageTooLarge(f"the list has more than {names_max} names")
        entry = _entry(line, header, cells, faults)
        if entry is not None:
            found.add(entry)
    if not found and not faults.found:
        faults.add(place(2), FaultCode.MISSING_ELEMENT, "there is no name below the header")
    faults.raise_any()
    return frozenset(found)


def comparable(name: str) -> str:
    """Return a name as names are compared: small letters without accents, whole words in one order.

    Empty for what has neither letters nor digits. Scripts stay as they are: no transliteration.
    """
    text = unicodedata.normalize("NFKD", name.casefold()).casefold().translate(_LATIN)
    kept = (
        "" if each in _DROPPED or unicodedata.category(each) in _DROPPED_CATEGORIES
        else each if each.isalnum() else " "
        for each in text
    )  # fmt: skip
    return " ".join(sorted("".join(kept).split()))


def _entry(line: int, header: Sequence[str], cells: Sequence[str], faults: Faults) -> ListEntry | None:
    if len(cells) != len(header):
        detail = f"has {len(cells)} cells, the header has {len(header)}"
        faults.add(place(line), FaultCode.INVALID_TEXT, detail)
        return None
    said = {name: cell for name, cell in zip(header, cells, strict=True) if cell}
    wrong = {name: fault for name, cell in said.items() if (fault := cell_fault(COLUMNS[name], cell))}
    for name in REQUIRED:
        if name not in said:
            wrong[name] = FaultCode.MISSING_ELEMENT, f"{name} is missing"
    if "name" not in wrong and not comparable(said["name"]):
        wrong["name"] = FaultCode.INVALID_TEXT, "has neither letters nor digits, so no name is like it"
    for name, fault in wrong.items():
        faults.add(place(line, name), *fault)
    return None if wrong else ListEntry(**said)
