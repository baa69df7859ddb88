"""`vostro transactions`: what is in flight, and giving up one that is stuck."""

from dataclasses import asdict
from typing import Annotated

import typer

from node.cli.opening import TERMINAL, opened_store, read_settings
from node.cli.output import AsJson, print_rows

commands = typer.Typer(help="Transactions in flight; giving up one that is stuck.", no_args_is_help=True)

_COLUMNS = ("hash", "key", "nonce", "age_seconds", "rows", "versions", "gas_price", "cancel_asked")


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.add_typer(commands, name="transactions")


@commands.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """Show what is signed and not final, by key and nonce."""
    from node.clock import SystemClock
    from node.services.transactions import in_flight

    with opened_store(read_settings()) as store:
        rows = [asdict(each) for each in in_flight(store, SystemClock())]
    print_rows(rows, _COLUMNS, as_json=as_json)


@commands.command()
def cancel(
    transaction: Annotated[str, typer.Argument(help="Hash of the transaction, as the list shows it.")],
    *,
    name: Annotated[str, typer.Option("--by", help="Who wants it; for the audit log.")],
    as_json: AsJson = False,
) -> None:
    """Have its nonce used for nothing; what it carries goes again under another nonce.

    The chain decides: if the transaction itself is mined first, nothing is cancelled.
    """
    from node.clock import SystemClock
    from node.services.transactions import cancel as ask

    try:
        transaction_hash = bytes.fromhex(transaction.removeprefix("0x"))
    except ValueError:
        raise typer.BadParameter(f"{transaction} is no hash", param_hint="TRANSACTION") from None
    with opened_store(read_settings()) as store:
        ask(store, SystemClock(), transaction_hash, by=name, actor=TERMINAL)
    print_rows([{"hash": transaction_hash, "asked_by": name}], ("hash", "asked_by"), as_json=as_json)
