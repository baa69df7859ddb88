"""`vostro policies`: the bank's own rules over its payments."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.opening import opened_store, read_settings, terminal_operator
from node.cli.output import AsJson, print_json, print_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from settlement.policy import Outcome

commands = typer.Typer(help="The bank's own rules over its payments.", no_args_is_help=True)

_COLUMNS = ("name", "version", "condition", "outcome", "reason", "in_force", "author_name", "created_at")

_TRIED = (
    "id",
    "true",
    "present",
    "together",
    "amount",
    "currency",
    "counterparty",
    "new_payee",
    "list_score",
)

Name = Annotated[str, typer.Argument(help="Name of the rule.")]


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.add_typer(commands, name="policies")


@commands.command("list")
def list_(
    *,
    name: Annotated[str | None, typer.Option(help="Every version of this rule instead.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the newest version of every rule."""
    from node.services.policies.rules import list_rules, versions_of

    with opened_store(read_settings()) as store, store.snapshot() as connection:
        found = list_rules(connection) if name is None else versions_of(connection, name)
    print_rows([asdict(each) for each in found], _COLUMNS, as_json=as_json)


@commands.command()
def write(
    name: Name,
    *,
    condition: Annotated[str, typer.Option(help="CEL, such as: amount > 1000000 && new_payee")],
    outcome: Annotated[str, typer.Option(help="allow, needs_approval, hold or refuse.")],
    reason: Annotated[str, typer.Option(help="Why, for those whom it stops.")],
    as_json: AsJson = False,
) -> None:
    """Put a rule, or its next version, in force for what is accepted from now on."""
    from node.clock import SystemClock
    from node.services.policies.rules import write_rule

    with opened_store(read_settings()) as store, store.transaction() as connection:
        found = write_rule(
            connection,
            name=name,
            condition=condition,
            outcome=outcome,
            reason=reason,
            actor=terminal_operator(),
            at=int(SystemClock().now()),
        )
    print_rows([asdict(found)], _COLUMNS, as_json=as_json)


@commands.command()
def retire(name: Name, *, as_json: AsJson = False) -> None:
    """Ask a rule of no payment any more; what it held waits on."""
    from node.clock import SystemClock
    from node.services.policies.rules import retire_rule

    with opened_store(read_settings()) as store, store.transaction() as connection:
        found = retire_rule(connection, name=name, actor=terminal_operator(), at=int(SystemClock().now()))
    print_rows([asdict(found)], _COLUMNS, as_json=as_json)


@commands.command("try")
def try_(
    *,
    condition: Annotated[str, typer.Option(help="CEL, such as: amount > 1000000 && new_payee")],
    outcome: Annotated[str, typer.Option(help="allow, needs_approval, hold or refuse.")],
    date: Annotated[str, typer.Option(help="The day of acceptance, or the first of several (UTC).")],
    until: Annotated[str | None, typer.Option(help="The last day; default: the first.")] = None,
    after: Annotated[str, typer.Option(help="Only payments behind this id.")] = "",
    as_json: AsJson = False,
) -> None:
    """Tell what a rule would have done to payments that were accepted, 1,000 at a time; keep nothing."""
    from node.cli.parsing import day_of
    from node.services.policies.trial import try_rule

    settings, first = read_settings(), day_of(date)
    with opened_store(settings) as store:
        found = try_rule(
            store,
            settings,
            condition=condition,
            outcome=outcome,
            first=first,
            last=first if until is None else day_of(until),
            after=after,
        )
    if as_json:
        print_json(asdict(found))
        return
    print_rows([asdict(each) | each.facts.shown() for each in found.listed], _TRIED, as_json=False)
    typer.echo(
        f"{found.payments} payments: true of {found.true}, no answer for {found.unanswered}; "
        f"now {_told(found.present)}; with it {_told(found.together)}"
        + (f"; go on with --after {found.after}" if found.after else "")
    )


def _told(counts: "Mapping[Outcome, int]") -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())) or "none"
