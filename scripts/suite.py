"""Runs pytest, forge, slither and halmos, adds up what they counted, and says so in one last line.

The line is `N passed, N failed, N skipped`.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lxml import etree

from scripts.counts import NOTHING_RAN, Counts
from scripts.proving.analysis import run_slither
from scripts.proving.place import CONTRACTS, FORGE, ROOT
from scripts.proving.proofs import run_halmos
from scripts.proving.survivors import run_mutation
from scripts.results import commit_of, record

PARTS = ("contracts", "days", "faults", "mutation", "nodes", "proofs", "properties")
_FAULTS = "tests/e2e/test_faults.py"
# What runs beside the rest of pytest.
ASIDE = ("tests/e2e", "tests/simulation")

_FORGE_COUNTS = re.compile(r"(\d+) tests passed, (\d+) failed, (\d+) skipped \(\d+ total tests\)")


def run_pytest(root: Path, arguments: Sequence[str], *, aside: bool = False) -> Counts:
    """Run pytest in `root`. A run that broke off without counting a failure counts as one.

    What one says that runs beside others (`aside`) is shown when it has ended.
    """
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as said:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", f"--junitxml={report}", *arguments]
        output = said if aside else None
        status = subprocess.run(command, cwd=root, stdout=output, stderr=output, check=False).returncode
        said.seek(0)
        print(said.read(), end="", flush=True)
        counts = _junit_counts(report) if report.exists() else Counts()
    if status not in (0, NOTHING_RAN) and not counts.failed:
        return counts + Counts(failed=1)
    return counts


def run_forge(root: Path, profile: str = "default") -> Counts:
    """Run the contracts' tests in `root`; print forge's report when it failed, its last line otherwise.

    A run that broke off, or found no test, counts as one failure.
    """
    with tempfile.TemporaryFile("w+") as output:
        command = ["env", f"FOUNDRY_PROFILE={profile}", str(FORGE), "test", "--color", "never"]
        status = subprocess.run(
            command, cwd=root, stdout=output, stderr=subprocess.STDOUT, check=False
        ).returncode
        output.seek(0)
        report = output.read()
    found = _FORGE_COUNTS.search(report)
    counts = Counts(passed=int(found[1]), failed=int(found[2]), skipped=int(found[3])) if found else Counts()
    if not counts.failed and (status or counts == Counts()):
        counts += Counts(failed=1)
    print(report if counts.exit_status else report.strip().splitlines()[-1], flush=True)
    return counts


def run(options: argparse.Namespace, chosen: Sequence[str]) -> Counts:
    """Run what was asked for; arguments for pytest leave the contracts out."""
    if options.network:
        return run_pytest(ROOT, ["-q", "-m", "network", *chosen])
    if options.deep:
        parts = PARTS if options.deep == "all" else (options.deep,)
        counts = run_forge(CONTRACTS, "deep") if "contracts" in parts else Counts()
        if "proofs" in parts:
            counts += run_halmos(CONTRACTS, "proofs_deep")
        if "days" in parts:
            counts += run_pytest(ROOT, ["-q", "-m", "deep", "tests/simulation", *chosen])
        if "faults" in parts:
            counts += run_pytest(ROOT, ["-q", "-m", "deep", _FAULTS, *chosen])
        if "mutation" in parts:
            counts += run_mutation()
        if "nodes" in parts:
            left_out = ["--ignore=tests/simulation", f"--ignore={_FAULTS}"]
            counts += run_pytest(ROOT, ["-q", "-m", "deep", *left_out, *chosen])
        if "properties" in parts:
            counts += run_pytest(ROOT, ["-q", "--hypothesis-profile=deep", "tests/settlement", *chosen])
        return counts
    if options.fast:
        return _run_fast(chosen)
    asked = ["-q", "--durations=15", "-m", "not deep and not network", *chosen]
    return run_pytest(ROOT, asked) if chosen else _run_all(asked)


def _run_all(asked: Sequence[str]) -> Counts:
    """Run everything, three at a time on two cores: whole nodes (first) wait as much as they work."""
    left_out = [f"--ignore={path}" for path in ASIDE]
    with ThreadPoolExecutor(max_workers=3) as lanes:
        running = [
            lanes.submit(run_pytest, ROOT, [*asked, "tests/e2e"], aside=True),
            lanes.submit(run_pytest, ROOT, [*asked, *left_out]),
            lanes.submit(run_pytest, ROOT, [*asked, "tests/simulation"], aside=True),
            lanes.submit(run_halmos, CONTRACTS),
            lanes.submit(_run_contracts),
        ]
    return sum((each.result() for each in running), Counts())


def _run_contracts() -> Counts:
    """Run forge, then slither, which builds in the same place."""
    return run_forge(CONTRACTS) + run_slither()


def _run_fast(chosen: Sequence[str]) -> Counts:
    """Run what is quick, properties with fewer examples, and forge at the same time on the other core."""
    asked = ["-q", "-m", "not deep and not network and not slow", "--hypothesis-profile=fast", *chosen]
    with ThreadPoolExecutor(max_workers=1) as other_core:
        contracts = None if chosen else other_core.submit(run_forge, CONTRACTS)
        counts = run_pytest(ROOT, asked)
        return counts + contracts.result() if contracts else counts


def main(arguments: Sequence[str]) -> int:
    """Run what the arguments ask for and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="scripts/test", epilog="Everything else goes to pytest.", add_help=False, allow_abbrev=False
    )
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--deep", nargs="?", const="all", choices=["all", *PARTS])
    parser.add_argument("--network", action="store_true")
    options, chosen = parser.parse_known_args(arguments)
    started = time.monotonic()
    counts = run(options, chosen)
    seconds = time.monotonic() - started
    if counts == Counts():
        print("scripts/test: there is no such test yet; nothing ran", file=sys.stderr)
        return NOTHING_RAN
    if (options.deep or options.network) and not chosen:
        record(
            ROOT / "tests" / "README.md",
            command=" ".join(["scripts/test", *arguments]),
            commit=commit_of(ROOT),
            seconds=seconds,
            counts=str(counts),
        )
    print(f"in {seconds:.0f} seconds\n{counts}")
    return counts.exit_status


def _junit_counts(report: Path) -> Counts:
    suites = etree.parse(report).getroot().findall("testsuite")
    total, failures, errors, skipped = (
        sum(int(suite.get(name, 0)) for suite in suites)
        for name in ("tests", "failures", "errors", "skipped")
    )
    return Counts(passed=total - failures - errors - skipped, failed=failures + errors, skipped=skipped)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
