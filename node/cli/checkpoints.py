"""`vostro checkpoint`: made of the mirrored chain, signed, and compared between banks."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.opening import opened_node, read_password
from node.cli.output import AsJson, print_json, print_rows, working
from node.cli.parsing import address_of

if TYPE_CHECKING:
    from node.settings import Settings
    from settlement.evidence.checkpoint import Checkpoint

commands = typer.Typer(help="Write a checkpoint of the mirrored chain; sign one; compare those of banks.")

Height = Annotated[int | None, typer.Option(help="Its height; default: the newest block.", min=0)]
Output = Annotated[Path | None, typer.Option(help="Write to this file.", dir_okay=False)]
SigningKey = Annotated[str | None, typer.Option("--key", help="Sign it by this key of this node.")]
Given = Annotated[list[Path], typer.Argument(help="Checkpoints, of whichever banks.", dir_okay=False)]

_COLUMNS = ("file", "height", "block_hash", "signed_by", "differs_from_first", "differs_from_node")


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.add_typer(commands, name="checkpoint")


@commands.callback(invoke_without_command=True)
def make(
    context: typer.Context,
    *,
    height: Height = None,
    key: SigningKey = None,
    output: Output = None,
) -> None:
    """Write a checkpoint of the mirrored chain, signed if a key is named."""
    if context.invoked_subcommand is not None:
        return
    from node.services.evidence import make_checkpoint

    with opened_node() as (store, settings, contracts, chain):
        made = make_checkpoint(store, settings, contracts, chain, height=height)
    _write(made if key is None else _signed(settings, made, key), output)


@commands.command()
def sign(
    file: Annotated[Path, typer.Argument(help="A checkpoint of another bank's.", dir_okay=False)],
    *,
    key: Annotated[str, typer.Option(help="Key of this node.")],
    output: Output = None,
) -> None:
    """Add this bank's signature to another's checkpoint; exit 1 where this node has it otherwise."""
    from node.cli.verifying import read_checkpoint_file
    from node.services.checkpoints import compare as compare_checkpoints

    theirs = read_checkpoint_file(file)
    with opened_node() as (store, settings, contracts, chain):
        found = compare_checkpoints(store, settings, contracts, chain, [theirs])
    if not found.agree:
        told = ", ".join(found.compared[0].differs_from_node) or "it is not mirrored here yet"
        typer.echo(f"not signed; this node has it otherwise: {told}", err=True)
        raise typer.Exit(1)
    _write(_signed(settings, theirs, key), output)


@commands.command()
def compare(files: Given, *, as_json: AsJson = False) -> None:
    """Compare checkpoints with the first of them and with this node's own chain. Exit 1 unless all agree.

    Of other heights: whether the higher descends from the lower, by the headers that this node has between.
    """
    from dataclasses import asdict

    from node.cli.verifying import read_checkpoint_file
    from node.services.checkpoints import compare as compare_checkpoints

    given = [read_checkpoint_file(path) for path in files]
    with opened_node() as (store, settings, contracts, chain):
        found = compare_checkpoints(store, settings, contracts, chain, given)
    rows = [{"file": str(path)} | asdict(each) for path, each in zip(files, found.compared, strict=True)]
    if as_json:
        print_json({"agree": found.agree, "headers": found.headers, "checkpoints": rows})
    else:
        print_rows(rows, _COLUMNS, as_json=False)
        typer.echo(
            _verdict(agree=found.agree, headers=found.headers, heights=[each.height for each in given])
        )
    if not found.agree:
        raise typer.Exit(1)


def _verdict(*, agree: bool, headers: int | None, heights: "list[int]") -> str:
    first, last = min(heights), max(heights)
    if headers is None:
        return "this node can't tell whether they are of one chain: one is not mirrored, or otherwise, here"
    verdict = "equal" if agree else "they differ"
    if first == last:
        return verdict
    return f"{verdict}; block {last} descends from block {first} by {headers} headers that this node has"


def _signed(settings: "Settings", made: "Checkpoint", key: str) -> "Checkpoint":
    from node.bootstrap.opening import opened_notary
    from settlement.evidence.checkpoint import attested

    address = address_of(key)
    with (
        working("signing"),
        opened_notary(settings, read_password(settings), address, chain_id=made.chain_id) as notary,
    ):
        signature = notary.attest(address, attested(made))
    others = tuple(each for each in made.signatures if each.signer != address)
    return replace(made, signatures=(*others, signature))


def _write(made: "Checkpoint", output: Path | None) -> None:
    from settlement.evidence.checkpoint import write_checkpoint

    content = write_checkpoint(made)
    if output is None:
        typer.echo(content.decode(), nl=False)
    else:
        output.write_bytes(content)
        typer.echo(f"{len(content)} bytes in {output}", err=True)
