"""`vostro evidence sample`: what an auditor draws from what settled, with the evidence of each."""

from pathlib import Path
from typing import Annotated

import typer

from node.cli.opening import opened_store, read_password, read_settings
from node.cli.output import AsJson, print_rows, working
from node.cli.parsing import address_of, day_of


def register(app: typer.Typer) -> None:
    """Add this command to `vostro evidence`."""
    app.command()(sample)


def sample(
    *,
    seed: Annotated[str, typer.Option(help="What the auditor chose; the same seed draws the same.")],
    count: Annotated[int, typer.Option(help="How many to draw.", min=1)],
    key: Annotated[str, typer.Option(help="Key of this node that signs the manifest.")],
    output: Annotated[Path, typer.Option(help="The ZIP to write.", dir_okay=False)],
    currency: Annotated[str | None, typer.Option(help="ISO 4217 code.")] = None,
    counterparty: Annotated[str | None, typer.Option(help="BIC of the payee.")] = None,
    first: Annotated[str | None, typer.Option("--from", help="First UTC day: 2026-11-22.")] = None,
    last: Annotated[str | None, typer.Option("--until", help="Last UTC day.")] = None,
    amount_from: Annotated[
        str | None, typer.Option("--min-amount", help="With the currency: 1000.00.")
    ] = None,
    height: Annotated[int | None, typer.Option(help="As settled at this block; default: the newest.")] = None,
    document: Annotated[bool, typer.Option(help="With the documents, which hold people's data.")] = True,
    as_json: AsJson = False,
) -> None:
    """Draw settled payments by a seed, and write their evidence with a signed manifest into a ZIP."""
    from node.bootstrap.opening import opened_notary
    from node.chain.contracts import Contracts
    from node.chain.deployment import read_deployment
    from node.services.sampling import Wanted, signed_by, write_sample

    settings, address = read_settings(), address_of(key)
    contracts = Contracts(read_deployment(settings.deployment_file))
    wanted = Wanted(
        currency=currency,
        counterparty=counterparty,
        first_day=None if first is None else day_of(first),
        last_day=None if last is None else day_of(last),
        amount_from=amount_from,
    )
    chain_id, password = contracts.deployment.chain_id, read_password(settings)
    with (
        working("drawing"),
        opened_notary(settings, password, address, chain_id=chain_id) as notary,
        opened_store(settings) as store,
        output.open("wb") as file,
    ):
        made = write_sample(
            store,
            settings,
            contracts,
            seed=seed,
            count=count,
            wanted=wanted,
            height=height,
            with_document=document,
            sign=signed_by(notary, address),
            into=file,
        )
    row = {"file": str(output), "height": made.height, "drawn": len(made.files), "of": made.population.count}
    print_rows([row], ("file", "height", "drawn", "of"), as_json=as_json)
