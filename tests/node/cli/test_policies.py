"""The bank's own rules and its names list at the terminal."""

from pathlib import Path

import pytest

from tests.node.cli.terminal import Terminal

_RULE = ("--condition", "amount > 1000", "--outcome", "hold", "--reason", "large amounts")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A names list with two spellings of one name."""
    path = tmp_path / "names.csv"
    path.write_text("entry,name,country\n7,Ivan Petrov,RU\n7,Iwan Petrow,RU\n")
    return path


def test_a_rule_and_its_end(terminal: Terminal) -> None:
    """Written, changed, put out of force: each is a version by the terminal, in the audit log."""
    (first,) = terminal.json("policies", "write", "large", *_RULE)
    assert ("large", 1, True, "terminal") == (
        first["name"], first["version"], first["in_force"], first["author"],
    )  # fmt: skip
    (second,) = terminal.json("policies", "write", "large", *_RULE[:3], "refuse", *_RULE[4:])
    (retired,) = terminal.json("policies", "retire", "large")

    assert (3, False, "refuse") == (retired["version"], retired["in_force"], retired["outcome"])
    assert [retired] == terminal.json("policies", "list")
    assert [first, second, retired] == terminal.json("policies", "list", "--name", "large")
    assert 3 == terminal.json("audit", "verify")[0]["entries"]
    assert "large" in terminal.run("policies", "list")[1]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("write", "large", "--condition", "amounts > 1", *_RULE[2:]), "invalid_condition"),
        (("write", "Large", *_RULE), "invalid_rule"),
        (("write", "large", *_RULE[:3], "maybe", *_RULE[4:]), "invalid_rule"),
        (("retire", "small"), "not_found"),
        (("list", "--name", "small"), "not_found"),
    ],
)
def test_what_is_no_rule(terminal: Terminal, arguments: tuple[str, ...], code: str) -> None:
    """What can't be done is one line with its code, and status 1."""
    status, _, errors = terminal.run("policies", *arguments)
    assert (1, code) == (status, errors.partition(":")[0])


def test_a_names_list(terminal: Terminal, table: Path) -> None:
    """Looked at first, loaded, replaced; each version is kept, and the same again is no further one."""
    (told,) = terminal.json("screening", "load", str(table), "--dry-run")
    assert [] == terminal.json("screening", "list")
    (first,) = terminal.json("screening", "load", str(table))
    assert (1, 2, 2, 0) == tuple(first[name] for name in ("version", "names", "added", "removed"))
    assert (told["version"], told["digest"]) == (first["version"], first["digest"])
    assert [first] == terminal.json("screening", "load", str(table))

    table.write_text("entry,name\n8,Bert Brecht\n")
    (second,) = terminal.json("screening", "load", str(table))
    assert [second, first] == terminal.json("screening", "list")
    assert ["Ivan Petrov", "Iwan Petrow"] == [
        each["name"] for each in terminal.json("screening", "names", "1")
    ]
    assert [] == terminal.json("screening", "names", "2", "--entry", "7")
    assert 2 == terminal.json("audit", "verify")[0]["entries"]


def test_a_faulty_names_list(terminal: Terminal, table: Path) -> None:
    """Every fault is told with its line, and nothing is loaded."""
    table.write_text("entry,name\n7,Ivan Petrov\n8,\n9,?\n")
    status, _, errors = terminal.run("screening", "load", str(table))

    assert (1, "faulty_message") == (status, errors.partition(":")[0])
    assert "line 3/name" in errors
    assert "line 4/name" in errors
    assert [] == terminal.json("screening", "list")
