"""How commands print: a table for people, JSON for programs."""

import dataclasses
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

_BINARY = frozenset({"xlsx", "pdf"})

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def print_json(value: object) -> None:
    """Print one JSON value; bytes as 0x… and amounts as they come (strings of minor units)."""
    typer.echo(json.dumps(value, default=_plain, ensure_ascii=False))


def print_rows(rows: Iterable[Mapping[str, object]], columns: Sequence[str], *, as_json: bool) -> None:
    """Print rows: as JSON an array with every field, as a table the named columns."""
    found = list(rows)
    if as_json:
        print_json(found)
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in found:
        table.add_row(*(shown(row.get(column)) for column in columns))
    console = Console(soft_wrap=False) if sys.stdout.isatty() else Console(width=200)
    console.print(table)


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show that something is being done that may take more than a second; only to a person."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(f"{what} …"):
        yield


def require_file(form: str, output: Path | None) -> None:
    """Refuse to send what no terminal can show to one."""
    if form in _BINARY and output is None:
        raise typer.BadParameter(f"{form} needs a file", param_hint="--output")


def deliver(content: bytes, output: Path | None, told: str) -> None:
    """Write to a file and tell what, or print."""
    if output is None:
        typer.echo(content.decode())
        return
    output.write_bytes(content)
    typer.echo(f"{told} in {output}", err=True)


def deliver_document(content: bytes, output: Path | None, *, as_json: bool) -> None:
    """Print a document, or write it to a file and tell its size."""
    if output is None:
        typer.echo(content.decode())
        return
    output.write_bytes(content)
    print_rows([{"file": str(output), "bytes": len(content)}], ("file", "bytes"), as_json=as_json)


def shown(value: object) -> str:
    """Return a value as a person reads it in a table."""
    if value is None:
        return ""
    return str(_plain(value)) if isinstance(value, bytes | Enum) else str(value)


def _plain(value: object) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return str(value)
