"""`vostro approvals`: approve keys, what waits for a second person, and that person's answer."""

from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.opening import opened_store, read_settings
from node.cli.output import AsJson, print_rows

if TYPE_CHECKING:
    from node.services.actors import Actor

commands = typer.Typer(help="What waits for a second person.", no_args_is_help=True)

_COLUMNS = ("id", "need", "list_hit", "amount", "currency", "payee", "end_to_end_id", "entered_by", "digest")
_LIMIT_MAX = 200

PaymentId = Annotated[str, typer.Argument(help="Id of a payment that is `awaiting_approval`.")]
Name = Annotated[str, typer.Option("--as", help="Your name: that of your account, and of your key.")]


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.add_typer(commands, name="approvals")


@commands.command("key")
def key(
    name: Annotated[str, typer.Argument(help="The approver's name.")], *, as_json: AsJson = False
) -> None:
    """Make an approver's key, opened by a secret that only that person types, and print its address.

    It counts once it is registered as an approve key (`vostro keys register`).
    """
    from node.bootstrap.opening import approver_keys
    from node.clock import SystemRandom

    keys = approver_keys(read_settings())
    typed: str = typer.prompt("The approver's own secret", hide_input=True, confirmation_prompt=True)
    address = keys.create(name, typed.encode(), SystemRandom())
    print_rows(
        [{"approver": name, "address": "0x" + address.hex()}], ("approver", "address"), as_json=as_json
    )


@commands.command("list")
def list_(
    *,
    name: Name,
    limit: Annotated[int, typer.Option(min=1, max=_LIMIT_MAX, help="The oldest so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Show what waits for you: what others entered."""
    from dataclasses import asdict

    from node.clock import SystemClock
    from node.services.approvals import list_waiting

    with opened_store(read_settings()) as store:
        found = list_waiting(store, SystemClock(), _actor(name), limit=limit)
    rows = [
        asdict(each)
        | {
            "amount": str(each.amount),
            "digest": "0x" + each.digest.hex(),
            "list_hit": each.hit and f"{each.hit.entry} {each.hit.score} (list {each.hit.list_version})",
        }
        for each in found
    ]
    print_rows(rows, _COLUMNS, as_json=as_json)


@commands.command()
def approve(
    payment_id: PaymentId,
    *,
    name: Name,
    digest: Annotated[str, typer.Option(help="The digest that `vostro approvals list` showed.")],
    reason: Annotated[str | None, typer.Option(help="Kept with the approval.")] = None,
    as_json: AsJson = False,
) -> None:
    """Consent to a payment with your own key; its secret is asked for, and kept nowhere."""
    from node.bootstrap.opening import approver_keys
    from node.cli.parsing import digest_of
    from node.clock import SystemClock
    from node.keys.approvers import Approvers
    from node.services.answers import request_of
    from node.services.approvals import approve as approve_payment

    settings, clock = read_settings(), SystemClock()
    request = request_of(
        actor=name, key=f"approve {payment_id}", operation="approve", body=f"{digest} {reason}".encode()
    )
    secret: str = typer.prompt("Your secret", hide_input=True)
    with opened_store(settings) as store:
        answer = approve_payment(
            store,
            clock,
            Approvers(approver_keys(settings), clock),
            request,
            actor=_actor(name),
            payment_id=payment_id,
            shown=digest_of(digest),
            secret=secret.encode(),
            reason=reason,
        )
    _print(answer.body, as_json=as_json)


@commands.command()
def reject(
    payment_id: PaymentId,
    *,
    name: Name,
    reason: Annotated[str, typer.Option(help="Why; kept with the rejection.")],
    as_json: AsJson = False,
) -> None:
    """End a payment that waits; its sequence is voided, so that it can never settle."""
    from node.clock import SystemClock
    from node.services.answers import request_of
    from node.services.approvals import reject as reject_payment

    request = request_of(actor=name, key=f"reject {payment_id}", operation="reject", body=reason.encode())
    with opened_store(read_settings()) as store:
        answer = reject_payment(
            store, SystemClock(), request, actor=_actor(name), payment_id=payment_id, reason=reason
        )
    _print(answer.body, as_json=as_json)


def _actor(name: str) -> "Actor":
    """Return the person who types: at the terminal a secret proves who that is, where one is asked for."""
    from node.services.actors import Actor, Role

    return Actor(id=name, name=name, roles=frozenset({Role.APPROVER}))


def _print(body: bytes, *, as_json: bool) -> None:
    import orjson

    print_rows([orjson.loads(body)], ("id", "verdict", "approver"), as_json=as_json)
