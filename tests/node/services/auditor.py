"""An auditor's machine: the base package and nothing else."""

import subprocess
import tomllib
import venv
from collections.abc import Callable, Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import TypeAlias

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[3]
# `vostro` with these arguments: exit status and output.
Auditor: TypeAlias = Callable[..., tuple[int, str]]


def empty_python(folder: Path) -> Path:
    """A Python with what the base package needs and the product's own code, and nothing else."""
    venv.create(folder, with_pip=False)
    packages = next((folder / "lib").iterdir()) / "site-packages"
    base = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    needed = {each for line in base for each in _closure(line.split(">")[0])}
    for name in needed:
        for file in distribution(name).files or ():
            top = Path(str(file)).parts[0]
            source = Path(str(distribution(name).locate_file(top))).resolve()
            if top != ".." and source.exists() and not (packages / top).exists():
                (packages / top).symlink_to(source)
    for own in ("settlement", "node"):
        (packages / own).symlink_to(ROOT / own)
    python = folder / "bin" / "python"
    missing = subprocess.run([python, "-I", "-c", "import sqlalchemy"], check=False, capture_output=True)
    assert 0 != missing.returncode
    return python


def auditor_in(folder: Path, python: Path) -> Auditor:
    """`vostro` of such a Python, in a folder, with nothing in its environment."""

    def run(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [python, "-I", "-c", "from node.cli import main; main()", *arguments],
            cwd=folder, capture_output=True, text=True, check=False, env={},
        )  # fmt: skip
        assert "" == done.stderr or done.returncode == 2, done.stderr
        return done.returncode, done.stdout

    return run


def _closure(name: str) -> Iterator[str]:
    """The distributions that one needs, without its extras."""
    yield name
    for needed in map(Requirement, distribution(name).requires or ()):
        if needed.marker is None or needed.marker.evaluate({"extra": ""}):
            yield from _closure(needed.name)
