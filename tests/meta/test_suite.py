"""The test of the tests: a failing case must fail the run, in pytest and in forge."""

from pathlib import Path

import pytest

from scripts import suite
from scripts.counts import NOTHING_RAN, Counts
from scripts.proving.place import CONTRACTS
from scripts.results import record
from scripts.suite import run_forge, run_pytest

_PYTHON = """
import pytest
def test_holds(): assert True
def test_fails(): assert False
@pytest.mark.skip(reason="planted")
def test_waits(): pass
"""
_SOLIDITY = """
// SPDX-License-Identifier: UNLICENSED
pragma solidity ^0.8.0;
contract PlantedTest {
    function test_Holds() external pure {}
    function test_Fails() external pure { revert("planted"); }
}
"""
_FOUNDRY = """
[profile.default]
src = "src"
test = "test"
solc = "%s"
offline = true
evm_version = "berlin"
"""


def _forge_project(folder: Path, source: str) -> Path:
    (folder / "test").mkdir()
    (folder / "test" / "Planted.t.sol").write_text(source)
    (folder / "foundry.toml").write_text(_FOUNDRY % (CONTRACTS / "tools" / "solc"))
    return folder


def test_failing_pytest_is_counted(tmp_path: Path) -> None:
    """A failing pytest case is a failure, beside one that passes and one that is skipped."""
    (tmp_path / "test_planted.py").write_text(_PYTHON)

    counts = run_pytest(tmp_path, ["-q", "-p", "no:cacheprovider"])

    assert Counts(passed=1, failed=1, skipped=1) == counts
    assert 1 == counts.exit_status


def test_broken_pytest_is_a_failure(tmp_path: Path) -> None:
    """A run that ends before any test, on a wrong option say, is a failure and not "nothing ran"."""
    assert Counts(failed=1) == run_pytest(tmp_path, ["--no-such-option"])


def test_failing_forge_is_counted(tmp_path: Path) -> None:
    """A failing forge case is a failure, though npm's wrapper of forge would exit with 0."""
    counts = run_forge(_forge_project(tmp_path, _SOLIDITY))

    assert Counts(passed=1, failed=1) == counts
    assert 1 == counts.exit_status


def test_broken_forge_is_a_failure(tmp_path: Path) -> None:
    """A contract that does not compile is a failure, and so is a folder without tests."""
    assert Counts(failed=1) == run_forge(_forge_project(tmp_path, "contract {"))
    (tmp_path / "test" / "Planted.t.sol").write_text(_SOLIDITY.replace("test_", "other_"))
    assert Counts(failed=1) == run_forge(tmp_path)


def test_nothing_ran_is_no_success(tmp_path: Path) -> None:
    """A run that found no test does not exit with 0."""
    assert NOTHING_RAN == run_pytest(tmp_path, ["-q"]).exit_status


def test_script_passes_a_failure_on(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What scripts/test runs exits with 1 when a case fails, and its last line says how many."""
    (tmp_path / "test_planted.py").write_text(_PYTHON)

    assert 1 == suite.main([str(tmp_path / "test_planted.py"), "-p", "no:cacheprovider"])
    assert "1 passed, 1 failed, 1 skipped" == capfd.readouterr().out.splitlines()[-1]


def test_last_result_replaces_the_one_before(tmp_path: Path) -> None:
    """The table keeps one row per command, the newest, and the text around it."""
    page = tmp_path / "README.md"
    header = "| command | date | commit | seconds | counts |\n| --- | --- | --- | --- | --- |\n"
    page.write_text(f"before\n\n{header}\nafter\n")

    for command, seconds in [("--network", 9), ("--deep", 61.4), ("--deep", 59)]:
        record(page, command=command, commit="abc", seconds=seconds, counts="2 passed")

    *before, deep, network, empty, after = page.read_text().splitlines()
    assert ["before", "", *header.splitlines()] == before
    assert deep.startswith("| `--deep` | ")
    assert deep.endswith(" | abc | 59 | 2 passed |")
    assert network.endswith(" | abc | 9 | 2 passed |")
    assert ["", "after"] == [empty, after]
