"""The tree is laid out as agreed, explained folder by folder, and free of what belongs to one machine."""

import ast
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.meta.tree import ROOT, texts, tracked_files

_TOP_LEVEL = {"README.md", "docker-compose.yml", "pyproject.toml"}
_TOP_LEVEL |= {"contracts", "node", "scripts", "settlement", "tests"}
# What tools write or name there is told by the README of the folder above.
_PONDER = Path("scripts/benches/ponder/src")
_GENERATED = {Path("contracts/build"), Path("node/store/migrations/versions"), _PONDER, _PONDER / "api"}
_FOLDERS = {parent for path in tracked_files() for parent in path.parents if parent.name} - _GENERATED
_SCRIPTS = [
    path for path, text in texts().items() if text.startswith("#!") and "bash" in text.splitlines()[0]
]
_MACHINE_PATHS = re.compile(r"/(?:work|root|home|Users)/\w")
_REGISTRIES = re.compile(r"\b(?:pypi|pythonhosted|npmjs|yarnpkg|crates|maven)\.(?:org|io|com|net)\b")
# The brackets keep this file from being its own finding.
_UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E|NotImplemented[E]rror|pytest\.mark\.x[f]ail)\b")


def test_top_level() -> None:
    """The top level is fixed; beside it only dotfiles and lock files."""
    found = {path.parts[0] for path in tracked_files()}

    assert _TOP_LEVEL == {name for name in found if not name.startswith(".") and not name.endswith(".lock")}


@pytest.mark.parametrize("folder", sorted(_FOLDERS - {Path(".ci")}), ids=str)
def test_readme_names_each_file(folder: Path) -> None:
    """Every folder has a README that has a phrase for each file and folder in it, by name or by pattern."""
    readme = ROOT / folder / "README.md"
    assert readme.is_file(), f"{folder} has no README.md"
    named = [token.rstrip("/") for token in re.findall(r"`([^`\s]+)`", readme.read_text())]
    named += [token.rsplit("/", 1)[-1] for token in named]
    children = {path.relative_to(folder).parts[0] for path in tracked_files() if path.is_relative_to(folder)}
    children -= {"README.md", "__init__.py"}

    assert [] == sorted(
        child
        for child in children
        if not any(fnmatch(child, token) or fnmatch(child, f"{token}.*") for token in named)
    )


@pytest.mark.parametrize("path", _SCRIPTS, ids=str)
def test_shell_scripts_stop_at_an_error(path: Path) -> None:
    """A shell script stops at the first error, undefined name or broken pipe, and can be called."""
    assert "set -euo pipefail" in (ROOT / path).read_text().splitlines()
    assert (ROOT / path).stat().st_mode & 0o111


def test_nothing_of_one_machine() -> None:
    """No file names a path of the machine it was written on, or the host of a package registry."""
    assert [] == [
        f"{path}:{number}: {line.strip()[:100]}"
        for path, text in texts().items()
        for number, line in enumerate(text.splitlines(), 1)
        if _MACHINE_PATHS.search(line) or _REGISTRIES.search(line)
    ]


def test_nothing_left_open() -> None:
    """No note of unfinished work, no stub, no test that is expected to fail."""
    assert [] == [
        f"{path}:{number}: {line.strip()[:100]}"
        for path, text in texts().items()
        if path.suffix in {".py", ".sol", ".sh", ".js", ".md", ".toml", ".yml", ""}
        for number, line in enumerate(text.splitlines(), 1)
        if _UNFINISHED.search(line)
    ]


def test_tests_say_their_rule() -> None:
    """Every test has a docstring: one sentence that states the rule."""
    assert [] == [
        f"{path}:{node.lineno} {node.name}"
        for path, text in texts().items()
        if path.suffix == ".py" and path.parts[0] == "tests"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        if not (ast.get_docstring(node) or "").strip().endswith((".", "?", "!"))
    ]
