"""`vostro evidence`, `verify`: proof of a settlement, and its check."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from node.cli import histories, sampling
from node.cli.opening import opened_store, read_settings
from node.cli.output import AsJson

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
sampling.register(commands)


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.add_typer(commands, name="evidence")
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


def verify(
    bundle: Annotated[Path, typer.Argument(help="The evidence file.", dir_okay=False)],
    *,
    checkpoint: Annotated[Path, typer.Option(help="What you trust, from elsewhere.", dir_okay=False)],
    signed_by: Annotated[
        list[str] | None, typer.Option(help="Address that must have signed the checkpoint; repeat.")
    ] = None,
    entries: Annotated[
        Path | None, typer.Option(help="Write an account's proven entries to this CSV file.", dir_okay=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check an evidence file against a checkpoint, offline: a line per check. Exit 1 if one fails."""
    from node.cli.verifying import print_checks

    status = print_checks(bundle, checkpoint, as_json=as_json, signed_by=signed_by or (), entries=entries)
    raise typer.Exit(status)


def _write(content: bytes, output: Path | None) -> None:
    if output is None:
        typer.echo(content.decode(), nl=False)
    else:
        output.write_bytes(content)
        typer.echo(f"{len(content)} bytes in {output}", err=True)
