"""`vostro files check`: what is wrong with a file of payments, before it is sent."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.opening import opened_store, read_settings
from node.cli.output import AsJson, print_json, print_rows

if TYPE_CHECKING:
    from node.services.incoming_files import FileForm

_COLUMNS = ("transaction", "path", "code", "detail")


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.add_typer(files)


files = typer.Typer(name="files", help="Files of payments.", no_args_is_help=True)


@files.command()
def check(
    file: Annotated[
        Path,
        typer.Argument(help="A pacs.008 or pacs.009, or a table (.csv).", exists=True, dir_okay=False),
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """List every fault of a file as of now, and take nothing of it. Exit 1 when there is one."""
    from dataclasses import asdict

    from node.bootstrap.opening import read_schemas
    from node.clock import SystemClock, SystemRandom
    from node.services.files import check_file

    settings = read_settings()
    with opened_store(settings) as store:
        checked = check_file(
            store,
            settings,
            SystemClock(),
            SystemRandom(),
            body=file.read_bytes(),
            form=form_of(file),
            schemas=read_schemas(settings),
        )
    faults = [asdict(fault) for fault in checked.faults]
    if as_json:
        print_json({**asdict(checked), "faults": faults})
    elif faults:
        print_rows(
            [{**row, "transaction": _number(row["transaction"])} for row in faults], _COLUMNS, as_json=False
        )
    else:
        told = "was accepted before" if checked.accepted_before else "would be accepted now"
        typer.echo(f"{checked.payments} payments: no fault; the file {told}")
    if faults:
        raise typer.Exit(1)


def form_of(file: Path) -> "FileForm":
    """Return the form of a file by the end of its name."""
    from node.services.incoming_files import FileForm

    return FileForm.CSV if file.suffix.lower() == ".csv" else FileForm.XML


def _number(transaction: int | None) -> int | None:
    """Return a transaction's number as a person counts."""
    return None if transaction is None else transaction + 1
