"""`vostro pay`, `vostro payments`, `vostro cancel`, `vostro void`: payments in, and what became of them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from node.cli.files import form_of
from node.cli.opening import TERMINAL, opened_store, read_settings
from node.cli.output import AsJson, print_json, print_rows

_COLUMNS = ("id", "state", "reason", "payee", "amount", "currency", "end_to_end_id", "value_date")
_WAIT_SECONDS = 600.0
_LIMIT_MAX = 1000


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.command()(pay)
    app.command()(payments)
    app.command()(cancel)
    app.command()(void)


def pay(
    file: Annotated[
        Path,
        typer.Argument(
            help="A pacs.008, 009, 004, a camt.050 or a table (.csv).", exists=True, dir_okay=False
        ),
    ],
    *,
    queue: Annotated[
        bool | None, typer.Option(help="Wait in the chain's queue for money; default: VOSTRO_QUEUE.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until each payment is final.")] = False,
    seconds: Annotated[float, typer.Option(help="Wait so long at most.")] = _WAIT_SECONDS,
    as_json: AsJson = False,
) -> None:
    """Take a payment file in: all of it, or nothing.

    `vostro run` on the same database brings it on chain. With --wait the exit status is 0 only when every
    payment has settled.
    """
    import orjson

    from node.bootstrap.opening import read_schemas
    from node.cli.waiting import wait_for_payments
    from node.clock import SystemClock, SystemRandom
    from node.services.files import accept_file
    from settlement.lifecycle import State

    settings, clock = read_settings(), SystemClock()
    with opened_store(settings) as store:
        answer = accept_file(
            store,
            settings,
            clock,
            SystemRandom(),
            actor=TERMINAL,
            body=file.read_bytes(),
            form=form_of(file),
            queue=queue,
            schemas=read_schemas(settings),
        )
        taken = orjson.loads(answer.body)
        if "payments" not in taken:
            typer.echo(f"{taken['file_id']} is read in the background: vostro files show", err=True)
            raise typer.Exit(1)
        if not as_json:
            again = " before" if answer.replayed else ""
            typer.echo(f"{taken['file_id']}: {len(taken['payments'])} payments accepted{again}", err=True)
        ids = [payment["id"] for payment in taken["payments"]]
        found = wait_for_payments(
            store, settings, clock, ids, file_id=taken["file_id"], seconds=seconds if wait else 0
        )
    rows = [_row(payment, as_json=as_json) for payment in found]
    if as_json:
        print_json({**taken, "replayed": answer.replayed, "payments": rows})
    else:
        print_rows(rows, _COLUMNS, as_json=False)
    if wait and any(payment.state != State.SETTLED for payment in found):
        raise typer.Exit(1)


def payments(
    payment_id: Annotated[str | None, typer.Argument(help="Id or UETR of one, with its timeline.")] = None,
    *,
    state: Annotated[str | None, typer.Option(help="Only those in this state.")] = None,
    currency: Annotated[str | None, typer.Option(help="Only those in this currency.")] = None,
    file: Annotated[str | None, typer.Option(help="Only those of this file (file_…).")] = None,
    limit: Annotated[int, typer.Option(min=1, max=_LIMIT_MAX, help="The newest so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Show payments, newest first, or one with everything that happened to it."""
    from node.clock import SystemClock
    from node.services.filters import Filter
    from node.services.payments import get_payment, list_payments

    settings, clock = read_settings(), SystemClock()
    with opened_store(settings) as store:
        if payment_id is not None:
            _show(get_payment(store, settings, clock, payment_id), as_json=as_json)
            return
        filters = Filter(state=state, currency=currency, file_id=file)
        page = list_payments(store, settings, clock, filters, limit=limit)
    rows = [_row(payment, as_json=as_json) for payment in page.payments]
    print_rows(rows, _COLUMNS, as_json=as_json)


def cancel(
    payment_id: Annotated[str, typer.Argument(help="Id or UETR of a payment that is `queued` or `held`.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Take a payment of this bank from the chain's queue.

    Until it is `cancelled` it may still settle: the chain decides which came first.
    """
    from node.clock import SystemClock
    from node.services.voids import cancel_payment

    settings = read_settings()
    with opened_store(settings) as store:
        cancel_payment(store, settings, SystemClock(), payment_id, actor=TERMINAL)
    print_rows([{"id": payment_id, "cancel": "asked"}], ("id", "cancel"), as_json=as_json)


def void(
    payment_id: Annotated[str, typer.Argument(help="Id of a payment that is `unknown` (pay_…).")],
    *,
    as_json: AsJson = False,
) -> None:
    """Burn the sequence of a payment that is unknown, so that it can never settle any more.

    Until the void is final it may still settle: the chain decides which came first.
    """
    from node.clock import SystemClock
    from node.services.voids import void_payment

    settings = read_settings()
    with opened_store(settings) as store:
        void_payment(store, settings, SystemClock(), payment_id, actor=TERMINAL)
    print_rows([{"id": payment_id, "void": "asked"}], ("id", "void"), as_json=as_json)


def _show(history: Any, *, as_json: bool) -> None:
    import json
    from dataclasses import asdict

    row = _row(history.payment, as_json=as_json)
    if as_json:
        timeline = [asdict(entry) for entry in history.timeline]
        print_json(row | {"timeline": timeline, "document": json.loads(history.document)})
        return
    print_rows(
        [{"field": name, "value": value} for name, value in row.items()], ("field", "value"), as_json=False
    )
    columns = ("at", "event", "reason", "height", "transaction_hash")
    print_rows([asdict(entry) for entry in history.timeline], columns, as_json=False)


def _row(payment: Any, *, as_json: bool) -> dict[str, Any]:
    """Return a payment's fields: the amount in minor units for a program, as a decimal for a person."""
    from dataclasses import asdict

    from settlement.money import currency, decimal_text

    amount = str(payment.amount) if as_json else decimal_text(payment.amount, currency(payment.currency))
    return asdict(payment) | {"amount": amount}
