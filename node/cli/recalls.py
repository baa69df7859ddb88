"""`vostro recalls`: requests (camt.056) that payments be cancelled, and what became of each (camt.029)."""

from pathlib import Path
from typing import Annotated

import typer

from node.cli.opening import TERMINAL, opened_store, read_settings
from node.cli.output import AsJson, deliver_document, print_json, print_rows

commands = typer.Typer(help="Requests that payments be cancelled.", no_args_is_help=True)

RecallId = Annotated[str, typer.Argument(help="Id (recall_…).")]
_COLUMNS = ("payment_id", "uetr", "end_to_end_id", "status", "status_reason", "detail")


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.add_typer(commands, name="recalls")


@commands.command()
def send(
    file: Annotated[Path, typer.Argument(help="A camt.056.", exists=True, dir_okay=False)],
    *,
    as_json: AsJson = False,
) -> None:
    """Ask for the cancellation of each payment that queues; the same request again is the same request."""
    import hashlib

    import orjson

    from node.bootstrap.opening import read_schemas
    from node.clock import SystemClock, SystemRandom
    from node.services.recalls import accept_recall

    settings, body = read_settings(), file.read_bytes()
    with opened_store(settings) as store:
        answer = accept_recall(
            store,
            settings,
            SystemClock(),
            SystemRandom(),
            actor=TERMINAL,
            body=body,
            key=hashlib.sha256(body).hexdigest(),
            schemas=read_schemas(settings),
        )
    taken = orjson.loads(answer.body)
    print_rows([taken], tuple(taken), as_json=as_json)


@commands.command()
def show(recall_id: RecallId, *, as_json: AsJson = False) -> None:
    """Show what became of each payment that a request names."""
    from node.clock import SystemClock
    from node.services.recalls import get_recall, recall_fields

    settings = read_settings()
    with opened_store(settings) as store:
        found = recall_fields(get_recall(store, settings, SystemClock(), recall_id))
    if as_json:
        print_json(found)
    else:
        typer.echo(f"{found['recall_id']}: {found['status']}", err=True)
        print_rows(found["payments"], _COLUMNS, as_json=False)


@commands.command()
def resolution(
    recall_id: RecallId,
    *,
    output: Annotated[Path | None, typer.Option(help="Write to this file.", dir_okay=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Write the camt.029 of a request as of now."""
    from node.clock import SystemClock
    from node.services.recalls import resolution as resolution_of

    settings = read_settings()
    with opened_store(settings) as store:
        written = resolution_of(store, settings, SystemClock(), recall_id)
    deliver_document(written, output, as_json=as_json)
