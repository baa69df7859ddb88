"""`vostro breaks`: what reconciliation found to differ, whose it is, and its end."""

from dataclasses import asdict
from typing import Annotated

import typer

from node.cli.opening import TERMINAL, opened_store, read_settings
from node.cli.output import AsJson, print_rows

commands = typer.Typer(help="Differences that reconciliation found, until a person clears them.")

_COLUMNS = ("id", "kind", "subject", "field", "expected", "found", "age_seconds", "owner", "cleared_by")

Number = Annotated[int, typer.Argument(help="Number of the break.", min=1)]


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.add_typer(commands, name="breaks", no_args_is_help=True)


@commands.command("list")
def list_(
    *,
    cleared: Annotated[bool, typer.Option("--all", help="Those that were cleared, too.")] = False,
    after: Annotated[int, typer.Option(help="Only numbers above this one: the next page.", min=0)] = 0,
    as_json: AsJson = False,
) -> None:
    """Show what is open, oldest first, 500 at most."""
    from node.clock import SystemClock
    from node.services.breaks import list_breaks

    now = int(SystemClock().now())
    with opened_store(read_settings()) as store:
        found = list_breaks(store, also_cleared=cleared, after=after)
    rows = [asdict(each) | {"age_seconds": (each.cleared_at or now) - each.opened_at} for each in found]
    print_rows(rows, _COLUMNS, as_json=as_json)


@commands.command()
def assign(
    number: Number,
    *,
    owner: Annotated[str, typer.Option("--to", help="Who finds out why.")],
    as_json: AsJson = False,
) -> None:
    """Make somebody answer for a break, or somebody else."""
    from node.clock import SystemClock
    from node.services.breaks import assign as assign_break

    with opened_store(read_settings()) as store, store.transaction() as connection:
        at = int(SystemClock().now())
        found = assign_break(connection, number, owner=owner, actor=TERMINAL, at=at)
    print_rows([asdict(found)], ("id", "subject", "field", "owner"), as_json=as_json)


@commands.command()
def clear(
    number: Number,
    *,
    name: Annotated[str, typer.Option("--by", help="Who has found out why; for the audit log.")],
    reason: Annotated[str, typer.Option(help="Why it differed, and what was done.")],
    as_json: AsJson = False,
) -> None:
    """End a break. If the difference is still there, the next run finds it as a new one."""
    from node.clock import SystemClock
    from node.services.breaks import clear as clear_break

    with opened_store(read_settings()) as store, store.transaction() as connection:
        at = int(SystemClock().now())
        found = clear_break(connection, number, by=name, reason=reason, actor=TERMINAL, at=at)
    print_rows([asdict(found)], ("id", "subject", "field", "cleared_by", "reason"), as_json=as_json)
