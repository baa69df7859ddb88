"""`vostro alerts`: what a person should look at, and that somebody has."""

from dataclasses import asdict
from typing import Annotated

import typer

from node.cli.opening import TERMINAL, opened_store, read_settings
from node.cli.output import AsJson, print_rows

commands = typer.Typer(help="What rules found that a person should look at.", no_args_is_help=True)

_COLUMNS = ("id", "rule", "explanation", "raised_at", "stop_asked_at", "acknowledged_by", "note")


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.add_typer(commands, name="alerts")


@commands.command("list")
def list_(
    *,
    acknowledged: Annotated[bool, typer.Option("--all", help="Those that were acknowledged, too.")] = False,
    after: Annotated[int, typer.Option(help="Only numbers above this one: the next page.", min=0)] = 0,
    as_json: AsJson = False,
) -> None:
    """Show what is open, oldest first, 500 at most."""
    from node.services.alerts.raised import list_alerts

    with opened_store(read_settings()) as store, store.snapshot() as connection:
        found = list_alerts(connection, also_acknowledged=acknowledged, after=after)
    print_rows([asdict(each) for each in found], _COLUMNS, as_json=as_json)


@commands.command()
def acknowledge(
    number: Annotated[int, typer.Argument(help="Number of the alert.", min=1)],
    *,
    name: Annotated[str, typer.Option("--by", help="Who has looked; for the audit log.")],
    note: Annotated[str, typer.Option(help="What it was.")],
    as_json: AsJson = False,
) -> None:
    """Say that somebody has looked. What a rule has stopped stays stopped until it is resumed."""
    from node.clock import SystemClock
    from node.services.alerts.raised import acknowledge as acknowledge_alert

    with opened_store(read_settings()) as store, store.transaction() as connection:
        at = int(SystemClock().now())
        found = acknowledge_alert(connection, number, by=name, note=note, actor=TERMINAL, at=at)
    print_rows([asdict(found)], _COLUMNS, as_json=as_json)
