"""`vostro evidence account`, `evidence key`: all receipts of some blocks, so that nothing is missing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import Annotated, BinaryIO

import typer

from node.cli.opening import opened_store, read_settings
from node.cli.output import AsJson, working
from node.cli.parsing import address_of

Last = Annotated[int | None, typer.Option(help="The last block; default: the newest.", min=0)]
Height = Annotated[
    int | None, typer.Option(help="Height of the checkpoint; default: the newest block.", min=0)
]
Output = Annotated[Path | None, typer.Option(help="Write to this file.", dir_okay=False)]


def register(commands: typer.Typer) -> None:
    """Add these commands to `vostro evidence`."""
    commands.command()(account)
    commands.command()(key)


def account(
    asset: Annotated[str, typer.Argument(help="ISO 4217 code, or an asset's number.")],
    *,
    of: Annotated[str | None, typer.Option(help="BIC of another participant.")] = None,
    first: Annotated[int, typer.Option(help="The first block.", min=0)] = 0,
    last: Last = None,
    height: Height = None,
    output: Output = None,
    as_json: AsJson = False,  # noqa: ARG001 - the file is JSON anyway
) -> None:
    """Write the file from which anybody derives every entry of an account in a range of blocks."""
    from node.chain.contracts import Contracts
    from node.chain.deployment import read_deployment
    from node.services.histories import Range, write_account_history
    from node.services.participants import asset_named, number_of
    from settlement.evidence.history import HISTORY_BYTES_MAX

    settings = read_settings()
    contracts = Contracts(read_deployment(settings.deployment_file))
    with working("writing and checking"), opened_store(settings) as store, _written(output) as file:
        write_account_history(
            store,
            settings,
            contracts,
            asset=asset_named(store, asset).id,
            participant=number_of(store, of or settings.bic),
            blocks=Range(first=first, last=last, height=height),
            into=file,
            bytes_max=HISTORY_BYTES_MAX,
        )


def key(
    address: Annotated[str, typer.Argument(help="The key's address.")],
    *,
    last: Last = None,
    height: Height = None,
    output: Output = None,
    as_json: AsJson = False,  # noqa: ARG001 - likewise
) -> None:
    """Write the file that proves what a key might do at a block: all receipts since its registration."""
    from node.chain.contracts import Contracts
    from node.chain.deployment import read_deployment
    from node.services.histories import Range, write_key_history
    from settlement.evidence.history import HISTORY_BYTES_MAX

    settings = read_settings()
    contracts = Contracts(read_deployment(settings.deployment_file))
    with working("writing and checking"), opened_store(settings) as store, _written(output) as file:
        write_key_history(
            store,
            settings,
            contracts,
            address=address_of(address),
            blocks=Range(last=last, height=height),
            into=file,
            bytes_max=HISTORY_BYTES_MAX,
        )


@contextmanager
def _written(output: Path | None) -> Iterator[BinaryIO]:
    """Give a file for what is proven at the end; only then it has its name, or is printed."""
    if output is None:
        with TemporaryFile() as file:
            yield file
            file.seek(0)
            copyfileobj(file, typer.get_binary_stream("stdout"))
        return
    from node.cli.verifying import unproven

    with unproven(output) as passing, passing.open("w+b") as file:
        yield file
        typer.echo(f"{file.tell()} bytes in {output}", err=True)
