"""`vostro assets`, `issue`, `redeem`: monies, the accounts in them, and their coming and going."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.asking import Signer, Wait, ask_for
from node.cli.opening import TERMINAL, opened_store, read_settings
from node.cli.output import AsJson, print_json, print_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from node.chain.calls import Call
    from settlement.instruction import InstructionKind

commands = typer.Typer(help="What is held: monies and the accounts in them.", no_args_is_help=True)

Code = Annotated[str, typer.Argument(help="ISO 4217 code of the money.")]
Holder = Annotated[str, typer.Argument(help="BIC of the account's holder.")]
Amount = Annotated[str, typer.Argument(help="Decimal amount: 1000000.00")]
Reference = Annotated[str, typer.Option(help="Your reference, 1 to 35 characters.")]


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    app.add_typer(commands, name="assets")
    app.command()(issue)
    app.command()(redeem)


@commands.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """Show every asset as mirrored."""
    from node.services.participants import list_assets

    with opened_store(read_settings()) as store:
        found = list_assets(store)
    rows = [
        asdict(asset) | {"currency": asset.currency.code, "kind": asset.kind.name.lower()} for asset in found
    ]
    print_rows(rows, ("id", "currency", "kind", "issuer", "business_day"), as_json=as_json)


@commands.command("register")
def register_money(
    code: Code,
    issuer: Annotated[str, typer.Argument(help="BIC of the central bank.")],
    *,
    signer: Signer = None,
    wait: Wait = 0,
    as_json: AsJson = False,
) -> None:
    """Register central-bank money in a currency. The operator's."""
    from node.chain import calls
    from node.services.participants import number_of
    from settlement.asset import AssetKind, DayRule
    from settlement.money import currency
    from settlement.participant import KeyRole

    with opened_store(read_settings()) as store:
        number = number_of(store, issuer)
    money = currency(code)
    ask_for(
        "money_registered",
        lambda contracts: calls.register_asset(
            contracts,
            currency=money.number,
            kind=AssetKind.CENTRAL_BANK_MONEY,
            issuer=number,
            day_rule=DayRule.BUSINESS_DAY,
        ),
        role=KeyRole.ADMINISTER,
        signer=signer,
        wait=wait,
        as_json=as_json,
    )


@commands.command("open")
def open_account(
    code: Code, holder: Holder, *, signer: Signer = None, wait: Wait = 0, as_json: AsJson = False
) -> None:
    """Open a participant's account in a money; without one it can't be paid in it. Issuer or operator."""
    from node.chain import calls

    _of_account("account_opened", calls.open_account, code, holder, signer=signer, wait=wait, as_json=as_json)


@commands.command()
def freeze(
    code: Code, holder: Holder, *, signer: Signer = None, wait: Wait = 0, as_json: AsJson = False
) -> None:
    """Block an account's debits; it can still be credited. Issuer or operator."""
    from node.chain import calls

    _of_account("account_frozen", calls.freeze, code, holder, signer=signer, wait=wait, as_json=as_json)


@commands.command()
def unfreeze(
    code: Code, holder: Holder, *, signer: Signer = None, wait: Wait = 0, as_json: AsJson = False
) -> None:
    """Lift this side's freeze of an account; the issuer's and the operator's are two."""
    from node.chain import calls

    _of_account("account_unfrozen", calls.unfreeze, code, holder, signer=signer, wait=wait, as_json=as_json)


@commands.command()
def close(code: Code, *, signer: Signer = None, wait: Wait = 0, as_json: AsJson = False) -> None:
    """End a money's business day. Issuer or operator."""
    from node.chain.own_calls import close_day
    from node.services.participants import money_of
    from settlement.participant import KeyRole

    with opened_store(read_settings()) as store:
        asset = money_of(store, code).id
    ask_for(
        "day_closed",
        lambda contracts: close_day(contracts, asset=asset),
        role=KeyRole.ADMINISTER,
        signer=signer,
        wait=wait,
        as_json=as_json,
    )


def issue(
    code: Code,
    holder: Annotated[str, typer.Argument(help="BIC of who receives it.")],
    amount: Amount,
    *,
    reference: Reference = "issue",
    as_json: AsJson = False,
) -> None:
    """Bring money into being on a bank's account. The issuer's."""
    from settlement.instruction import InstructionKind

    _instruct(InstructionKind.ISSUE, code, amount, holder=holder, reference=reference, as_json=as_json)


def redeem(
    code: Code, amount: Amount, *, reference: Reference = "redemption", as_json: AsJson = False
) -> None:
    """Ask the issuer to take money back; it is locked until the issuer answers."""
    from settlement.instruction import InstructionKind

    _instruct(InstructionKind.REDEMPTION, code, amount, holder=None, reference=reference, as_json=as_json)


def _of_account(
    action: str,
    call: "Callable[..., Call]",
    code: str,
    holder: str,
    *,
    signer: str | None,
    wait: float,
    as_json: bool,
) -> None:
    from node.services.participants import money_of, number_of
    from settlement.participant import KeyRole

    with opened_store(read_settings()) as store:
        asset, number = money_of(store, code).id, number_of(store, holder)
    ask_for(
        action,
        lambda contracts: call(contracts, asset=asset, holder=number),
        role=KeyRole.ADMINISTER,
        signer=signer,
        wait=wait,
        as_json=as_json,
    )


def _instruct(
    kind: "InstructionKind", code: str, amount: str, *, holder: str | None, reference: str, as_json: bool
) -> None:
    import orjson

    from node.clock import SystemClock, SystemRandom
    from node.services.acceptance import accept
    from node.services.identifiers import new_id
    from node.services.requests import money_request
    from settlement.identifiers import BankReference
    from settlement.money import amount_from_decimal, currency

    settings, clock, random = read_settings(), SystemClock(), SystemRandom()
    minor_units = str(amount_from_decimal(amount, currency(code)))
    request = money_request(
        kind,
        currency=code,
        amount=minor_units,
        reference=reference,
        holder=BankReference(bic=holder),
    )
    key = new_id("cli", clock, random)
    with opened_store(settings) as store:
        answer = accept(
            store,
            settings,
            clock,
            random,
            actor=TERMINAL,
            key=key,
            body=key.encode(),
            requests=[request],
            kind=kind,
        )
    ((taken,),) = orjson.loads(answer.body).values()
    if as_json:
        print_json(taken)
    else:
        print_rows([taken], ("id", "uetr", "end_to_end_id"), as_json=False)
