"""Runs a bench and prints its figures: one JSON object a line, or a table."""

import importlib
import json
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

BENCHES = ("api", "gas", "pay", "mirror", "evidence", "restart", "liquidity", "stress")


def main(arguments: list[str]) -> int:
    """Run the bench named; return the exit status."""
    names = [argument for argument in arguments if not argument.startswith("-")]
    if len(names) != 1 or names[0] not in BENCHES:
        print(f"usage: scripts/bench {{{'|'.join(BENCHES)}}} [--json]", file=sys.stderr)
        return 2
    figures = _figures(names[0])
    if "--json" in arguments:
        for figure in figures:
            print(json.dumps(figure), flush=True)
    else:
        _print_table(names[0], list(figures))
    return 0


def _figures(name: str) -> Iterator[dict[str, Any]]:
    """Yield each figure of a bench with where and of what it was measured."""
    run = importlib.import_module(f"scripts.benches.{name}").run
    origin = {"machine": _machine(), "commit": _commit()}
    for figure in run():
        yield {"bench": name, **figure, **origin}


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    model = models[0] if models else platform.machine()
    return f"{len(models) or 1} × {model}, Python {platform.python_version()}"


def _commit() -> str:
    """Return the commit measured, marked when the tree differs from it."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"], capture_output=True, text=True, check=True
    )
    return commit.stdout.strip()


def _print_table(name: str, figures: list[dict[str, Any]]) -> None:
    table = Table(title=f"scripts/bench {name}", caption=f"{figures[0]['machine']} · {figures[0]['commit']}")
    for column in ("case", "value", "unit", "n"):
        table.add_column(column, justify="right" if column in ("value", "n") else "left")
    for figure in figures:
        table.add_row(figure["case"], f"{figure['value']:,}", figure["unit"], f"{figure['n']:,}")
    Console(width=120).print(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
