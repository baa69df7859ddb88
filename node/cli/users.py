"""`vostro users`: people's accounts at this node. Passwords are typed or come from a file."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from node.cli.opening import TERMINAL, opened_store, read_settings
from node.cli.output import AsJson, print_rows

commands = typer.Typer(help="People who log in here by name, password and code.", no_args_is_help=True)

_COLUMNS = ("id", "name", "roles", "temporary", "second_factor", "failures", "locked_until", "disabled_at")

Name = Annotated[str, typer.Argument(help="Log-in name.")]
Roles = Annotated[
    list[str],
    typer.Option(
        "--role", help="officer, approver, auditor, operator, issuer or integration; may be repeated."
    ),
]
PasswordFile = Annotated[
    Path | None, typer.Option(help="File with the first password. Default: it is asked for.")
]


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.add_typer(commands, name="users")


@commands.command()
def new(name: Name, role: Roles, *, password_file: PasswordFile = None, as_json: AsJson = False) -> None:
    """Make an account; its first password is good for three days, and only for choosing another."""
    from node.clock import SystemClock, SystemRandom
    from node.services.passwords import Passwords
    from node.services.users import new_user

    password = _first_password(password_file)
    with opened_store(read_settings()) as store:
        made = new_user(
            store,
            SystemClock(),
            SystemRandom(),
            Passwords(),
            name=name,
            roles=role,
            password=password,
            by=TERMINAL,
        )
    print_rows([asdict(made)], _COLUMNS, as_json=as_json)


@commands.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """Show every account there is or was."""
    from node.services.users import list_users

    with opened_store(read_settings()) as store:
        rows = [asdict(user) for user in list_users(store)]
    print_rows(rows, _COLUMNS, as_json=as_json)


@commands.command()
def roles(name: Name, role: Roles, *, as_json: AsJson = False) -> None:
    """Give an account these roles instead of its present ones, at once."""
    from node.clock import SystemClock
    from node.services.users import set_roles

    with opened_store(read_settings()) as store:
        set_roles(store, SystemClock(), name, role, by=TERMINAL)
    _show(name, as_json=as_json)


@commands.command()
def disable(name: Name, *, as_json: AsJson = False) -> None:
    """End an account and its sessions at once."""
    from node.clock import SystemClock
    from node.services.users import disable_user

    with opened_store(read_settings()) as store:
        disable_user(store, SystemClock(), name, by=TERMINAL)
    _show(name, as_json=as_json)


@commands.command()
def reset(name: Name, *, password_file: PasswordFile = None, as_json: AsJson = False) -> None:
    """Let somebody begin anew who lost password or authenticator, or is locked or disabled."""
    from node.clock import SystemClock
    from node.services.passwords import Passwords
    from node.services.users import reset_user

    password = _first_password(password_file)
    with opened_store(read_settings()) as store:
        reset_user(store, SystemClock(), Passwords(), name, password=password, by=TERMINAL)
    _show(name, as_json=as_json)


def _first_password(file: Path | None) -> str:
    from node.bootstrap.opening import read_secret
    from node.errors import SettingsInvalid

    if file is None:
        typed: str = typer.prompt("First password", hide_input=True, confirmation_prompt=True, err=True)
        return typed
    try:
        return read_secret(file).decode()
    except UnicodeDecodeError:
        raise SettingsInvalid(f"the password in {file} is not UTF-8") from None


def _show(name: str, *, as_json: bool) -> None:
    from node.services.users import find_user

    with opened_store(read_settings()) as store:
        print_rows([asdict(find_user(store, name))], _COLUMNS, as_json=as_json)
