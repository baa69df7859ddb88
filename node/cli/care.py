"""`vostro incidents`, `vostro audit`: what was found broken, and whether the log of who did what is whole."""

from dataclasses import asdict
from typing import Annotated

import typer

from node.cli.opening import TERMINAL, opened_store, read_settings
from node.cli.output import AsJson, print_rows, working

incidents = typer.Typer(help="Rules found broken; the node signs nothing until they are cleared.")
audit = typer.Typer(help="The log of who did what.", no_args_is_help=True)

_COLUMNS = ("id", "writer", "code", "detail", "raised_at")


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.add_typer(incidents, name="incidents")
    app.add_typer(audit, name="audit")


@incidents.callback(invoke_without_command=True)
def show(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Show what is open, oldest first."""
    if context.invoked_subcommand is not None:
        return
    from node.store.incidents import open_incidents

    with opened_store(read_settings()) as store, store.snapshot() as connection:
        rows = [asdict(incident) for incident in open_incidents(connection)]
    print_rows(rows, _COLUMNS, as_json=as_json)


@incidents.command()
def headers(
    incident: Annotated[int, typer.Argument(help="Number of the incident.")], *, as_json: AsJson = False
) -> None:
    """Show each header that was told of the block it is about, with who told it; RLP, hexadecimal."""
    from node.store.incidents import incident_headers_of

    with opened_store(read_settings()) as store, store.snapshot() as connection:
        found = incident_headers_of(connection, incident)
    rows = [{"teller": teller, "header": "0x" + header.hex()} for teller, header in found]
    print_rows(rows, ("teller", "header"), as_json=as_json)


@incidents.command()
def clear(
    incident: Annotated[int, typer.Argument(help="Number of the incident.")],
    *,
    name: Annotated[str, typer.Option("--by", help="Who has looked; for the audit log.")],
    as_json: AsJson = False,
) -> None:
    """Let the node go on: a person has found out why, and answers for it."""
    from node.clock import SystemClock
    from node.services.incidents import clear as clear_incident

    with opened_store(read_settings()) as store:
        clear_incident(store, SystemClock(), incident, by=name, actor=TERMINAL)
    print_rows([{"id": incident, "cleared_by": name}], ("id", "cleared_by"), as_json=as_json)


@audit.command()
def verify(*, as_json: AsJson = False) -> None:
    """Check the audit log from its first entry to its last, and against the heads of it that stand on chain.

    `anchored` is the newest entry that such a head covers, in block `height`.
    """
    from node.services.anchors import verify_anchors
    from node.services.audit import verify_audit

    settings = read_settings()
    with working("checking"), opened_store(settings) as store, store.snapshot() as connection:
        count, head = verify_audit(connection)
        anchors = verify_anchors(connection, settings)
    row = {
        "entries": count,
        "head": head,
        "anchors": anchors.count,
        "anchored": anchors.position,
        "height": anchors.height,
    }
    print_rows([row], tuple(row), as_json=as_json)


@audit.command("refusals")
def show_refusals(
    *,
    limit: Annotated[int, typer.Option(help="Rows at most.", min=1, max=1000)] = 100,
    as_json: AsJson = False,
) -> None:
    """Show who was refused at the API and how often, by hour, the newest first."""
    from node.services.refusals import list_refusals

    with opened_store(read_settings()) as store:
        rows = [asdict(refusal) for refusal in list_refusals(store, limit=limit)]
    print_rows(rows, ("hour", "code", "actor", "method", "route", "address", "count"), as_json=as_json)
