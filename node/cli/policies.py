"""`vostro policies`: the bank's own rules over its payments."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.opening import TERMINAL, opened_store, read_settings
from node.cli.output import AsJson, print_rows

if TYPE_CHECKING:
    from node.services.actors import Actor

commands = typer.Typer(help="The bank's own rules over its payments.", no_args_is_help=True)

_COLUMNS = ("name", "version", "condition", "outcome", "reason", "in_force", "author_name", "created_at")

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
            actor=_terminal(),
            at=int(SystemClock().now()),
        )
    print_rows([asdict(found)], _COLUMNS, as_json=as_json)


@commands.command()
def retire(name: Name, *, as_json: AsJson = False) -> None:
    """Ask a rule of no payment any more; what it held waits on."""
    from node.clock import SystemClock
    from node.services.policies.rules import retire_rule

    with opened_store(read_settings()) as store, store.transaction() as connection:
        found = retire_rule(connection, name=name, actor=_terminal(), at=int(SystemClock().now()))
    print_rows([asdict(found)], _COLUMNS, as_json=as_json)


def _terminal() -> "Actor":
    from node.services.actors import Actor, Role

    return Actor(id=TERMINAL, name=TERMINAL, roles=frozenset({Role.OPERATOR}))
