"""`vostro webhooks`: who the feed is delivered to, and what came of it."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.opening import TERMINAL, opened_store, read_password, read_settings
from node.cli.output import AsJson, print_json, print_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from node.keys.vault import Vault
    from node.services.streams.receivers import Receiver
    from node.settings import Settings

commands = typer.Typer(help="Receivers of the feed, by the Standard Webhooks scheme.", no_args_is_help=True)

_COLUMNS = ("id", "url", "types", "assets", "position", "attempts", "disabled_because")

WebhookId = Annotated[str, typer.Argument(help="Id of the receiver (whk_…).")]
Event = Annotated[str, typer.Argument(help="Id of the event (evt_…).")]


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.add_typer(commands, name="webhooks")


@commands.command()
def add(
    url: Annotated[str, typer.Argument(help="HTTPS, of a public network unless the settings allow others.")],
    *,
    types: Annotated[str | None, typer.Option(help="Between commas: payment.settled,account.*")] = None,
    accounts: Annotated[str | None, typer.Option(help="Between commas, by currency or number.")] = None,
    as_json: AsJson = False,
) -> None:
    """Deliver what happens from now on; `vostro webhooks secret` shows what it is signed by."""
    from node.clock import SystemClock, SystemRandom
    from node.services.streams.listing import words_of
    from node.services.streams.receivers import register as add_receiver

    settings = read_settings()
    vault = _vault(settings)
    with opened_store(settings) as store, store.transaction() as connection:
        found = add_receiver(
            connection,
            settings,
            vault,
            SystemClock(),
            SystemRandom(),
            url=url,
            types=words_of(types),
            accounts=words_of(accounts),
            actor=TERMINAL,
        )
    print_rows([asdict(found)], _COLUMNS, as_json=as_json)


@commands.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """Show every receiver and how its delivery stands."""
    from node.services.streams.receivers import receivers

    with opened_store(read_settings()) as store, store.snapshot() as connection:
        found = receivers(connection)
    print_rows([asdict(each) for each in found], _COLUMNS, as_json=as_json)


@commands.command()
def secret(webhook_id: WebhookId, *, as_json: AsJson = False) -> None:
    """Print the secret that a receiver checks signatures by; the audit log keeps that it was shown."""
    from node.clock import SystemClock
    from node.services.streams.receivers import secret_of

    settings = read_settings()
    vault = _vault(settings)
    with opened_store(settings) as store, store.transaction() as connection:
        at = int(SystemClock().now())
        shown = secret_of(connection, vault, webhook_id, actor=TERMINAL, at=at)
    if as_json:
        print_json({"secret": shown})
    else:
        typer.echo(shown)


@commands.command()
def rotate(
    webhook_id: WebhookId,
    *,
    overlap: Annotated[int, typer.Option(help="Seconds for which the old one signs, too.", min=0)] = 86_400,
    as_json: AsJson = False,
) -> None:
    """Sign by a new secret, and for the overlap by the old one beside it."""
    from node.clock import SystemRandom
    from node.services.streams.receivers import rotate as rotate_secret

    settings = read_settings()
    vault = _vault(settings)
    _change(
        lambda connection, at: rotate_secret(
            connection, vault, SystemRandom(), webhook_id, overlap_seconds=overlap, actor=TERMINAL, at=at
        ),
        as_json=as_json,
    )


@commands.command()
def enable(
    webhook_id: WebhookId,
    *,
    cursor: Annotated[str | None, typer.Option(help="Id of an event: what follows it (again).")] = None,
    as_json: AsJson = False,
) -> None:
    """Deliver again, from where it was or from behind an event; also back."""
    from node.services.streams.receivers import enable as enable_receiver

    _change(
        lambda connection, at: enable_receiver(connection, webhook_id, cursor=cursor, actor=TERMINAL, at=at),
        as_json=as_json,
    )


@commands.command()
def disable(
    webhook_id: WebhookId,
    *,
    reason: Annotated[str, typer.Option(help="For the list and the audit log.")],
    as_json: AsJson = False,
) -> None:
    """Deliver nothing for now; nothing is lost while the feed keeps it."""
    from node.services.streams.receivers import disable as disable_receiver

    _change(
        lambda connection, at: disable_receiver(
            connection, webhook_id, because=reason, actor=TERMINAL, at=at
        ),
        as_json=as_json,
    )


@commands.command()
def remove(webhook_id: WebhookId, *, as_json: AsJson = False) -> None:
    """End a receiver for good, and delete its secrets."""
    from node.services.streams.receivers import remove as remove_receiver

    _change(
        lambda connection, at: remove_receiver(connection, webhook_id, actor=TERMINAL, at=at),
        as_json=as_json,
    )


@commands.command()
def resend(webhook_id: WebhookId, event: Event, *, as_json: AsJson = False) -> None:
    """Send one event again, under its id."""
    from node.services.streams.receivers import resend as resend_event

    _change(
        lambda connection, at: resend_event(connection, webhook_id, event=event, actor=TERMINAL, at=at),
        as_json=as_json,
    )


@commands.command()
def deliveries(
    webhook_id: WebhookId,
    *,
    before: Annotated[int, typer.Option(help="Only numbers below this one.", min=1)] = 2**63 - 1,
    as_json: AsJson = False,
) -> None:
    """Show the newest attempts to deliver, 100 at most."""
    from node.services.streams.deliveries import deliveries_of
    from node.services.streams.receivers import receiver

    with opened_store(read_settings()) as store, store.snapshot() as connection:
        receiver(connection, webhook_id)
        found = deliveries_of(connection, webhook_id, before=before, limit=100)
    columns = ("id", "event_id", "attempt", "at", "status", "error", "milliseconds")
    print_rows([asdict(each) for each in found], columns, as_json=as_json)


def _vault(settings: "Settings") -> "Vault":
    """Return the vault, opened; the password comes from a file or is typed."""
    from node.bootstrap.opening import open_vault
    from node.clock import SystemRandom

    vault = open_vault(settings, SystemRandom(), lambda: read_password(settings))
    vault.ready()
    return vault


def _change(act: "Callable[..., Receiver]", *, as_json: bool) -> None:
    from node.clock import SystemClock

    with opened_store(read_settings()) as store, store.transaction() as connection:
        found = act(connection, int(SystemClock().now()))
    print_rows([asdict(found)], _COLUMNS, as_json=as_json)
