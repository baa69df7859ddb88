"""`vostro run`, `vostro deploy`, `vostro migrate`: the node as a process, and what it stands on."""

from typing import Annotated

import typer

from node.cli.opening import opened_store, read_password, read_settings
from node.cli.output import AsJson, print_json, print_rows, working
from node.cli.parsing import address_of

_DAY_SECONDS = 86_400
_TURN_SECONDS = 0.000_5


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.command()(run)
    app.command()(deploy)
    app.command()(migrate)


def run(
    *,
    only: Annotated[
        str | None, typer.Option(help="Run one part alone: api, submitter, follower or keeper.")
    ] = None,
) -> None:
    """Run this bank's node until it is told to stop (SIGTERM, Ctrl-C).

    The chain may be away at start: the node waits for it, and `/readyz` says so. It does not start with
    the wrong chain, genesis or contract code, on a deployment without delays unless VOSTRO_DEMO says so,
    with a wrong keystore password, or without its database.
    """
    import sys
    from resource import RLIMIT_CORE, setrlimit

    from node.bootstrap.build import ALL, build
    from node.bootstrap.node import Part
    from node.clock import SystemClock, SystemRandom
    from node.log import configure

    if only is not None and only not in tuple(Part):
        raise typer.BadParameter(f"{only} is none of {', '.join(Part)}", param_hint="--only")
    settings = read_settings()
    parts = ALL if only is None else frozenset({Part(only)})
    # A crash must not write the keys into a file.
    setrlimit(RLIMIT_CORE, (0, 0))
    # Who asks must not wait 5 ms, Python's own measure, for the turn of a thread that computes: a request
    # takes dozens of turns. Measured: 142 single payments a second for 116.
    sys.setswitchinterval(_TURN_SECONDS)
    password = read_password(settings) if {Part.SUBMITTER, Part.EXCHANGE} & set(parts) else None
    configure()
    with working("opening the keystore"):
        node = build(settings, clock=SystemClock(), random=SystemRandom(), password=password, parts=parts)
    if node.web is not None:
        typer.echo(f"listening on {node.web.url}", err=True)
    node.run()


def deploy(
    *,
    operator: Annotated[
        list[str] | None, typer.Option(help="Address with the operator's role; repeat. Default: every key.")
    ] = None,
    guardian: Annotated[
        list[str] | None,
        typer.Option(
            help="Address that may pause a module at once; repeat. With VOSTRO_DEMO: the operators."
        ),
    ] = None,
    member: Annotated[
        list[str] | None, typer.Option(help="Address in the quorum; repeat. Default: the operators.")
    ] = None,
    threshold: Annotated[
        int | None, typer.Option(min=1, help="Members that decide together. Default: more than half.")
    ] = None,
    delay: Annotated[
        int,
        typer.Option(min=0, help="Seconds that everything waits that gains power; 0 only with VOSTRO_DEMO."),
    ] = _DAY_SECONDS,
    as_json: AsJson = False,
) -> None:
    """Put the contracts on the chain, or find them there, and write the deployment file.

    A key of its own, kept in the home folder, makes the contracts and then gives all its power away; so
    a second run finds what the first made, and goes on where it was cut short.
    """
    from node.bootstrap.deployment import deploy_contracts

    settings = read_settings()
    password = read_password(settings)
    with working("deploying"):
        done = deploy_contracts(
            settings,
            password,
            operators=[address_of(text) for text in operator or ()],
            guardians=[address_of(text) for text in guardian or ()],
            members=[address_of(text) for text in member or ()],
            threshold=threshold,
            delay=delay,
        )
    if as_json:
        print_json(done)
        return
    rows = [{"contract": name, "address": address} for name, address in done.contracts.items()]
    print_rows(rows, ("contract", "address"), as_json=False)
    typer.echo(f"{'made' if done.made else 'found'} on chain {done.chain_id}; {done.file} says where")


def migrate(*, as_json: AsJson = False) -> None:
    """Bring the database's tables to this version; `vostro run` does it too."""
    settings = read_settings()
    with working("migrating"), opened_store(settings) as store:
        print_rows([{"store": store.dialect, "migrated": True}], ("store", "migrated"), as_json=as_json)
