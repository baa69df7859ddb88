"""The commands of `vostro`: what they print for people and programs, and how they refuse."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from node.cli import commands
from node.keys.keystore import Keystore
from node.store.session import Store
from tests.node.cli.terminal import PASSWORD, Terminal
from tests.scenario import BANKS
from tests.tokens import MODULE, PIN, SoftHsm


def _commands(arguments: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    import typer.main

    found: list[tuple[str, ...]] = []

    def walk(command: Any, path: tuple[str, ...]) -> None:
        if not getattr(command, "commands", None):
            found.append(path)
            return
        if command.invoke_without_command:
            found.append(path)
        for name, child in command.commands.items():
            walk(child, (*path, name))

    walk(typer.main.get_command(commands.app), arguments)
    return found


def test_help_in_a_program_of_its_own() -> None:
    """`vostro --help` names every command, and imports nothing heavy to do so."""
    program = (
        "import sys; from node import cli; sys.argv = ['vostro', '--help']\n"
        "try: cli.main()\n"
        "except SystemExit: pass\n"
        "heavy = {'web3', 'sqlalchemy', 'fastapi', 'pydantic', 'eth_tester', 'lxml', 'cryptography'}\n"
        "heavy |= {'highspy', 'numpy'}\n"
        "print('HEAVY', sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "HEAVY []" in done.stdout
    for command, *_ in _commands():
        assert command in done.stdout


# What runs for ever, and what is JSON anyway.
_WITHOUT_JSON = {("run",), ("openapi",), ("checkpoint",), ("checkpoint", "sign")}


@pytest.mark.parametrize("command", _commands(), ids=" ".join)
def test_every_command_explains_itself(command: tuple[str, ...]) -> None:
    """Every command has a help text and takes --json, if it prints; none takes a secret as an argument."""
    shown = CliRunner().invoke(commands.app, [*command, "--help"], env={"COLUMNS": "200"}).output
    assert "Usage:" in shown
    assert command in _WITHOUT_JSON or "--json" in shown
    # A file is named, never what is in it.
    assert not re.search(r"--(password|secret|private-key)(?!-file)", shown)


def test_wrong_usage_is_2(terminal: Terminal) -> None:
    """An unknown command or a wrong option is exit status 2."""
    assert 2 == terminal.run("nonsense")[0]
    assert 2 == terminal.run("run", "--only", "console")[0]
    assert 2 == terminal.run("tokens", "new", "till", "--role", "king")[0]
    assert 2 == terminal.run("statement", "--currency", "USD", "--format", "pdf")[0]


def test_errors_are_one_line(terminal: Terminal) -> None:
    """What is expected to go wrong is one line `code: detail` on standard error, and exit status 1."""
    status, output, errors = terminal.run("payments", "pay_0")
    assert (1, "") == (status, output)
    assert ["not_found"] == [line.partition(":")[0] for line in errors.splitlines()]


def test_settings_are_checked(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that can't be is named, with the table where it is explained."""
    monkeypatch.setenv("VOSTRO_PORT", "high")
    status, _, errors = terminal.run("payments")
    assert 1 == status
    assert errors.startswith("settings_invalid: VOSTRO_PORT")


def test_nothing_is_deployed_yet(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a deployment the node says which command makes one."""
    monkeypatch.setenv("VOSTRO_ENGINE", "anvil")
    monkeypatch.setenv("VOSTRO_RPC_URL", "http://127.0.0.1:1")
    Keystore(terminal.home / "keys", scrypt_n=1024).add(BANKS[0].secret("pay"), PASSWORD.encode())
    status, _, errors = terminal.run("run")
    assert 1 == status
    assert "settings_invalid: VOSTRO_DEPLOYMENT_FILE" in errors
    assert "`vostro deploy` writes it" in errors


def test_tokens(terminal: Terminal) -> None:
    """A token is shown once when it is made, listed without its secret, and gone when revoked."""
    made = terminal.json("tokens", "new", "till", "--role", "officer")
    (listed,) = terminal.json("tokens", "list")
    assert made["id"] == listed["id"]
    assert made["secret"] not in json.dumps(listed)
    terminal.json("tokens", "revoke", made["id"])
    assert 1 == terminal.run("tokens", "revoke", made["id"])[0]
    assert terminal.json("tokens", "list")[0]["revoked_at"] is not None
    assert 2 == terminal.json("audit", "verify")[0]["entries"]


def test_a_token_can_be_piped(terminal: Terminal) -> None:
    """Without --json the secret alone is on standard output, so that it can go straight into a file."""
    _, output, errors = terminal.run("tokens", "new", "till", "--role", "officer")
    (secret,) = output.splitlines()
    assert secret not in errors


@pytest.mark.slow
def test_keys(terminal: Terminal, tmp_path: Path) -> None:
    """A key is made or taken in under the password of the file; only its address is ever shown."""
    (made,) = terminal.json("keys", "new")
    (encryption,) = terminal.json("keys", "new", "--encryption")
    assert [
        ("signing", made["address"], True, None),
        ("encryption", encryption["thumbprint"], True, encryption["public_key"]),
    ] == [tuple(each.values()) for each in terminal.json("keys", "check")]
    secret = tmp_path / "secret"
    secret.write_text(BANKS[0].secret("pay").hex())
    (taken,) = terminal.json("keys", "import", str(secret))
    assert "0x" + BANKS[0].key("pay").hex() == taken["address"]
    assert {made["address"], taken["address"]} == {each["address"] for each in terminal.json("keys", "list")}
    assert [1, "key_exists"] == [
        terminal.run("keys", "import", str(secret))[0],
        terminal.run("keys", "import", str(secret))[2].partition(":")[0],
    ]
    assert ["not registered on the chain"] * 2 == [
        each["differs"] for each in terminal.json("keys", "list") if each["held"]
    ]
    for file in (terminal.home / "keys").iterdir():
        assert secret.read_text() not in file.read_text()


@pytest.mark.slow
def test_a_wallets_key_comes_in_and_goes_out(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key is written as a wallet's file under its own password, never over a file, and read from one."""
    (made,) = terminal.json("keys", "new")
    wallet, password = tmp_path / "wallet.json", tmp_path / "wallet-password"
    password.write_text("theirs")
    with_password = ("--wallet-password-file", str(password))
    terminal.json("keys", "export", made["address"], str(wallet), *with_password)
    assert 0o600 == wallet.stat().st_mode & 0o777
    again = terminal.run("keys", "export", made["address"], str(wallet), *with_password)
    assert (1, "settings_invalid") == (again[0], again[2].partition(":")[0])

    monkeypatch.setenv("VOSTRO_HOME", str(tmp_path / "another"))
    assert [made] == terminal.json("keys", "import", str(wallet), *with_password)
    password.write_text("wrong")
    monkeypatch.setenv("VOSTRO_HOME", str(tmp_path / "a third"))
    refused = terminal.run("keys", "import", str(wallet), *with_password)
    assert (1, "wrong_password") == (refused[0], refused[2].partition(":")[0])


def test_keys_on_a_token(terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a token a key is made on it, listed from it, and neither taken in nor given out."""
    soft_hsm = SoftHsm(tmp_path / "softhsm")
    label = soft_hsm.new_token()
    soft_hsm.use(monkeypatch)
    (tmp_path / "password").write_bytes(PIN)
    for name, value in {"SIGNER": "pkcs11", "TOKEN_MODULE": str(MODULE), "TOKEN_LABEL": label}.items():
        monkeypatch.setenv(f"VOSTRO_{name}", value)

    (made,) = terminal.json("keys", "new")

    (encryption,) = terminal.json("keys", "new", "--encryption")

    assert [made["address"]] == [each["address"] for each in terminal.json("keys", "list")]
    assert [
        ("signing", made["address"], True, None),
        ("encryption", encryption["thumbprint"], True, encryption["public_key"]),
    ] == [tuple(each.values()) for each in terminal.json("keys", "check")]
    assert not (terminal.home / "keys").exists()
    for command in (("import", str(tmp_path / "password")), ("export", made["address"], str(tmp_path / "w"))):
        status, _, errors = terminal.run("keys", *command)
        assert (1, "settings_invalid: a token's keys") == (status, errors[:32])
    (tmp_path / "password").write_text("000000")
    assert "wrong_pin" == terminal.run("keys", "new")[2].partition(":")[0]
    monkeypatch.delenv("VOSTRO_TOKEN_LABEL")
    assert "VOSTRO_TOKEN_LABEL" in terminal.run("keys", "new")[2]


def test_a_faulty_file_lists_its_faults(terminal: Terminal, tmp_path: Path) -> None:
    """Each fault of a file is a line with its place, after the line that says it was refused."""
    from tests.messages import file_of

    path = tmp_path / "file.xml"
    path.write_text(file_of("0", "1.001"))
    status, output, errors = terminal.run("pay", str(path))
    assert (1, "") == (status, output)
    first, *places = errors.splitlines()
    assert first.startswith("faulty_message: ")
    assert ["  transaction 1 at", "  transaction 2 at"] == [place[:18] for place in places]


def test_long_file_is_sent_and_shown(terminal: Terminal, tmp_path: Path) -> None:
    """A file is kept to be read in the background, once however often it is sent, and then shown."""
    from node.clock import SystemClock, SystemRandom
    from node.keeper.reader import Reader
    from node.settings import Settings

    path = tmp_path / "file.xml"
    path.write_text("<a/>")
    kept = [json.loads(terminal.run("files", "send", str(path), "--json")[1])["file_id"] for _ in range(2)]
    assert kept[0] == kept[1]
    status, output, _ = terminal.run("files", "show", kept[0])
    assert (0, True) == (status, "checking" in output)

    store = Store(f"sqlite:///{terminal.home / 'vostro.sqlite'}")
    settings = Settings(bic=BANKS[0].bic)
    assert Reader(store, SystemClock(), SystemRandom(), settings, lambda: None).tick()
    store.close()

    status, output, _ = terminal.run("files", "show", kept[0], "--json")
    assert (1, "refused", "wrong_message") == (
        status, json.loads(output)["state"], json.loads(output)["faults"][0]["code"],
    )  # fmt: skip
    assert 1 == terminal.run("files", "show", "file_none")[0]


def test_files_are_checked(terminal: Terminal, tmp_path: Path) -> None:
    """A check prints each fault with its place, for people by number from 1, and exits 1."""
    from tests.messages import table_of

    path = tmp_path / "payments.csv"
    path.write_text(table_of("1.00", "0.00"))
    status, output, _ = terminal.run("files", "check", str(path))
    assert (1, True) == (status, "line 3/amount" in output)
    status, output, _ = terminal.run("files", "check", str(path), "--json")
    found = {fault["path"]: fault["transaction"] for fault in json.loads(output)["faults"]}
    assert (1, 1) == (status, found["line 3/amount"])


def test_incidents(terminal: Terminal) -> None:
    """An incident is shown until a person clears it, who then stands in the audit log."""
    from node.store.incidents import raise_incident
    from settlement.errors import MirrorGap

    terminal.json("migrate")
    store = Store(f"sqlite:///{terminal.home / 'vostro.sqlite'}")
    with store.transaction() as connection:
        raise_incident(connection, writer="follower", subject="block 7", error=MirrorGap("a gap"), at=1)
    store.close()
    (shown,) = terminal.json("incidents")
    assert ("follower", "mirror_gap", "a gap") == (shown["writer"], shown["code"], shown["detail"])
    terminal.json("incidents", "clear", str(shown["id"]), "--by", "Erika")
    assert [] == terminal.json("incidents")
    assert 1 == terminal.run("incidents", "clear", str(shown["id"]), "--by", "Erika")[0]
    assert 1 == terminal.json("audit", "verify")[0]["entries"]
