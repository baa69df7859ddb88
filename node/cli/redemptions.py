"""`vostro redemptions`: money that its holders ask its issuer to take back, on either side."""

from typing import Annotated

import typer

from node.cli.opening import TERMINAL, opened_store, read_settings
from node.cli.output import AsJson, print_rows

commands = typer.Typer(help="Money that its holders ask to be taken back.", no_args_is_help=True)

Holder = Annotated[str, typer.Argument(help="BIC of who asked.")]
Sequence = Annotated[int, typer.Argument(help="Its number of the redemption.", min=0)]


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.add_typer(commands, name="redemptions")


@commands.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """Show what waits, for this bank's answer or another's, oldest first."""
    from node.services.circumstances import own_participant
    from node.services.redemptions import pending_redemptions

    settings = read_settings()
    with opened_store(settings) as store:
        with store.snapshot() as connection:
            own = own_participant(connection, settings)
        found = pending_redemptions(store, own.id)
    rows = [
        {
            "holder": each.holder.bic,
            "issuer": each.issuer.bic,
            "sequence": each.terms.sequence,
            "asset": each.terms.asset,
            "amount": str(each.terms.amount),
            "height": each.height,
        }
        for each in found
    ]
    print_rows(rows, ("holder", "issuer", "sequence", "asset", "amount", "height"), as_json=as_json)


@commands.command()
def confirm(holder: Holder, sequence: Sequence, *, as_json: AsJson = False) -> None:
    """Take the money back: the locked units cease to be."""
    _end(holder, sequence, "confirmed", as_json=as_json)


@commands.command()
def refuse(holder: Holder, sequence: Sequence, *, as_json: AsJson = False) -> None:
    """Give the locked units back to their holder."""
    _end(holder, sequence, "refused", as_json=as_json)


@commands.command()
def withdraw(sequence: Sequence, *, as_json: AsJson = False) -> None:
    """Take this bank's own request back while it waits: the locked units are its own again."""
    _end(None, sequence, "withdrawn", as_json=as_json)


def _end(holder: str | None, sequence: int, ending: str, *, as_json: bool) -> None:
    """End a redemption: of a holder, as its issuer, or (None) of this bank itself."""
    from node.chain.contracts import Contracts
    from node.chain.deployment import read_deployment
    from node.clock import SystemClock
    from node.services.circumstances import own_participant
    from node.services.redemptions import Ending, end_redemption

    settings, at = read_settings(), int(SystemClock().now())
    contracts = Contracts(read_deployment(settings.deployment_file))
    with opened_store(settings) as store, store.transaction() as connection:
        row = end_redemption(
            connection,
            contracts,
            own=own_participant(connection, settings),
            holder=holder or settings.bic,
            sequence=sequence,
            ending=Ending(ending),
            actor=TERMINAL,
            at=at,
        )
    print_rows([{"row": row, "state": "waiting"}], ("row", "state"), as_json=as_json)
