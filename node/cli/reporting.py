"""`vostro report`: liquidity, what is issued, the regulator's extract; each in several forms."""

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.opening import opened_store, read_settings
from node.cli.output import AsJson, deliver, require_file, working
from node.cli.parsing import day_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from node.chain.protocol import Chain
    from node.clock import Clock
    from node.settings import Settings
    from node.store.session import Store
    from settlement.export import Export

commands = typer.Typer(help="Reports of whole UTC days.", no_args_is_help=True)

_FORMS = ("csv", "xlsx", "pdf", "json")

Day = Annotated[str, typer.Option("--date", help="The UTC day: 2026-11-22, or `today`.")]
Until = Annotated[str | None, typer.Option(help="The last day of several.")]
Form = Annotated[str, typer.Option("--format", help=f"{', '.join(_FORMS)}.")]
Output = Annotated[Path | None, typer.Option(help="Write to this file.", dir_okay=False)]


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.add_typer(commands, name="report")


@commands.command()
def liquidity(
    *,
    currency: Annotated[str, typer.Option(help="ISO 4217 code.")],
    date: Day = "today",
    until: Until = None,
    form: Form = "csv",
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Tell each day's liquidity at the start, deepest use and throughput by hour (BCBS 248)."""
    form = _form(form, output, as_json=as_json)
    from node.services.liquidity import own_liquidity

    first, last = day_of(date), day_of(until or date)
    with _node() as (store, settings, chain, clock):
        found = own_liquidity(store, settings, chain, clock, code=currency, first=first, last=last)
    _deliver(found, form, output)


@commands.command()
def issuer(
    *,
    date: Day = "today",
    until: Until = None,
    form: Form = "csv",
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Tell supply, issues and redemptions of what this bank issues, and the redemptions that wait."""
    form = _form(form, output, as_json=as_json)
    from node.services.issued import issuer_report

    first, last = day_of(date), day_of(until or date)
    with _node() as (store, settings, chain, clock):
        found = issuer_report(store, settings, chain, clock, first=first, last=last)
    _deliver(found, form, output)


@commands.command()
def regulator(
    *,
    currency: Annotated[str | None, typer.Option(help="ISO 4217 code. Default: all.")] = None,
    date: Day = "today",
    until: Until = None,
    form: Form = "csv",
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Tell every leg that settled, whoever's, as the chain has it; no documents."""
    form = _form(form, output, as_json=as_json)
    from node.services.regulator import regulator_extract

    first, last = day_of(date), day_of(until or date)
    with _node() as (store, _, chain, clock):
        found = regulator_extract(store, chain, clock, code=currency, first=first, last=last)
    _deliver(found, form, output)


def _form(form: str, output: Path | None, *, as_json: bool) -> str:
    if form not in _FORMS:
        raise typer.BadParameter(f"{form} is none of {', '.join(_FORMS)}", param_hint="--format")
    wanted = "json" if as_json else form
    require_file(wanted, output)
    return wanted


@contextmanager
def _node() -> "Iterator[tuple[Store, Settings, Chain, Clock]]":
    from node.bootstrap.opening import connected_chain
    from node.clock import SystemClock

    settings, clock = read_settings(), SystemClock()
    with (
        working("drawing up"),
        opened_store(settings) as store,
        connected_chain(settings, clock) as chain,
    ):
        yield store, settings, chain, clock


def _deliver(export: "Export", form: str, output: Path | None) -> None:
    from node.services.exports.forms import FORMS

    deliver(FORMS[form].write(export), output, f"{export.title}: {export.population} rows")
