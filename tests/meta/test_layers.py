"""Imports go down only, the domain is pure, and each thing of the outside world is touched in one place."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.meta.tree import ROOT, tracked_files

# What brings I/O, the clock or chance into the domain without an import that the contracts could see.
_IMPURE = re.compile(
    r"(?:^|\.)(?:open|print|input|read_text|read_bytes|write_text|write_bytes|now|today|utcnow|uuid1|uuid4)$"
)


def _parsed(folder: str) -> dict[Path, ast.Module]:
    return {
        path: ast.parse((ROOT / path).read_text())
        for path in tracked_files()
        if path.suffix == ".py" and path.parts[0] == folder
    }


def _imported(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def test_import_contracts() -> None:
    """The contracts of pyproject.toml are kept: layers, the pure domain, web3 and SQL in their places."""
    program = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([program, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stdout + done.stderr


def test_domain_needs_only_the_base_dependencies() -> None:
    """An auditor who installs `vostro` without extras can use all of `settlement`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {re.split(r"[\[<>=~!; ]", line)[0] for line in project["dependencies"]}
    distributions = packages_distributions()
    imported = {name for module in _parsed("settlement").values() for name in _imported(module)}
    foreign = imported - sys.stdlib_module_names - {"settlement"}

    assert declared == {distribution for name in foreign for distribution in distributions[name]}


@pytest.mark.parametrize("path", _parsed("settlement"), ids=str)
def test_domain_calls_nothing_impure(path: Path) -> None:
    """The domain opens and prints nothing, and asks neither clock nor chance: they come in as arguments."""
    calls = [node for node in ast.walk(_parsed("settlement")[path]) if isinstance(node, ast.Call)]

    assert [] == [
        f"{path}:{call.lineno} {ast.unparse(call.func)}"
        for call in calls
        if _IMPURE.search(ast.unparse(call.func))
    ]


def test_one_file_commits() -> None:
    """Only node/store/session.py ends a transaction, so that one request or tick is one transaction."""
    committing = {
        str(path)
        for path, module in _parsed("node").items()
        for call in ast.walk(module)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "commit"
    }

    assert {"node/store/session.py"} == committing


def test_one_file_reads_the_environment() -> None:
    """Only node/settings.py reads the environment, by its settings class and not by name."""
    reading = {
        str(path)
        for path, module in _parsed("node").items()
        if re.search(r"\bos\.environ|\bgetenv\b|\bBaseSettings\b", ast.unparse(module))
    }

    assert {"node/settings.py"} == reading
