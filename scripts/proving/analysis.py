"""Holds slither's findings against contracts/slither.toml: each is triaged there, and nothing else is."""

import json
import subprocess
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.counts import Counts
from scripts.proving.place import CONTRACTS, ROOT, tool

_TRIAGE = CONTRACTS / "slither.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a detector says of an element (`Contract.function.variable`), and where it stands."""

    detector: str
    element: str
    place: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """Detectors that are left out, and elements of others, each with its reason."""

    excluded: dict[str, str]
    triaged: dict[str, dict[str, str]]


def findings() -> list[Finding]:
    """Run slither over the contracts' sources."""
    answer = subprocess.run(tool("findings"), cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [Finding(**finding) for finding in json.loads(answer)]


def read_triage(path: Path = _TRIAGE) -> Triage:
    """Read what was decided."""
    return Triage(**tomllib.loads(path.read_text()))


def complaints(found: Sequence[Finding], triage: Triage) -> list[str]:
    """Return a line for each finding without a reason, and each reason without a finding or without words."""
    present = {(finding.detector, finding.element) for finding in found}
    triaged = {(detector, element) for detector, elements in triage.triaged.items() for element in elements}
    reasons = [*triage.excluded.items()]
    reasons += [item for elements in triage.triaged.values() for item in elements.items()]
    lines = [
        f"{finding.place}: {finding.detector} {finding.element}: {finding.text}"
        for finding in found
        if finding.detector not in triage.excluded and (finding.detector, finding.element) not in triaged
    ]
    lines += [f"no such finding: {' '.join(entry)}" for entry in sorted(triaged - present)]
    lines += [f"no such finding: {detector}" for detector in triage.excluded if detector not in dict(present)]
    return lines + [f"no reason: {name}" for name, reason in reasons if not reason.strip()]


def run_slither() -> Counts:
    """Analyse the contracts; each complaint is a failure; when there is none, each finding passes."""
    try:
        found = findings()
    except subprocess.CalledProcessError:
        return Counts(failed=1)
    lines = complaints(found, read_triage())
    print("\n".join([*lines, f"slither: {len(found)} findings, {len(lines)} to decide"]), flush=True)
    return Counts(passed=0 if lines else len(found), failed=len(lines))
