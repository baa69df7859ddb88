"""`vostro limits`, `vostro outgoing`: what this node's bank allows itself and others.

Raising takes two administer keys, each asking for the same by its own --signer, and a delay; lowering
takes one, at once.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.asking import Signer, Wait, ask_for
from node.cli.opening import opened_store, read_settings
from node.cli.output import AsJson

if TYPE_CHECKING:
    from collections.abc import Callable

    from node.chain.calls import Call
    from node.chain.contracts import Contracts
    from node.mirror.registry import Asset

commands = typer.Typer(help="What this bank allows itself and others.", no_args_is_help=True)
outgoing = typer.Typer(help="All of this bank's own debits at once.", no_args_is_help=True)

Code = Annotated[str, typer.Argument(help="ISO 4217 code of the money.")]
Bic = Annotated[str, typer.Argument(help="BIC of the other participant.")]
Amount = Annotated[str, typer.Argument(help="Decimal amount, 1000000.00; `none`: no limit.")]
_NONE = "none"


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.add_typer(commands, name="limits")
    app.add_typer(outgoing, name="outgoing")


@commands.command("set")
def set_(
    code: Code,
    per_instruction: Annotated[str, typer.Option(help="Decimal amount, or `none`.")],
    per_day: Annotated[str, typer.Option(help="Decimal amount, or `none`.")],
    *,
    signer: Signer = None,
    wait: Wait = 0,
    as_json: AsJson = False,
) -> None:
    """Set how much one payment, and all of a day, may take from this bank's account."""
    from node.chain.own_calls import set_limits

    asset = _money(code)
    one, day = (_limit(text, code) for text in (per_instruction, per_day))
    _administer(
        "limits_set",
        lambda contracts: set_limits(contracts, asset=asset.id, per_instruction=one, per_day=day),
        signer, wait, as_json=as_json,
    )  # fmt: skip


@commands.command()
def bilateral(
    code: Code,
    counterparty: Bic,
    amount: Amount,
    *,
    signer: Signer = None,
    wait: Wait = 0,
    as_json: AsJson = False,
) -> None:
    """Set the net outflow of a day towards one participant."""
    from node.chain.own_calls import set_bilateral_limit

    asset, number, limit = _money(code), _number(counterparty), _limit(amount, code)
    _administer(
        "bilateral_limit_set",
        lambda contracts: set_bilateral_limit(contracts, asset=asset.id, counterparty=number, amount=limit),
        signer, wait, as_json=as_json,
    )  # fmt: skip


@commands.command()
def threshold(
    code: Code, amount: Amount, *, signer: Signer = None, wait: Wait = 0, as_json: AsJson = False
) -> None:
    """Set up to which total of a day one key is enough."""
    from node.chain.own_calls import set_threshold

    asset, limit = _money(code), _limit(amount, code)
    _administer(
        "threshold_set",
        lambda contracts: set_threshold(contracts, currency=asset.currency.number, amount=limit),
        signer, wait, as_json=as_json,
    )  # fmt: skip


@commands.command()
def credit(
    code: Code, holder: Bic, amount: Amount, *, signer: Signer = None, wait: Wait = 0, as_json: AsJson = False
) -> None:
    """Set a holder's credit line in a money this bank issues."""
    from node.chain.own_calls import set_credit

    asset, number, limit = _money(code), _number(holder), _amount(amount, code)
    _administer(
        "credit_set",
        lambda contracts: set_credit(contracts, asset=asset.id, holder=number, amount=limit),
        signer, wait, as_json=as_json,
    )  # fmt: skip


@commands.command()
def reserve(
    code: Code, amount: Amount, *, signer: Signer = None, wait: Wait = 0, as_json: AsJson = False
) -> None:
    """Set what only urgent payments may use. A pay key."""
    from node.chain.own_calls import set_reserve
    from settlement.participant import KeyRole

    asset, limit = _money(code), _amount(amount, code)
    ask_for(
        "reserve_set",
        lambda contracts: set_reserve(contracts, asset=asset.id, amount=limit),
        role=KeyRole.PAY,
        signer=signer,
        wait=wait,
        as_json=as_json,
    )


@outgoing.command()
def stop(*, signer: Signer = None, wait: Wait = 0, as_json: AsJson = False) -> None:
    """Block every debit of this bank, at once. One administer key."""
    from node.chain.own_calls import stop_outgoing

    _administer("outgoing_stopped", stop_outgoing, signer, wait, as_json=as_json)


@outgoing.command()
def resume(*, signer: Signer = None, wait: Wait = 0, as_json: AsJson = False) -> None:
    """Lift that block. Two administer keys, and a delay."""
    from node.chain.own_calls import resume_outgoing

    _administer("outgoing_resumed", resume_outgoing, signer, wait, as_json=as_json)


def _administer(
    action: str, build: "Callable[[Contracts], Call]", signer: str | None, wait: float, *, as_json: bool
) -> None:
    from settlement.participant import KeyRole

    ask_for(action, build, role=KeyRole.ADMINISTER, signer=signer, wait=wait, as_json=as_json)


def _money(code: str) -> "Asset":
    from node.services.participants import money_of

    with opened_store(read_settings()) as store:
        return money_of(store, code)


def _number(bic: str) -> int:
    from node.services.participants import number_of

    with opened_store(read_settings()) as store:
        return number_of(store, bic)


def _limit(text: str, code: str) -> int:
    """Return minor units; `none` is the most that an account can hold."""
    from settlement.money import AMOUNT_MAX

    return AMOUNT_MAX if text == _NONE else _amount(text, code)


def _amount(text: str, code: str) -> int:
    """Return minor units, 0 included: no credit, no reserve."""
    from settlement.money import amount_from_decimal, currency

    return 0 if not text.strip("0.") else amount_from_decimal(text, currency(code))
