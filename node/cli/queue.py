"""`vostro queue`: what waits, what is asked of it, and what could settle together."""

from pathlib import Path
from typing import Annotated

import typer

from node.cli.opening import TERMINAL, opened_node, opened_store, read_settings
from node.cli.output import AsJson, print_json, print_rows, working
from node.cli.stress import stress

Code = Annotated[str, typer.Option("--currency", help="ISO 4217.")]
_COLUMNS = (
    "position", "name", "payer", "payee", "amount", "urgent", "held", "reason", "waits_for", "short",
)  # fmt: skip
_RUN_COLUMNS = ("id", "currency", "trigger", "waiting", "method", "proposed_value", "settled_value")
_PROPOSAL_COLUMNS = ("instructions", "value", "state", "reason")


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    queue.command()(stress)
    app.add_typer(queue)


queue = typer.Typer(name="queue", help="Queues of payments that wait for money.", no_args_is_help=True)


@queue.command()
def solve(
    file: Annotated[
        Path, typer.Argument(help="Accounts and queued payments as JSON.", exists=True, dir_okay=False)
    ],
    *,
    part_size: Annotated[
        int | None,
        typer.Option(min=1, help="Also cut the set into parts of at most so many payments, with fall-backs."),
    ] = None,
    as_json: AsJson = False,  # noqa: ARG001 - it is JSON either way
) -> None:
    """Tell which queued payments of a file can settle together, what they are worth and what none exceeds."""
    from dataclasses import asdict
    from time import perf_counter

    from node.services.highs import Highs
    from settlement.liquidity.parts import propose
    from settlement.liquidity.queue_file import QUEUE_BYTES_MAX, read_queue, resolution_fields
    from settlement.liquidity.resolve import resolve

    with file.open("rb") as opened:
        found = read_queue(opened.read(QUEUE_BYTES_MAX + 1))
    started = perf_counter()
    with working("looking for what can settle"):
        resolution = resolve(found, Highs())
        proposals = () if part_size is None else propose(found, resolution.settled, payments_max=part_size)
    printed = resolution_fields(resolution, seconds=perf_counter() - started)
    if part_size is not None:
        printed["parts"] = [asdict(proposal) for proposal in proposals]
    print_json(printed)


@queue.command("list")
def list_(code: Code = "USD", *, as_json: AsJson = False) -> None:
    """Show what this bank waits to pay and to be paid, and what each waits for."""
    from dataclasses import asdict

    from node.clock import SystemClock
    from node.services.queue.view import view_queue

    with opened_node() as (store, settings, contracts, chain):
        view = view_queue(store, settings, chain, contracts, SystemClock(), code=code)
    if as_json:
        print_json(asdict(view))
    else:
        typer.echo(f"{view.waiting} in the queue at block {view.height}", err=True)
        print_rows([asdict(each) for each in (*view.outgoing, *view.incoming)], _COLUMNS, as_json=False)


@queue.command()
def order(
    payment_id: Annotated[str, typer.Argument(help="Id or UETR of a payment that queues.")],
    what: Annotated[str, typer.Argument(help="hold, release, urgent or normal.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Hold a payment of this bank in the queue, release it, or say how urgent it is; the chain decides."""
    from node.chain.contracts import Contracts
    from node.chain.deployment import read_deployment
    from node.clock import SystemClock
    from node.services.queue.orders import QueueOrder, order_in

    if what not in list(QueueOrder):
        raise typer.BadParameter(f"{what!r} is none of {', '.join(QueueOrder)}")
    settings = read_settings()
    contracts = Contracts(read_deployment(settings.deployment_file))
    with opened_store(settings) as store, store.transaction() as connection:
        order_in(
            connection, settings, contracts, SystemClock(), payment_id,
            order=QueueOrder(what), actor=TERMINAL,
        )  # fmt: skip
    print_rows([{"id": payment_id, "order": what}], ("id", "order"), as_json=as_json)


@queue.command()
def run(code: Code = "USD", *, as_json: AsJson = False) -> None:
    """Resolve a currency's queue: propose to the chain what can settle together."""
    from node.clock import SystemClock, SystemRandom
    from node.services.queue.runs import Trigger, run_queue

    with opened_node() as (store, _, contracts, chain), working("looking for what can settle"):
        run_id = run_queue(
            store, chain, contracts, SystemClock(), SystemRandom(),
            code=code, trigger=Trigger.DEMAND, actor=TERMINAL,
        )  # fmt: skip
    print_rows([{"run_id": run_id}], ("run_id",), as_json=as_json)


@queue.command()
def runs(
    run_id: Annotated[str | None, typer.Argument(help="One (run_…), with its proposals.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show the newest runs, or what one proposed, what of it settled, and what it left for which reason."""
    from dataclasses import asdict

    from node.services.queue.histories import get_run, list_runs, sentence_of
    from settlement.money import currency, decimal_text

    with opened_store(read_settings()) as store:
        if run_id is None:
            print_rows([asdict(each) for each in list_runs(store, limit=20)], _RUN_COLUMNS, as_json=as_json)
            return
        found = get_run(store, run_id)
    if as_json:
        print_json(asdict(found))
        return
    print_rows([asdict(each) for each in found.proposals], _PROPOSAL_COLUMNS, as_json=False)
    for each in found.left:
        typer.echo(sentence_of(each, decimal_text(each["short"], currency(found.currency))))
