"""`scripts/bench gas`: what a payment costs on chain under Cancun and Berlin rules, by contracts/bench."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_PROGRAM = Path(__file__).parent.parent.parent / "contracts/bench/gas.py"


def run() -> Iterator[dict[str, Any]]:
    """Yield the figures with the hard fork in their case."""
    with subprocess.Popen([sys.executable, _PROGRAM], stdout=subprocess.PIPE, text=True) as measuring:
        assert measuring.stdout is not None
        for line in measuring.stdout:
            figure = json.loads(line)
            figure["case"] += f" ({figure.pop('hardfork')})"
            yield figure
    if measuring.returncode:
        raise SystemExit(measuring.returncode)
