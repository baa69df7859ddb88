"""People's and machines' accounts at the terminal: secrets are asked for, read from files, or shown once."""

import json
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from tests.node.cli.terminal import Terminal

FIRST = "a first password"


@pytest.fixture
def first(tmp_path: Path) -> str:
    """The file of a first password."""
    path = tmp_path / "first"
    path.write_text(FIRST + "\n")
    return str(path)


def test_a_persons_account(terminal: Terminal, first: str) -> None:
    """Made, given other roles, disabled, reset: each shown as it is then, and none with a password."""
    roles = ("--role", "officer", "--role", "approver")
    (made,) = terminal.json("users", "new", "Erika", *roles, "--password-file", first)
    assert ("erika", "approver officer", True) == (made["name"], made["roles"], made["temporary"])
    (changed,) = terminal.json("users", "roles", "erika", "--role", "auditor")
    assert "auditor" == changed["roles"]
    (disabled,) = terminal.json("users", "disable", "erika")
    assert disabled["disabled_at"] is not None
    (reset,) = terminal.json("users", "reset", "erika", "--password-file", first)
    assert reset["disabled_at"] is None
    assert [reset] == terminal.json("users", "list")
    assert FIRST not in json.dumps([made, reset])
    assert 4 == terminal.json("audit", "verify")[0]["entries"]


def test_a_password_is_typed(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file the password is asked for twice, without an echo."""
    asked = []

    def hidden(text: str) -> str:
        asked.append(text)
        return FIRST

    monkeypatch.setattr("getpass.getpass", hidden)
    terminal.json("users", "new", "erika", "--role", "officer")
    assert 2 == len(asked)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("new", "erika", "--role", "king"), "invalid_role"),
        (("new", "a b", "--role", "officer"), "invalid_user_name"),
        (("disable", "max"), "not_found"),
        (("roles", "max", "--role", "officer"), "not_found"),
        (("reset", "max"), "not_found"),
    ],
)
def test_what_is_refused(terminal: Terminal, first: str, arguments: tuple[str, ...], code: str) -> None:
    """What can't be done is one line with its code, and status 1."""
    more = ("--password-file", first) if arguments[0] in {"new", "reset"} else ()
    status, _, errors = terminal.run("users", *arguments, *more)
    assert (1, code) == (status, errors.partition(":")[0])


def test_a_weak_password(terminal: Terminal, tmp_path: Path) -> None:
    """A first password is held to the same rules as any."""
    (tmp_path / "weak").write_text("short")
    status, _, errors = terminal.run(
        "users", "new", "erika", "--role", "officer", "--password-file", str(tmp_path / "weak")
    )
    assert (1, "password_refused") == (status, errors.partition(":")[0])


def test_a_machines_account(terminal: Terminal, tmp_path: Path) -> None:
    """By a secret that is shown once, by its public key, and disabled; the list has no secret."""
    made = terminal.json("clients", "new", "till", "--role", "integration")
    key = tmp_path / "till.pem"
    pair = ECKey.generate_key("P-256")
    key.write_bytes(pair.as_pem(private=False))
    signs = terminal.json("clients", "new", "core", "--role", "integration", "--public-key", str(key))
    assert "secret" not in signs
    terminal.json("clients", "disable", made["id"])
    listed = terminal.json("clients", "list")
    assert [(made["id"], "secret", False), (signs["id"], "key", True)] == [
        (each["id"], each["method"], each["disabled_at"] is None) for each in listed
    ]
    assert made["secret"] not in json.dumps(listed)
    assert 1 == terminal.run("clients", "disable", made["id"])[0]
    key.write_bytes(pair.as_pem(private=True))
    status, _, errors = terminal.run(
        "clients", "new", "core", "--role", "integration", "--public-key", str(key)
    )
    assert (1, "invalid_public_key") == (status, errors.partition(":")[0])


def test_a_secret_can_be_piped(terminal: Terminal) -> None:
    """The secret alone is on standard output, so that it can go straight into a file."""
    _, output, errors = terminal.run("clients", "new", "till", "--role", "integration")
    (secret,) = output.splitlines()
    assert secret not in errors
    assert "cli_" in errors


def test_rotating(terminal: Terminal) -> None:
    """Each rotation makes another key."""
    names = {terminal.json("clients", "rotate")[0]["key"] for _ in range(3)}
    assert 3 == len(names)


def test_refusals(terminal: Terminal) -> None:
    """Who was refused is listed at the terminal, too."""
    assert [] == terminal.json("audit", "refusals")
