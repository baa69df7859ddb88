"""Administrative transactions asked for at the terminal: put into the outbox, followed to their end."""

from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.opening import TERMINAL, opened_store, read_settings
from node.cli.output import print_rows
from node.cli.parsing import address_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from node.chain.calls import Call
    from node.chain.contracts import Contracts
    from settlement.participant import KeyRole

Signer = Annotated[
    str | None, typer.Option(help="Address of the key that signs. Default: the node's own choice.")
]
Wait = Annotated[float, typer.Option(help="Stay so many seconds at most until it is final.", min=0)]

_COLUMNS = ("row", "state", "reason", "height", "transaction_hash")


def ask_for(
    action: str,
    build: "Callable[[Contracts], Call]",
    *,
    role: "KeyRole",
    signer: str | None,
    wait: float,
    as_json: bool,
) -> None:
    """Put a call into the outbox; `vostro run` on the same database brings it on chain.

    Exit 1 when it was waited for and reverted, or is not final in time.
    """
    from dataclasses import asdict

    from node.chain.contracts import Contracts
    from node.chain.deployment import read_deployment
    from node.cli.waiting import wait_for_call
    from node.clock import SystemClock
    from node.services.administration import ask

    settings, clock = read_settings(), SystemClock()
    call = build(Contracts(read_deployment(settings.deployment_file)))
    key = None if signer is None else address_of(signer)
    with opened_store(settings) as store:
        row = ask(store, clock, call, role=role, actor=TERMINAL, action=action, signer=key)
        found = wait_for_call(store, clock, row, seconds=wait)
    print_rows([asdict(found)], _COLUMNS, as_json=as_json)
    if wait and found.state != "done":
        raise typer.Exit(1)
