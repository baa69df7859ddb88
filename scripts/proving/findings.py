"""Prints slither's findings in the contracts' own sources as JSON, all detectors on; in `.venv-proof`."""

import inspect
import json
from pathlib import Path
from typing import Any

from slither.detectors import all_detectors
from slither.detectors.abstract_detector import AbstractDetector

from scripts.proving.compiled import shipped
from scripts.proving.place import CONTRACTS


def element_of(described: dict[str, Any]) -> str:
    """Where a finding is, as `Contract.function.variable`."""
    parent = described.get("type_specific_fields", {}).get("parent")
    named = parent is not None and "name" in parent
    return f"{element_of(parent)}.{described['name']}" if named else str(described["name"])


def main() -> None:
    """Print detector, element, place and text of each finding."""
    slither = shipped()
    for _, detector in inspect.getmembers(all_detectors, inspect.isclass):
        if issubclass(detector, AbstractDetector) and detector is not AbstractDetector:
            slither.register_detector(detector)
    findings = []
    for finding in (finding for findings in slither.run_detectors() for finding in findings):
        first = finding["elements"][0]
        source = Path(first["source_mapping"]["filename_absolute"]).relative_to(CONTRACTS)
        if source.parts[0] == "src":
            findings.append(
                {
                    "detector": finding["check"],
                    "element": element_of(first),
                    "place": f"{source}:{first['source_mapping']['lines'][0]}",
                    "text": " ".join(finding["description"].split()),
                }
            )
    print(json.dumps(findings))


if __name__ == "__main__":
    main()
