"""All commands of a node, as one application.

What is heavy (the chain library, the database, the web framework) is imported by the command that
needs it, so that `vostro --help` answers at once.
"""

import sys

import typer

from node.cli import (
    alerts,
    approvals,
    assets,
    breaks,
    care,
    checkpoints,
    clients,
    cycles,
    events,
    evidence,
    files,
    keys,
    limits,
    openapi,
    participants,
    payments,
    policies,
    process,
    queue,
    recalls,
    redemptions,
    reporting,
    reports,
    screening,
    tokens,
    trades,
    transactions,
    users,
    webhooks,
)
from settlement.errors import FaultyMessage, SettlementError

FAULTS_SHOWN_MAX = 20

app = typer.Typer(
    help="A bank's node for settlement on a permissioned Ethereum-compatible chain. Settings: VOSTRO_*.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for module in (
    *(
        process,
        payments,
        files,
        recalls,
        queue,
        trades,
        cycles,
        reports,
        reporting,
        breaks,
        participants,
        assets,
        redemptions,
        limits,
        keys,
    ),
    *(approvals, users, clients, tokens, transactions, events, webhooks, alerts, policies),
    screening,
    care,
    checkpoints,
    evidence,
    openapi,
):
    module.register(app)


def run() -> None:
    """Run a command. Exit 1 with one line `code: detail` for what is expected to go wrong, 2 for usage."""
    try:
        app()
    except SettlementError as error:
        print(f"{error.code}: {error.detail}", file=sys.stderr)  # noqa: T201 - this is the terminal's door
        if isinstance(error, FaultyMessage):
            _print_faults(error)
        raise SystemExit(1) from None


def _print_faults(error: FaultyMessage) -> None:
    for fault in error.faults[:FAULTS_SHOWN_MAX]:
        place = "file" if fault.transaction is None else f"transaction {fault.transaction + 1}"
        print(f"  {place} at {fault.path}: {fault.code}: {fault.detail}", file=sys.stderr)  # noqa: T201
    if len(error.faults) > FAULTS_SHOWN_MAX:
        print(f"  … and {len(error.faults) - FAULTS_SHOWN_MAX} more", file=sys.stderr)  # noqa: T201
