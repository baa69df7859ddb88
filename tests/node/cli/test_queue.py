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


_DAY = {
    "asset": "USD",
    "opens_at": 0,
    "closes_at": 86_400,
    "accounts": [
        {"participant": name, "balance": balance} for name, balance in zip("ABC", "500", strict=True)
    ],
    "payments": [
        {"id": "T1", "from": "A", "to": "B", "amount": "5", "priority": "NORM", "at": 36_000},
        {"id": "T2", "from": "B", "to": "C", "amount": "5", "priority": "NORM", "at": 39_600},
    ],
}


def test_stress_of_a_file(terminal: Terminal, tmp_path: Path) -> None:
    """A day of a file is replayed with what goes wrong: B can't pay what A in default did not pay it, and
    pays later what came while its node was away.
    """
    file = tmp_path / "day.json"
    file.write_text(json.dumps(_DAY))
    stress = ("queue", "stress", "--file", str(file))

    usual, default, away = (
        terminal.json(*stress, *options)
        for options in ((), ("--default", "A@09:59", "--variations", "3"), ("--away", "B@10:30-12:30"))
    )

    assert [36_000, 39_600] == [each["settled_at"] for each in usual["settled"]]
    assert [36_000, 45_000] == [each["settled_at"] for each in away["settled"]]
    assert (["T1"], ["T2"]) == (default["unsent"], default["left"])
    assert ["0", "5", "0"] == [each["short"] for each in default["participants"]]
    assert {"at_once": "5", "least": "5"} == default["need"] == default["quantiles"]
    status, table, told = terminal.run(*stress, "--default", "A", "--halved")
    assert (0, True) == (status, "together" in table)
    assert "0 settled, 1 left, 0 cancelled, 1 not sent; amounts of USD in minor units\n" == told


def test_wrong_scenarios(terminal: Terminal, tmp_path: Path) -> None:
    """A time that is none is wrong usage; a bank that is not there is refused in one line."""
    file = tmp_path / "day.json"
    file.write_text(json.dumps(_DAY))
    stress = ("queue", "stress", "--file", str(file))

    for text in ("A@25:00", "A@9:30", "A@09:60", "A@24:01", "A@"):
        assert 2 == terminal.run(*stress, "--default", text)[0]
    assert 2 == terminal.run(*stress, "--away", "A@09:30")[0]
    assert (1, "", "invalid_scenario: 'Z' has no account on that day\n") == terminal.run(
        *stress, "--default", "Z"
    )
