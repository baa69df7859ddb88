"""The list of planted bugs: a table in tests/planted/README.md, a patch beside it for each row."""

from dataclasses import dataclass, replace
from pathlib import Path

_HEADER = "| number | rule | patch | what it breaks | found by |"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """A row of the list. `found_by`: what found it last; empty: nothing did, or it was not tried."""

    number: int
    rule: str
    slug: str
    breaks: str
    found_by: str = ""

    def patch(self, page: Path) -> Path:
        """Return its patch, beside the page of the list."""
        return page.parent / f"{self.number:02}-{self.slug}.patch"

    def touched(self, page: Path) -> list[str]:
        """Return the files that its patch changes, from the root."""
        lines = self.patch(page).read_text().splitlines()
        return [line.removeprefix("+++ b/") for line in lines if line.startswith("+++ b/")]


def read_bugs(page: Path) -> list[Bug]:
    """Return the rows of the list."""
    return [_bug(line) for line in _table(page)[1]]


def write_found(page: Path, found: dict[int, str]) -> None:
    """Write by what these bugs were found, by number; the others keep what stands there."""
    before, rows, after = _table(page)
    written = []
    for line in rows:
        bug = _bug(line)
        tried = bug.number in found
        written.append(_row(replace(bug, found_by=found[bug.number])) if tried else line)
    page.write_text("\n".join([*before, *written, *after]) + "\n")


def _table(page: Path) -> tuple[list[str], list[str], list[str]]:
    lines = page.read_text().splitlines()
    first = lines.index(_HEADER) + 2
    last = next(place for place in range(first, len(lines)) if not lines[place].startswith("|"))
    return lines[:first], lines[first:last], lines[last:]


def _bug(line: str) -> Bug:
    number, rule, slug, breaks, found_by = (cell.strip() for cell in line.strip("|").split("|"))
    return Bug(
        number=int(number),
        rule=rule,
        slug=slug.strip("`"),
        breaks=breaks,
        found_by=found_by.strip("`") if found_by.startswith("`") else "",
    )


def _row(bug: Bug) -> str:
    found_by = f"`{bug.found_by}`" if bug.found_by else "nothing"
    return f"| {bug.number} | {bug.rule} | `{bug.slug}` | {bug.breaks} | {found_by} |"
