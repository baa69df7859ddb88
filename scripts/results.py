"""Keeps the last result of each long test command in the table of tests/README.md."""

import subprocess
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path

_HEADER = "| command | date | commit | seconds | counts |\n| --- | --- | --- | --- | --- |\n"


def record(page: Path, *, command: str, commit: str, seconds: float, counts: str) -> None:
    """Put one row into the table of `page`, in place of the last row of the same command."""
    before, header, rest = page.read_text().partition(_HEADER)
    if not header:
        raise ValueError(f"{page} has no table of results; put back its header:\n{_HEADER}")
    lines = rest.splitlines()
    rows = list(takewhile(lambda line: line.startswith("|"), lines))
    row = f"| `{command}` | {datetime.now(UTC):%Y-%m-%d} | {commit} | {seconds:.0f} | {counts} |"
    kept = [line for line in rows if not line.startswith(f"| `{command}` |")]
    after = lines[len(rows) :]
    page.write_text(before + header + "".join(f"{line}\n" for line in [*sorted([*kept, row]), *after]))


def commit_of(root: Path) -> str:
    """Return the checkout's short commit, marked `+` when the tree differs from it."""
    git = ["git", "-C", str(root)]
    commit = subprocess.run(
        [*git, "rev-parse", "--short=10", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    changed = subprocess.run([*git, "diff", "--quiet", "HEAD"], check=False).returncode
    return f"{commit}+" if changed else commit
