"""`vostro files`: what is wrong with a file before it is sent; sending a long one; what became of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.opening import TERMINAL, opened_store, read_settings
from node.cli.output import AsJson, deliver_document, print_json, print_rows

if TYPE_CHECKING:
    from node.services.incoming_files import FileForm

Output = Annotated[Path | None, typer.Option(help="Write to this file.", dir_okay=False)]
_PROGRESS = ("file_id", "state", "transactions", "checked", "taken", "refused", "repeats")
_COLUMNS = ("transaction", "path", "code", "detail")


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.add_typer(files)


files = typer.Typer(name="files", help="Files of payments.", no_args_is_help=True)


@files.command()
def check(
    file: Annotated[
        Path,
        typer.Argument(
            help="A pacs.008, 009, 004, a camt.050 or a table (.csv).", exists=True, dir_okay=False
        ),
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
        _print_faults(faults)
    else:
        told = "was accepted before" if checked.accepted_before else "would be accepted now"
        typer.echo(f"{checked.payments} payments: no fault; the file {told}")
    if faults:
        raise typer.Exit(1)


@files.command()
def send(
    file: Annotated[
        Path,
        typer.Argument(help="A pacs.008 or pacs.009, or a table (.csv).", exists=True, dir_okay=False),
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Have a file read in the background by `vostro run`: checked whole, then taken part by part.

    For files of up to 100,000 payments. The same file again is the same file.
    """
    import hashlib

    import orjson

    from node.clock import SystemClock, SystemRandom
    from node.services.uploads.receiving import receive
    from settlement.errors import MessageTooLarge

    settings, body = read_settings(), file.read_bytes()
    if len(body) > settings.upload_bytes_max:
        raise MessageTooLarge(f"the file has {len(body)} bytes; at most {settings.upload_bytes_max} are read")
    with opened_store(settings) as store:
        answer = receive(
            store,
            SystemClock(),
            SystemRandom(),
            actor=TERMINAL,
            entered_by=TERMINAL,
            form=form_of(file),
            body=body,
            key=hashlib.sha256(body).hexdigest(),
        )
    kept = orjson.loads(answer.body)
    print_rows([kept], tuple(kept), as_json=False) if not as_json else print_json(kept)


@files.command()
def show(
    file_id: Annotated[str, typer.Argument(help="Id (file_…).")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show how far a file has come, and what is wrong with it. Exit 1 when it was refused."""
    from dataclasses import asdict

    from node.services.uploads.progress import UploadState
    from node.services.uploads.receiving import file_progress

    with opened_store(read_settings()) as store:
        found = file_progress(store, file_id)
    if as_json:
        print_json(asdict(found))
    else:
        print_rows([asdict(found)], _PROGRESS, as_json=False)
        _print_faults([asdict(fault) for fault in found.faults])
    if found.state == UploadState.REFUSED:
        raise typer.Exit(1)


@files.command()
def status(
    named: Annotated[str, typer.Argument(help="Id of a file (file_…), or id or UETR of a payment.")],
    *,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Write the pacs.002 of a file or of one payment as of now."""
    from node.clock import SystemClock
    from node.services.reports import file_status, payment_status

    settings = read_settings()
    report = file_status if named.startswith("file_") else payment_status
    with opened_store(settings) as store:
        written = report(store, settings, SystemClock(), named)
    deliver_document(written, output, as_json=as_json)


@files.command()
def receipt(
    file_id: Annotated[str, typer.Argument(help="Id of a camt.050 (file_…).")],
    *,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Write the camt.025 of a liquidity transfer as of now."""
    from node.clock import SystemClock
    from node.services.reports import liquidity_receipt

    settings = read_settings()
    with opened_store(settings) as store:
        written = liquidity_receipt(store, settings, SystemClock(), file_id)
    deliver_document(written, output, as_json=as_json)


def _print_faults(faults: list[dict[str, Any]]) -> None:
    if faults:
        rows = [{**row, "transaction": _number(row["transaction"])} for row in faults]
        print_rows(rows, _COLUMNS, as_json=False)


def form_of(file: Path) -> "FileForm":
    """Return the form of a file by the end of its name."""
    from node.services.incoming_files import FileForm

    return FileForm.CSV if file.suffix.lower() == ".csv" else FileForm.XML


def _number(transaction: int | None) -> int | None:
    """Return a transaction's number as a person counts."""
    return None if transaction is None else transaction + 1
