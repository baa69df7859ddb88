"""`vostro events`: what happened to this node's instructions and accounts, in one order."""

import json
from typing import Annotated

import typer

from node.cli.opening import opened_store, read_settings
from node.cli.output import AsJson, print_json, print_rows

_COLUMNS = ("id", "timestamp", "type", "payment_id", "currency", "amount")


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.command()(events)


def events(
    *,
    cursor: Annotated[str | None, typer.Option(help="Id of the last event known.")] = None,
    types: Annotated[str | None, typer.Option(help="Between commas: payment.settled,account.*")] = None,
    accounts: Annotated[str | None, typer.Option(help="Between commas, by currency or number.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 100,
    as_json: AsJson = False,
) -> None:
    """Show what happened, oldest first, from a cursor on."""
    from node.services.streams.listing import list_events, words_of

    with opened_store(read_settings()) as store:
        found = list_events(
            store, types=words_of(types), accounts=words_of(accounts), cursor=cursor, limit=limit
        )
    told = [json.loads(entry.body) for entry in found.entries]
    if as_json:
        print_json({"events": told, "cursor": found.cursor, "more": found.more})
        return
    rows = [each | {name: each["data"].get(name) for name in _COLUMNS[3:]} for each in told]
    print_rows(rows, _COLUMNS, as_json=False)
    if found.more:
        typer.echo(f"there is more: --cursor {found.cursor}", err=True)
