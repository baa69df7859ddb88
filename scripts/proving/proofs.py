"""Runs the contracts' proofs (`check_…` in contracts/test/proofs) in halmos; a warning is a failure too.

halmos says PASS beside warnings: paths that it left out, loops that it cut, calls that it did not understand.
"""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from scripts.counts import Counts
from scripts.proving.place import TOOLS, with_tools

_COUNTS = re.compile(r"Symbolic test result: (\d+) passed; (\d+) failed")
_COMPLAINT = re.compile(r"^\s*(?:WARNING|ERROR)\b", re.MULTILINE)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def run_halmos(root: Path, profile: str = "proofs") -> Counts:
    """Run the proofs in `root`; print halmos's report when one failed, a line otherwise.

    A run that broke off, or found no proof, counts as one failure, and so does each warning.
    """
    _forget_deleted(root)
    with tempfile.TemporaryFile("w+") as output:
        status = subprocess.run(
            with_tools(profile, str(TOOLS / "halmos"), "--no-status", *_output_of(profile)),
            cwd=root,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
        output.seek(0)
        report = _COLOUR.sub("", output.read())
    counts = count_proofs(report)
    if status and not counts.failed:
        counts += Counts(failed=1)
    print(report if counts.exit_status else f"halmos: {counts}", flush=True)
    return counts


def _output_of(profile: str) -> list[str]:
    """Where the profile builds, if elsewhere than halmos's settings say."""
    return ["--forge-build-out", "out/proofs_deep"] if profile == "proofs_deep" else []


def _forget_deleted(root: Path) -> None:
    """Remove what forge built of proofs that are no more: halmos would run it."""
    proofs = root / "test" / "proofs"
    for output, sources in (("proofs", proofs), ("proofs_deep", proofs / "deep")):
        for built in (root / "out" / output).glob("*.t.sol"):
            if not (sources / built.name).exists():
                shutil.rmtree(built)


def count_proofs(report: str) -> Counts:
    """Add up what halmos reports of each contract, and its warnings as failures."""
    suites = _COUNTS.findall(report)
    if not suites:
        return Counts(failed=1)
    passed, failed = (sum(int(suite[place]) for suite in suites) for place in (0, 1))
    return Counts(passed=passed, failed=failed + len(_COMPLAINT.findall(report)))
