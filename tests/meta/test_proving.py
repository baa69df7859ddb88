"""The proving tools fail on what they should: a failing proof, a finding or survivor without a reason."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.counts import Counts
from scripts.proving.analysis import Finding, Triage, complaints, read_triage
from scripts.proving.groups import GROUPS
from scripts.proving.mutation import Fate, Mutant, Result, is_equivalent
from scripts.proving.place import CONTRACTS, TOOLS
from scripts.proving.proofs import count_proofs, run_halmos
from scripts.proving.survivors import add_result, read_page, write_page

_PROOFS = """
// SPDX-License-Identifier: UNLICENSED
pragma solidity ^0.8.0;
contract PlantedProofs {
    function check_holds(uint8 a) external pure { assert(uint256(a) < 256); }
    function check_fails(uint8 a) external pure { assert(a < 255); }
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
_DECLARATION = re.compile(r"^(?:abstract contract|contract|library) ", re.MULTILINE)
_PASSED = "Symbolic test result: 2 passed; 0 failed; time: 1s"
_FINDING = Finding(detector="unused-return", element="Ledger.move", place="src/Ledger.sol:9", text="ignores")
_MUTANT = Mutant(source="src/Quorum.sol", mutator="ROR", line=9, start=0, end=6, old="a || b", new="a && b")


@pytest.mark.slow
@pytest.mark.skipif(not TOOLS.exists(), reason="scripts/setup --proof installs halmos")
def test_failing_proof_is_counted(tmp_path: Path) -> None:
    """A proof with a counterexample fails beside one that holds; so does a folder that does not compile."""
    (tmp_path / "test").mkdir()
    planted = tmp_path / "test" / "Planted.t.sol"
    planted.write_text(_PROOFS)
    (tmp_path / "foundry.toml").write_text(_FOUNDRY % (CONTRACTS / "tools" / "solc"))

    assert Counts(passed=1, failed=1) == run_halmos(tmp_path, "default")
    planted.write_text("contract {")
    assert Counts(failed=1) == run_halmos(tmp_path, "default")


@pytest.mark.parametrize("line", ["WARNING  check_a(): loop bound", "ERROR    check_a(): unsupported"])
def test_warning_beside_a_proof_is_a_failure(line: str) -> None:
    """What halmos passes beside a warning or an error, it did not prove; and no proof at all is a failure."""
    assert Counts(passed=2) == count_proofs(_PASSED)
    assert Counts(passed=2, failed=1) == count_proofs(f"{_PASSED}\n{line}\n")
    assert Counts(failed=1) == count_proofs("Compiler run successful with warnings:\n")


def test_finding_without_a_reason_is_a_complaint() -> None:
    """A finding passes by its own line or by its detector's exclusion, and by nothing else."""
    nothing = Triage(excluded={}, triaged={})
    by_line = replace(nothing, triaged={"unused-return": {"Ledger.move": "why"}})
    elsewhere = replace(nothing, triaged={"unused-return": {"Ledger.pay": "why"}})

    assert [] == complaints([_FINDING], by_line)
    assert [] == complaints([_FINDING], replace(nothing, excluded={"unused-return": "why"}))
    assert ["src/Ledger.sol:9: unused-return Ledger.move: ignores"] == complaints([_FINDING], nothing)
    assert 2 == len(complaints([_FINDING], elsewhere))


def test_reason_without_a_finding_is_a_complaint() -> None:
    """A triage that outlives its finding, or gives no reason, is a complaint."""
    triage = Triage(excluded={"timestamp": "why"}, triaged={"unused-return": {"Ledger.move": " "}})

    assert ["no such finding: timestamp", "no reason: Ledger.move"] == complaints([_FINDING], triage)
    assert ["no such finding: unused-return Ledger.move"] == complaints(
        [], Triage(excluded={}, triaged={"unused-return": {"Ledger.move": "why"}})
    )


def test_triage_is_readable() -> None:
    """The triage of the tree has the shape that is read, and excludes a detector only with a reason."""
    assert all(read_triage().excluded.values())


def test_each_source_is_mutated_once() -> None:
    """Every contract, part and library is mutated in exactly one group."""
    mutated = sorted(source for group in GROUPS for source in group.sources)
    present = [
        path.relative_to(CONTRACTS).as_posix()
        for path in CONTRACTS.glob("src/**/*.sol")
        if _DECLARATION.search(path.read_text())
    ]

    assert sorted(present) == mutated


def test_survivor_keeps_its_reason(tmp_path: Path) -> None:
    """A survivor is listed without a reason until somebody writes one, which stays as long as it survives."""
    page = tmp_path / "mutation.md"
    page.write_text((CONTRACTS / "mutation.md").read_text())
    quorum = next(group for group in GROUPS if group.contract == "Quorum")
    survived = Result(group=quorum, fates=((_MUTANT, Fate.SURVIVED), (_MUTANT, Fate.INVALID)))
    key = ("Quorum", "`src/Quorum.sol`", r"ROR `a \|\| b` → `a && b`")

    write_page(page, add_result(read_page(page), survived, "abc"))
    found = read_page(page)
    assert "" == found.reasons[key]

    write_page(page, replace(found, reasons={key: "why"}))
    assert {key: "why"} == add_result(read_page(page), survived, "def").reasons
    killed = replace(survived, fates=((_MUTANT, Fate.KILLED),))
    assert {} == add_result(read_page(page), killed, "def").reasons


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("++i", "i++"),
        ("i < legs.length", "i != legs.length"),
        ("uint256 i", "uint128 i"),
        ("uint40 private constant LAPSE = 7 days", "uint40 private immutable LAPSE = 7 days"),
        ("uint256 private constant LIMIT = 8", "uint128 private constant LIMIT = 8"),
    ],
)
def test_what_no_test_could_notice_is_not_drawn(old: str, new: str) -> None:
    """A mutant is left out where its form alone shows that nothing changes."""
    assert is_equivalent(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("++count", "count++"),
        ("i < legs.length", "i <= legs.length"),
        ("amount < limit", "amount != limit"),
        ("uint256 amount", "uint128 amount"),
        ("uint256 private constant LIMIT = 8", "uint256 private constant LIMIT = 9"),
        ("uint40 private _readyAt", "uint40 private immutable _readyAt"),
    ],
)
def test_what_could_be_noticed_is_drawn(old: str, new: str) -> None:
    """A mutant is left out for no other reason."""
    assert not is_equivalent(old, new)
