"""Files and functions stay small enough to be read at once, in the product's own code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.meta.tree import ROOT, tracked_files

PYTHON_FILE_MAX = 300
PYTHON_FILE_MEDIAN_MAX = 120
PYTHON_FUNCTION_MAX = 70
PYTHON_FUNCTION_USUAL_MAX = 30
PYTHON_FUNCTION_USUAL_SHARE = 0.9
SOLIDITY_FILE_MAX = 299
SOLIDITY_FUNCTION_MAX = 49

_SOLIDITY_HEAD = re.compile(r"^( *)(function|constructor|modifier|receive|fallback)\b\s*(\w*)")


def _sources(suffix: str, *folders: str) -> dict[Path, list[str]]:
    return {
        path: (ROOT / path).read_text().splitlines()
        for path in tracked_files()
        if path.suffix == suffix and path.as_posix().startswith(folders) and "migrations" not in path.parts
    }


def python_functions(source: str) -> Iterator[tuple[str, int]]:
    """Yield the name and the lines, from `def` to the last, of each function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            yield node.name, node.end_lineno - node.lineno + 1


def solidity_functions(lines: list[str]) -> Iterator[tuple[str, int]]:
    """Yield name and lines of each function; forge formats it to end at its own indentation."""
    for first, line in enumerate(lines):
        if not (head := _SOLIDITY_HEAD.match(line)):
            continue
        closing = f"{head[1]}}}"
        for last in range(first, len(lines)):
            if lines[last] == closing or lines[last].rstrip().endswith((";", "{}")):
                yield head[3] or head[2], last - first + 1
                break
            if lines[last].rstrip().endswith("{"):
                end = lines.index(closing, last)
                yield head[3] or head[2], end - first + 1
                break


def test_measures_see_what_is_too_long() -> None:
    """The measure itself: a function's lines are counted from its head to its end, in both languages."""
    python = "def long():\n" + "    x = 1\n" * 71 + "def short():\n    return 1\n"
    solidity = ["contract C {", "    function long(", "        uint a", "    ) external {"]
    solidity += ["        a;"] * 49
    solidity += ["    }", "", "    function declared() external;", "    function empty() external {}", "}"]

    assert [("long", 72), ("short", 2)] == list(python_functions(python))
    assert [("long", 53), ("declared", 1), ("empty", 1)] == list(solidity_functions(solidity))


def test_python_files() -> None:
    """No Python file is over 300 lines, and half of them stay under 120."""
    sizes = {str(path): len(lines) for path, lines in _sources(".py", "node/", "settlement/").items()}

    assert sizes
    assert {} == {path: size for path, size in sizes.items() if size > PYTHON_FILE_MAX}
    assert median(sizes.values()) < PYTHON_FILE_MEDIAN_MAX


def test_python_functions() -> None:
    """No Python function is over 70 lines, and nine of ten stay within 30."""
    sizes = {
        f"{path}:{name}": size
        for path, lines in _sources(".py", "node/", "settlement/").items()
        for name, size in python_functions("\n".join(lines))
    }

    assert sizes
    assert {} == {name: size for name, size in sizes.items() if size > PYTHON_FUNCTION_MAX}
    usual = sum(size <= PYTHON_FUNCTION_USUAL_MAX for size in sizes.values())
    assert usual >= PYTHON_FUNCTION_USUAL_SHARE * len(sizes)


def test_solidity_files() -> None:
    """Every Solidity file of the product is under 300 lines."""
    sizes = {str(path): len(lines) for path, lines in _sources(".sol", "contracts/src/").items()}

    assert sizes
    assert {} == {path: size for path, size in sizes.items() if size > SOLIDITY_FILE_MAX}


def test_solidity_functions() -> None:
    """Every Solidity function of the product is under 50 lines."""
    sizes = {
        f"{path}:{name}": size
        for path, lines in _sources(".sol", "contracts/src/").items()
        for name, size in solidity_functions(lines)
    }

    assert sizes
    assert {} == {name: size for name, size in sizes.items() if size > SOLIDITY_FUNCTION_MAX}
