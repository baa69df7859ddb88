"""`vostro queue`: what could settle of a queue."""

from pathlib import Path
from typing import Annotated

import typer

from node.cli.output import AsJson, print_json, working


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.add_typer(queue)


queue = typer.Typer(name="queue", help="Queues of payments that wait for money.", no_args_is_help=True)


@queue.callback()
def _group() -> None:
    """Keep the command's name, also while it is the only one."""


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
