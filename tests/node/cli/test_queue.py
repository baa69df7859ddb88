"""`vostro queue`: a what-if from a file, by a program of its own as a tool calls it."""

import json
import subprocess
import sys
from pathlib import Path

from tests.node.cli.terminal import Terminal

_RING = {
    "asset": "USD",
    "accounts": [
        {"participant": "A", "balance": "300", "reserve": "0", "credit": "0"},
        {"participant": "B", "balance": "0"},
    ],
    "queue": [
        {"id": "T1", "from": "A", "to": "B", "amount": "500", "priority": "NORM"},
        {"id": "T3", "from": "B", "to": "A", "amount": "900", "priority": "NORM"},
        {"id": "T2", "from": "B", "to": "A", "amount": "250", "priority": "NORM"},
    ],
}


def test_solve_prints_one_json_object(tmp_path: Path) -> None:
    """`vostro queue solve FILE` needs no settings and prints what settles, its value, the bound and the
    balances.
    """
    file = tmp_path / "queue.json"
    file.write_text(json.dumps(_RING))
    arguments = ["vostro", "queue", "solve", str(file)]
    program = f"import sys; from node.cli import main; sys.argv = {arguments!r}; main()"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env={})

    printed = json.loads(done.stdout)
    assert float(printed.pop("seconds")) >= 0
    assert {
        "settled": ["T1", "T2"],
        "value": "750",
        "bound": "750",
        "method": "bypass",
        "balances": {"A": "50", "B": "250"},
    } == printed


def test_solve_cuts_into_parts(terminal: Terminal, tmp_path: Path) -> None:
    """With a size the set is also given in parts that settle in turn; what fits none is left out."""
    file = tmp_path / "queue.json"
    file.write_text(json.dumps(_RING))

    solve = ("queue", "solve", str(file), "--part-size")
    whole, none = (terminal.json(*solve, size)["parts"] for size in ("2", "1"))

    assert [{"payments": ["T1", "T2"], "fallbacks": []}] == whole
    assert [] == none


def test_bad_file_is_one_line(terminal: Terminal, tmp_path: Path) -> None:
    """A file that is no queue is refused in one line with exit status 1; one that is not there is wrong
    usage.
    """
    file = tmp_path / "queue.json"
    file.write_text("{}")

    assert (1, "", "invalid_queue: the field 'asset' is missing\n") == terminal.run(
        "queue", "solve", str(file)
    )
    assert 2 == terminal.run("queue", "solve", str(tmp_path / "none.json"))[0]
