"""`vostro cycles`: payments that settle in netting cycles, the calls for one, and the bank's affirmation."""

from typing import Annotated

import typer

from node.cli.opening import TERMINAL, opened_store, read_settings
from node.cli.output import AsJson, print_json, print_rows

commands = typer.Typer(help="Netting cycles with other banks.", no_args_is_help=True)

Call = Annotated[str, typer.Argument(help="Id (cycle_…).")]
_CALL_COLUMNS = ("id", "state", "coordinator", "currency", "attempt", "payments", "net", "waits_for")
_PAYMENT_COLUMNS = ("id", "state", "payer", "payee", "currency", "amount", "end_to_end_id", "call", "counter")


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.add_typer(commands, name="cycles")


@commands.command("list")
def list_(
    *,
    limit: Annotated[int, typer.Option(min=1, max=100, help="The newest so many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show the calls that this node made or was invited to, the newest first."""
    from dataclasses import asdict

    from node.services.cycles.view import list_calls

    settings = read_settings()
    with opened_store(settings) as store:
        rows = [_shown(asdict(each)) for each in list_calls(store, settings, limit=limit)]
    print_rows(rows, _CALL_COLUMNS, as_json=as_json)


@commands.command()
def show(call: Call, *, as_json: AsJson = False) -> None:
    """Show one call: how far it is, what this bank brings, who has affirmed."""
    from dataclasses import asdict

    from node.services.cycles.view import get_call

    settings = read_settings()
    with opened_store(settings) as store:
        found = _shown(asdict(get_call(store, settings, call)))
    if as_json:
        print_json(found)
    else:
        rows = [{"field": name, "value": value} for name, value in found.items()]
        print_rows(rows, ("field", "value"), as_json=False)


@commands.command()
def call(
    code: Annotated[str, typer.Argument(help="Currency (ISO 4217).")], *, as_json: AsJson = False
) -> None:
    """Call for a cycle in a currency."""
    from node.clock import SystemClock, SystemRandom
    from node.services.cycles.progress import ask_call
    from node.services.participants import money_of

    settings = read_settings()
    with opened_store(settings) as store:
        asset = money_of(store, code).id
        made = ask_call(store, settings, SystemClock(), SystemRandom(), asset=asset, actor=TERMINAL)
    print_rows([{"call": made}], ("call",), as_json=as_json)


@commands.command()
def payments(
    *,
    of_call: Annotated[str | None, typer.Option("--call", help="Only those of this call.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="The oldest so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Show this bank's payments that settle in cycles, and those that others promise it."""
    from dataclasses import asdict

    from node.services.cycles.view import list_gross

    settings = read_settings()
    with opened_store(settings) as store:
        found = list_gross(store, settings, call=of_call, limit=limit)
    print_rows(
        [asdict(each) | {"amount": str(each.amount)} for each in found], _PAYMENT_COLUMNS, as_json=as_json
    )


@commands.command()
def proof(
    payment_id: Annotated[str, typer.Argument(help="Id (gross_…).")],
    *,
    as_json: AsJson = False,  # noqa: ARG001 - it is JSON either way
) -> None:
    """Print what proves that a payment settled in its cycle, for `vostro evidence cycle-payment`."""
    from node.services.cycles.view import proof_of

    settings = read_settings()
    with opened_store(settings) as store:
        content = proof_of(store, settings, payment_id, with_document=True)
    typer.echo(content.decode())


def _shown(found: dict[str, object]) -> dict[str, object]:
    cycle = found["cycle"]
    return found | {"cycle": "0x" + cycle.hex() if isinstance(cycle, bytes) else None}
