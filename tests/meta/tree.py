"""What git holds: the tree that the meta-tests speak of, without what tools made."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def tracked_files() -> list[Path]:
    """Return every file that is in git, or would be by `git add`, as paths from the root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    paths = (Path(name) for name in listed.split("\0") if name)
    return sorted(path for path in paths if (ROOT / path).exists() or (ROOT / path).is_symlink())


def texts() -> dict[Path, str]:
    """Return the text of every tracked file that is text."""
    found = {}
    for path in tracked_files():
        if (ROOT / path).is_file():
            try:
                found[path] = (ROOT / path).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
    return found
