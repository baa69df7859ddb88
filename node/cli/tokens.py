"""`vostro tokens`: who may come in by the API."""

from dataclasses import asdict
from typing import Annotated

import typer

from node.cli.opening import TERMINAL, opened_store, read_settings
from node.cli.output import AsJson, print_json, print_rows

commands = typer.Typer(help="API tokens: who may come in.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.add_typer(commands, name="tokens")


@commands.command()
def new(
    name: Annotated[str, typer.Argument(help="Whose token it is; for the log and the list.")],
    role: Annotated[str, typer.Option(help="officer, approver, auditor, operator, issuer or integration.")],
    *,
    days: Annotated[int, typer.Option(help="Days for which it is good.", min=1, max=3660)] = 366,
    as_json: AsJson = False,
) -> None:
    """Make a token and show its secret, once: only a digest of it is kept."""
    from node.clock import SystemClock, SystemRandom
    from node.services.actors import Role
    from node.services.tokens import new_token

    if role not in tuple(Role):
        raise typer.BadParameter(f"{role} is none of {', '.join(Role)}", param_hint="--role")
    with opened_store(read_settings()) as store:
        token, secret = new_token(
            store, SystemClock(), SystemRandom(), name=name, role=Role(role), by=TERMINAL, days=days
        )
    if as_json:
        print_json(asdict(token) | {"secret": secret})
    else:
        typer.echo(secret)
        typer.echo(
            f"{token.id} ({token.role}, {token.name}): keep the line above, it is not shown again", err=True
        )


@commands.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """Show every token ever made, without its secret."""
    from node.services.tokens import list_tokens

    with opened_store(read_settings()) as store:
        rows = [asdict(token) for token in list_tokens(store)]
    print_rows(rows, ("id", "name", "role", "created_at", "expires_at", "revoked_at"), as_json=as_json)


@commands.command()
def revoke(
    token_id: Annotated[str, typer.Argument(help="Id of the token (tok_…).")],
    *,
    as_json: AsJson = False,
) -> None:
    """End a token at once."""
    from node.clock import SystemClock
    from node.services.tokens import revoke_token

    with opened_store(read_settings()) as store:
        revoke_token(store, SystemClock(), token_id, by=TERMINAL)
    print_rows([{"id": token_id, "revoked": True}], ("id", "revoked"), as_json=as_json)
