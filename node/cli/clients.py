"""`vostro clients`: machines that get access tokens, or come in by a certificate."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.opening import TERMINAL, opened_store, read_settings
from node.cli.output import AsJson, print_json, print_rows
from node.cli.users import Roles

if TYPE_CHECKING:
    from node.clock import Random
    from node.services.clients import Proof

commands = typer.Typer(help="Machines that come in by themselves.", no_args_is_help=True)

_COLUMNS = ("id", "name", "roles", "method", "created_at", "disabled_at")


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.add_typer(commands, name="clients")


@commands.command()
def new(
    name: Annotated[str, typer.Argument(help="What the machine is; for the log and the list.")],
    role: Roles,
    *,
    public_key: Annotated[
        Path | None, typer.Option(help="Its public key (PEM or JWK): it signs for its tokens.")
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option(help="Its certificate (PEM): it comes in by TLS, without tokens.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a machine's account; with neither key nor certificate, show its secret once."""
    from node.clock import SystemClock, SystemRandom
    from node.services.clients import new_client

    if public_key is not None and certificate is not None:
        raise typer.BadParameter("a machine has one of them", param_hint="--public-key, --certificate")
    random = SystemRandom()
    proof, secret = _proof(random, public_key, certificate)
    with opened_store(read_settings()) as store:
        made = new_client(store, SystemClock(), random, name=name, roles=role, proof=proof, by=TERMINAL)
    if as_json:
        print_json(asdict(made) | ({} if secret is None else {"secret": secret}))
        return
    if secret is not None:
        typer.echo(secret)
    typer.echo(f"{made.id} ({made.roles}, {made.name}): {_told(secret)}", err=True)


@commands.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """Show every machine's account ever made."""
    from node.services.clients import list_clients

    with opened_store(read_settings()) as store:
        rows = [asdict(client) for client in list_clients(store)]
    print_rows(rows, _COLUMNS, as_json=as_json)


@commands.command()
def disable(
    client_id: Annotated[str, typer.Argument(help="Id of the machine (cli_…).")], *, as_json: AsJson = False
) -> None:
    """End a machine's account and its tokens at once."""
    from node.clock import SystemClock
    from node.services.clients import disable_client

    with opened_store(read_settings()) as store:
        disable_client(store, SystemClock(), client_id, by=TERMINAL)
    print_rows([{"id": client_id, "disabled": True}], ("id", "disabled"), as_json=as_json)


@commands.command()
def rotate(*, as_json: AsJson = False) -> None:
    """Sign access tokens by a new key; twice ends every token there is."""
    from node.bootstrap.opening import open_access_keys
    from node.clock import SystemRandom

    key = open_access_keys(read_settings(), SystemRandom()).rotate()
    print_rows([{"key": key}], ("key",), as_json=as_json)


def _proof(
    random: "Random", public_key: "Path | None", certificate: "Path | None"
) -> "tuple[Proof, str | None]":
    from node.bootstrap.opening import read_certificate, read_secret
    from node.services.clients import certificate_proof, key_proof, secret_proof

    if public_key is not None:
        return key_proof(read_secret(public_key).decode(errors="replace")), None
    if certificate is not None:
        return certificate_proof(read_certificate(certificate)), None
    return secret_proof(random)


def _told(secret: str | None) -> str:
    return "it has its account" if secret is None else "keep the line above, it is not shown again"
