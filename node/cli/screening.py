"""`vostro screening`: the names list that payments are held against."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from node.cli.opening import opened_store, read_settings, terminal_operator
from node.cli.output import AsJson, print_rows

commands = typer.Typer(help="The names list that payments are held against.", no_args_is_help=True)

_COLUMNS = ("version", "names", "added", "removed", "author_name", "created_at", "digest")
_LIMIT_MAX = 1000


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.add_typer(commands, name="screening")


@commands.command()
def load(
    file: Annotated[
        Path,
        typer.Argument(
            help="The whole list, a table (.csv): entry, name, programme, country.",
            exists=True,
            dir_okay=False,
        ),
    ],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list every fault, or what would change.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Hold payments against a list from now on; the nodes that run know at once."""
    from node.clock import SystemClock
    from node.services.screening.lists import BYTES_MAX, foresee_list, load_list, read_list

    with file.open("rb") as opened:
        names = read_list(opened.read(BYTES_MAX + 1))
    at, actor = int(SystemClock().now()), terminal_operator()
    with opened_store(read_settings()) as store:
        if dry_run:
            with store.snapshot() as connection:
                listed = foresee_list(connection, names, actor=actor, at=at)
        else:
            with store.transaction() as connection:
                listed = load_list(connection, names, actor=actor, at=at)
    print_rows([asdict(listed)], _COLUMNS, as_json=as_json)


@commands.command("list")
def list_(
    *,
    limit: Annotated[int, typer.Option(min=1, max=_LIMIT_MAX, help="The newest so many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show the versions of the list, newest first."""
    from node.services.screening.lists import list_versions

    with opened_store(read_settings()) as store, store.snapshot() as connection:
        found = list_versions(connection, limit=limit)
    print_rows([asdict(each) for each in found], _COLUMNS, as_json=as_json)


@commands.command()
def names(
    version: Annotated[int, typer.Argument(min=1, help="Of the list.")],
    *,
    entry: Annotated[str | None, typer.Option(help="Only those of one entry.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show who was on a version of the list."""
    from node.services.screening.lists import names_of

    with opened_store(read_settings()) as store, store.snapshot() as connection:
        found = sorted(names_of(connection, version))
    rows = [asdict(each) for each in found if entry in (None, each.entry)]
    print_rows(rows, ("entry", "name", "programme", "country"), as_json=as_json)
