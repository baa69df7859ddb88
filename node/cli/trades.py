"""`vostro trade`: several legs that settle together or not at all, between banks."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.opening import TERMINAL, opened_store, read_settings
from node.cli.output import AsJson, print_json, print_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from node.services.answers import Answer
    from node.services.trades.affirming import Desk

commands = typer.Typer(help="Trades between banks: PvP, DvP.", no_args_is_help=True)

TradeId = Annotated[str, typer.Argument(help="Id (0x…): the trade's digest.")]
Form = Annotated[Path, typer.Argument(help="As JSON, in the form of the API.", exists=True, dir_okay=False)]
_COLUMNS = ("id", "state", "reason", "initiator", "awaits", "need", "legs")
_LIMIT_MAX = 200
_BYTES_MAX = 256 * 1024


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.add_typer(commands, name="trade")


@commands.command()
def propose(file: Form, *, as_json: AsJson = False) -> None:
    """Propose a trade (the form of `POST /v1/trades`); the same file again is the same trade."""
    from node.api.trade_forms import NewTrade
    from node.chain.contracts import Contracts
    from node.chain.deployment import read_deployment
    from node.cli.parsing import form_in
    from node.clock import SystemClock, SystemRandom
    from node.services.trades.proposing import propose as propose_trade

    settings, body = read_settings(), file.read_bytes()[: _BYTES_MAX + 1]
    form = form_in(NewTrade, body, bytes_max=_BYTES_MAX)
    with opened_store(settings) as store:
        answer = propose_trade(
            store,
            settings,
            contracts=Contracts(read_deployment(settings.deployment_file)),
            clock=SystemClock(),
            random=SystemRandom(),
            request=_known_by("trade", body),
            asked=form.request(),
            actor=_terminal(),
        )
    _print(answer, as_json=as_json)


@commands.command()
def expect(file: Form, *, as_json: AsJson = False) -> None:
    """Write down what another bank is to propose (the form of `POST /v1/expected-trades`)."""
    from node.api.trade_forms import NewExpectation
    from node.cli.parsing import form_in
    from node.clock import SystemClock, SystemRandom
    from node.services.trades.expectations import expect as expect_trade

    settings, body = read_settings(), file.read_bytes()[: _BYTES_MAX + 1]
    form = form_in(NewExpectation, body, bytes_max=_BYTES_MAX)
    with opened_store(settings) as store:
        answer = expect_trade(
            store,
            settings,
            clock=SystemClock(),
            random=SystemRandom(),
            request=_known_by("expected trade", body),
            asked=form.request(),
            actor=_terminal(),
        )
    _print(answer, as_json=as_json)


@commands.command("list")
def list_(
    *,
    cursor: Annotated[str | None, typer.Option(help="From the page before.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=_LIMIT_MAX, help="The newest so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Show the trades that this bank is a party to, newest first."""
    from node.api.shown import trade_fields
    from node.clock import SystemClock
    from node.services.trades.reading import list_trades

    settings = read_settings()
    with opened_store(settings) as store:
        page = list_trades(store, settings, SystemClock(), cursor=cursor, limit=limit)
    if as_json:
        print_json({"trades": [trade_fields(each) for each in page.trades], "cursor": page.cursor})
    else:
        print_rows([_row(each) for each in page.trades], _COLUMNS, as_json=False)


@commands.command()
def show(trade_id: TradeId, *, as_json: AsJson = False) -> None:
    """Show one trade, held field by field against what this bank expected."""
    from node.api.shown import matching_fields, timeline_fields, trade_fields
    from node.clock import SystemClock
    from node.services.trades.reading import get_trade, trade_digest

    settings = read_settings()
    with opened_store(settings) as store:
        found = get_trade(store, settings, SystemClock(), trade_digest(trade_id))
    matching = None if found.matched is None else matching_fields(found)
    if as_json:
        timeline = [timeline_fields(entry) for entry in found.timeline]
        print_json(trade_fields(found.trade) | {"matching": matching, "timeline": timeline})
        return
    print_rows([_row(found.trade)], _COLUMNS, as_json=False)
    if matching is not None:
        columns = ("leg", "field", "expected", "proposed", "verdict")
        print_rows(matching["fields"], columns, as_json=False)


@commands.command()
def affirm(
    trade_id: TradeId,
    *,
    urgent: Annotated[bool, typer.Option("--urgent", help="May use the own accounts' reserve.")] = False,
    despite: Annotated[str | None, typer.Option(help="Why, where it differs from what was expected.")] = None,
    as_json: AsJson = False,
) -> None:
    """Consent to a trade as it was proposed."""
    _at_desk(
        "affirm",
        trade_id,
        lambda desk, request, digest: desk.affirm(request, digest, urgent=urgent, despite=despite),
        as_json=as_json,
    )


@commands.command()
def withdraw(trade_id: TradeId, *, as_json: AsJson = False) -> None:
    """Take this bank's consent back while another's is missing."""
    _at_desk(
        "withdraw",
        trade_id,
        lambda desk, request, digest: desk.withdraw(request, digest),
        as_json=as_json,
    )


@commands.command()
def cancel(
    trade_id: TradeId,
    *,
    reason: Annotated[
        str | None, typer.Option(help="Four letters (ISO 20022); for the operator, who ends it alone.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask that a queued trade ends; with the last of its debtors it does."""
    _at_desk(
        "cancel",
        trade_id,
        lambda desk, request, digest: desk.cancel(request, digest, reason=reason),
        as_json=as_json,
    )


def _at_desk(
    operation: str, trade_id: str, ask: "Callable[[Desk, Any, bytes], Answer]", *, as_json: bool
) -> None:
    """Ask something of a trade. At the terminal nobody repeats a request: each has a key of its own."""
    from node.chain.contracts import Contracts
    from node.chain.deployment import read_deployment
    from node.clock import SystemClock, SystemRandom
    from node.services.answers import request_of
    from node.services.identifiers import new_id
    from node.services.trades.affirming import Desk
    from node.services.trades.reading import trade_digest

    settings, clock = read_settings(), SystemClock()
    key = new_id("typed", clock, SystemRandom())
    request = request_of(actor=TERMINAL, key=key, operation=f"{operation} {trade_id}", body=b"")
    contracts = Contracts(read_deployment(settings.deployment_file))
    with opened_store(settings) as store:
        desk = Desk(store, settings, contracts, clock, actor=_terminal())
        answer = ask(desk, request, trade_digest(trade_id))
    _print(answer, as_json=as_json)


def _terminal() -> Any:
    from node.services.actors import Actor

    return Actor(id=TERMINAL, name=TERMINAL, roles=frozenset())


def _known_by(operation: str, body: bytes) -> Any:
    """Return the request that a file is: known by its content."""
    import hashlib

    from node.services.answers import request_of

    key = hashlib.sha256(body).hexdigest()
    return request_of(actor=TERMINAL, key=key, operation=operation, body=body)


def _print(answer: "Answer", *, as_json: bool) -> None:
    import orjson

    taken = orjson.loads(answer.body)
    print_rows([taken], tuple(taken), as_json=as_json)


def _row(trade: Any) -> dict[str, Any]:
    from settlement.money import currency, decimal_text

    legs = [
        f"{leg.payer} → {leg.payee} {decimal_text(leg.amount, currency(leg.currency))} {leg.currency}"
        for leg in trade.legs
    ]
    return {
        "id": trade.id,
        "state": trade.state,
        "reason": trade.reason,
        "initiator": trade.initiator,
        "awaits": " ".join(trade.awaits),
        "need": trade.need,
        "legs": "; ".join(legs),
    }
