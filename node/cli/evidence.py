"""`vostro evidence`, `checkpoint`, `verify`: proof of a settlement, and its check."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from node.cli import histories
from node.cli.opening import opened_store, read_settings
from node.cli.output import AsJson, print_rows

if TYPE_CHECKING:
    from settlement.evidence.checkpoint import Checkpoint

Height = Annotated[
    int | None, typer.Option(help="Height of the checkpoint; default: the newest block.", min=0)
]
Output = Annotated[Path | None, typer.Option(help="Write to this file.", dir_okay=False)]


class _OfPayment(TyperGroup):
    """`vostro evidence ID` is `vostro evidence payment ID`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take what is no other command for a payment's."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["payment", *args]
        return super().parse_args(ctx, args)


commands = typer.Typer(
    cls=_OfPayment,
    help="Write what proves something to somebody who has only a checkpoint; `evidence ID`: a payment.",
    no_args_is_help=True,
)
histories.register(commands)


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.add_typer(commands, name="evidence")
    app.command()(checkpoint)
    app.command()(verify)


@commands.command("payment")
def evidence(
    payment: Annotated[str, typer.Argument(help="Id (pay_…) or UETR.")],
    *,
    height: Height = None,
    document: Annotated[bool, typer.Option(help="With the document, which holds people's data.")] = True,
    output: Output = None,
    as_json: AsJson = False,  # noqa: ARG001 - the file is JSON anyway
) -> None:
    """Write the file that proves a settlement to somebody who has only a checkpoint."""
    from node.chain.contracts import Contracts
    from node.chain.deployment import read_deployment
    from node.services.evidence import evidence_of

    settings = read_settings()
    contracts = Contracts(read_deployment(settings.deployment_file))
    with opened_store(settings) as store:
        content = evidence_of(store, settings, contracts, payment, height=height, with_document=document)
    _write(content, output)


@commands.command("cycle-payment")
def cycle_payment(
    request: Annotated[
        Path,
        typer.Argument(
            help="What this member has of it: digest, payment, paths, document and salt, as JSON.",
            exists=True,
            dir_okay=False,
        ),
    ],
    *,
    height: Height = None,
    output: Output = None,
    as_json: AsJson = False,  # noqa: ARG001 - likewise
) -> None:
    """Write the file that proves a payment inside a settled netting cycle."""
    from node.chain.contracts import Contracts
    from node.chain.deployment import read_deployment
    from node.services.evidence import evidence_in_cycle
    from settlement.evidence.cycle import REQUEST_BYTES_MAX

    settings = read_settings()
    contracts = Contracts(read_deployment(settings.deployment_file))
    with request.open("rb") as file:
        given = file.read(REQUEST_BYTES_MAX + 1)
    with opened_store(settings) as store:
        content = evidence_in_cycle(store, settings, contracts, given, height=height)
    _write(content, output)


def checkpoint(
    *,
    height: Height = None,
    output: Output = None,
    compare: Annotated[
        Path | None, typer.Option(help="Another bank's: say what this node has otherwise.", dir_okay=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a checkpoint of the mirrored chain; or compare another bank's with it, exit 1 if they differ."""
    from settlement.evidence.checkpoint import differences, write_checkpoint

    if compare is None:
        _write(write_checkpoint(_own_checkpoint(height)), output)
        return
    from node.cli.verifying import read_checkpoint_file

    theirs = read_checkpoint_file(compare)
    found = differences(_own_checkpoint(theirs.height), theirs)
    row = {"height": theirs.height, "block_hash": theirs.block_hash, "differences": found}
    print_rows([row], ("height", "block_hash", "differences"), as_json=as_json)
    if found:
        raise typer.Exit(1)


def _own_checkpoint(height: int | None) -> "Checkpoint":
    from node.bootstrap.opening import connected_chain
    from node.chain.contracts import Contracts
    from node.chain.deployment import read_deployment
    from node.clock import SystemClock
    from node.services.evidence import make_checkpoint

    settings = read_settings()
    contracts = Contracts(read_deployment(settings.deployment_file))
    with (
        opened_store(settings) as store,
        connected_chain(settings, SystemClock(), contracts.deployment) as chain,
    ):
        return make_checkpoint(store, settings, contracts, chain, height=height)


def verify(
    bundle: Annotated[Path, typer.Argument(help="The evidence file.", dir_okay=False)],
    *,
    checkpoint: Annotated[Path, typer.Option(help="What you trust, from elsewhere.", dir_okay=False)],
    entries: Annotated[
        Path | None, typer.Option(help="Write an account's proven entries to this CSV file.", dir_okay=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check an evidence file against a checkpoint, offline: a line per check. Exit 1 if one fails."""
    from node.cli.verifying import print_checks

    raise typer.Exit(print_checks(bundle, checkpoint, as_json=as_json, entries=entries))


def _write(content: bytes, output: Path | None) -> None:
    if output is None:
        typer.echo(content.decode(), nl=False)
    else:
        output.write_bytes(content)
        typer.echo(f"{len(content)} bytes in {output}", err=True)
