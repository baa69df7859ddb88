"""`vostro accounts`, `statement`, `reconcile`, `rebuild`: what the ledger says, and whether it is right."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.opening import TERMINAL, opened_store, read_settings
from node.cli.output import AsJson, deliver, print_json, print_rows, require_file, working
from node.cli.parsing import day_of

if TYPE_CHECKING:
    from node.services.reconciliation import Break
    from settlement.statement import Statement

_FORMATS = ("table", "camt.053", "camt.052", "camt.054", "json", "csv", "xlsx", "pdf")


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.command()(accounts)
    app.command()(statement)
    app.command()(reconcile)
    app.command()(rebuild)


def accounts(*, as_json: AsJson = False) -> None:
    """Show what this node's bank holds at the newest mirrored block."""
    from node.services.reports import own_accounts
    from settlement.money import decimal_text

    settings = read_settings()
    with opened_store(settings) as store:
        holdings = own_accounts(store, settings)
    rows = []
    for holding in holdings:
        money, account = holding.asset.currency, holding.account
        amounts = {bucket.value: amount for bucket, amount in account.balances.items()}
        amounts |= {"reserve": account.reserve, "credit": account.credit}
        told = {name: str(each) if as_json else decimal_text(each, money) for name, each in amounts.items()}
        row = {"asset": holding.asset.id, "currency": money.code, "frozen": account.frozen}
        rows.append(row | {"open": account.open} | told)
    columns = ("asset", "currency", "available", "locked", "issued", "reserve", "credit", "frozen")
    print_rows(rows, columns, as_json=as_json)


def statement(
    *,
    currency: Annotated[str, typer.Option(help="ISO 4217 code.")],
    date: Annotated[str, typer.Option(help="The UTC day: 2026-11-22, or `today`.")] = "today",
    until: Annotated[str | None, typer.Option(help="The last day of several.")] = None,
    format: Annotated[str, typer.Option(help=f"{', '.join(_FORMATS)}.")] = "camt.053",  # noqa: A002
    output: Annotated[Path | None, typer.Option(help="Write to this file.", dir_okay=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Draw up the statement of this bank's account in a currency for whole UTC days.

    Today's ends with the newest mirrored block. Of a day that has ended all is told, or nothing yet.
    """
    if format not in _FORMATS:
        raise typer.BadParameter(f"{format} is none of {', '.join(_FORMATS)}", param_hint="--format")
    require_file(format, output)
    from node.bootstrap.opening import connected_chain
    from node.clock import SystemClock
    from node.services.reports import own_statement

    settings, clock = read_settings(), SystemClock()
    first = day_of(date)
    with (
        working("drawing up"),
        opened_store(settings) as store,
        connected_chain(settings, clock) as chain,
    ):
        drawn_up = own_statement(
            store,
            settings,
            chain,
            clock,
            code=currency,
            first=first,
            last=day_of(until) if until else first,
        )
    wanted = "json" if as_json else format
    if wanted == "table":
        _print_table(drawn_up)
        return
    content = _content(drawn_up, wanted, int(clock.now()))
    deliver(content, output, f"{drawn_up.identification}: {len(drawn_up.entries)} entries")


def reconcile(
    *,
    statement: Annotated[
        Path | None,
        typer.Option(
            help="A camt.053 of this bank's account: hold it against ours.", exists=True, dir_okay=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare chain, postings and balances, and every instruction with its event. Exit 1 on any break.

    What is new among the breaks is kept, with age and owner, until `vostro breaks clear`.
    """
    from node.bootstrap.opening import connected_chain
    from node.chain.contracts import Contracts
    from node.chain.deployment import read_deployment
    from node.clock import SystemClock
    from node.services.breaks import reconcile_and_record
    from node.services.stated import tie_out_statement

    settings, clock = read_settings(), SystemClock()
    contracts = Contracts(read_deployment(settings.deployment_file))
    with (
        working("comparing"),
        opened_store(settings) as store,
        connected_chain(settings, clock, contracts.deployment) as chain,
    ):
        if statement is None:
            at = int(clock.now())
            run = reconcile_and_record(store, chain, contracts, settings, actor=TERMINAL, at=at)
            compared = f"{run.accounts} accounts, {run.assets} assets, {run.settled} settled instructions"
            _finish(run.breaks, run.height, compared, run, as_json=as_json)
        else:
            data = statement.read_bytes()
            tied = tie_out_statement(store, settings, chain, clock, data, actor=TERMINAL)
            told = {"statement": tied.ours.identification, "height": tied.ours.height, "breaks": tied.breaks}
            compared = f"{len(tied.ours.entries)} entries of {tied.ours.identification}"
            _finish(tied.breaks, tied.ours.height, compared, told, as_json=as_json)


def _finish(breaks: "tuple[Break, ...]", height: int, compared: str, told: object, *, as_json: bool) -> None:
    from dataclasses import asdict

    if as_json:
        print_json(told)
    else:
        if breaks:
            rows = [asdict(each) for each in breaks]
            print_rows(rows, ("kind", "subject", "field", "expected", "found"), as_json=False)
        typer.echo(f"{len(breaks)} breaks at block {height}: {compared}")
    if breaks:
        raise typer.Exit(1)


def rebuild(
    *,
    into: Annotated[
        str | None, typer.Option(help="URL of a fresh database that is kept; default: a passing one.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Mirror the chain from its genesis into a fresh database, and print both digests of each table.

    Exit 1 when they differ.
    """
    from dataclasses import asdict

    from node.bootstrap.rebuilding import compare_rebuilt
    from node.cli.waiting import bar

    settings = read_settings()
    with bar("rebuilding", 1) as show, opened_store(settings) as store:
        found = compare_rebuilt(settings, store, into=into, show=show)
    if as_json:
        print_json(asdict(found))
    else:
        rows = [
            {"table": table, "digest": digest, "rebuilt": found.rebuilt[table]}
            for table, digest in found.digests.items()
        ]
        print_rows(rows, ("table", "digest", "rebuilt"), as_json=False)
        typer.echo(f"{len(found.differences)} tables differ at block {found.height}")
    if found.differences:
        raise typer.Exit(1)


def _content(drawn_up: "Statement", wanted: str, at: int) -> bytes:
    from node.api.statements import statement_json
    from node.services.exports.statement import write_statement

    return (
        statement_json(drawn_up) if wanted == "json" else write_statement(drawn_up, wanted, created_at=at)[0]
    )


def _print_table(drawn_up: "Statement") -> None:
    from settlement.money import decimal_text

    money = drawn_up.currency
    rows = [
        {
            "reference": entry.reference,
            "at": datetime.fromtimestamp(entry.booked_at, UTC).strftime("%H:%M:%S"),
            "amount": decimal_text(entry.amount, money),
            "balance": decimal_text(entry.balance, money),
            "counterparty": entry.counterparty.bic if entry.counterparty else "",
            "end_to_end_id": entry.end_to_end_id or "document missing",
        }
        for entry in drawn_up.entries
    ]
    typer.echo(f"opening {decimal_text(drawn_up.opening, money)} {money.code}")
    print_rows(rows, ("reference", "at", "amount", "balance", "counterparty", "end_to_end_id"), as_json=False)
    typer.echo(f"closing {decimal_text(drawn_up.closing, money)} {money.code} at block {drawn_up.height}")
