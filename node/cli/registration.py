"""`vostro keys register|rotate|expire|revoke`: what the keys of this node's bank are for, on the chain.

Adding and rotating takes two administer keys: each asks for the same, by its own --signer.
"""

from typing import Annotated

import typer

from node.cli.asking import Signer, Wait, ask_for
from node.cli.output import AsJson
from node.cli.parsing import address_of, role_of

Number = Annotated[
    int, typer.Argument(help="Number of the key among the bank's (`vostro keys list`).", min=1)
]
Address = Annotated[str, typer.Argument(help="Address of the new key.")]


def register(commands: typer.Typer) -> None:
    """Add these commands to `vostro keys`."""
    commands.command("register")(register_key)
    commands.command()(rotate)
    commands.command()(expire)
    commands.command()(revoke)
    commands.command("encrypt-to")(encrypt_to)
    commands.command("endpoint")(endpoint)


def register_key(
    address: Address,
    role: Annotated[str, typer.Option(help="pay, approve or administer.")],
    *,
    signer: Signer = None,
    wait: Wait = 0,
    as_json: AsJson = False,
) -> None:
    """Register another key of this bank. Two administer keys, and a delay."""
    from node.chain.calls import KeyTerms
    from node.chain.own_calls import add_key
    from settlement.participant import KeyRole

    terms = KeyTerms(address=address_of(address), role=role_of(role))
    ask_for(
        "key_registered",
        lambda contracts: add_key(contracts, terms),
        role=KeyRole.ADMINISTER,
        signer=signer,
        wait=wait,
        as_json=as_json,
    )


def rotate(
    number: Number,
    address: Address,
    role: Annotated[str, typer.Option(help="The old key's role: pay, approve or administer.")],
    *,
    overlap: Annotated[int, typer.Option(help="Seconds for which the old key stays valid.", min=0)] = 3600,
    signer: Signer = None,
    wait: Wait = 0,
    as_json: AsJson = False,
) -> None:
    """Let a new key take over from an old one. Two administer keys."""
    from node.chain.calls import KeyTerms
    from node.chain.own_calls import rotate_key
    from settlement.participant import KeyRole

    successor = KeyTerms(address=address_of(address), role=role_of(role))
    ask_for(
        "key_rotated",
        lambda contracts: rotate_key(contracts, number, successor, overlap_seconds=overlap),
        role=KeyRole.ADMINISTER,
        signer=signer,
        wait=wait,
        as_json=as_json,
    )


def expire(
    number: Number,
    until: Annotated[int, typer.Argument(help="The last second in which it is valid (UTC).", min=0)],
    *,
    signer: Signer = None,
    wait: Wait = 0,
    as_json: AsJson = False,
) -> None:
    """Shorten how long a key is valid. One administer key, at once."""
    from node.chain.own_calls import set_key_expiry
    from settlement.participant import KeyRole

    ask_for(
        "key_expiry_set",
        lambda contracts: set_key_expiry(contracts, number, until),
        role=KeyRole.ADMINISTER,
        signer=signer,
        wait=wait,
        as_json=as_json,
    )


def encrypt_to(
    public_key: Annotated[str, typer.Argument(help="As `vostro keys new --encryption` prints it.")],
    *,
    signer: Signer = None,
    wait: Wait = 0,
    as_json: AsJson = False,
) -> None:
    """Register the key that documents for this bank are encrypted to. Two administer keys, and a delay."""
    from node.chain.own_calls import set_encryption_key
    from settlement.participant import KeyRole

    ask_for(
        "encryption_key_set",
        lambda contracts: set_encryption_key(contracts, public_key.encode()),
        role=KeyRole.ADMINISTER,
        signer=signer,
        wait=wait,
        as_json=as_json,
    )


def endpoint(
    url: Annotated[str, typer.Argument(help="https://…, what stands before /letters.")],
    *,
    signer: Signer = None,
    wait: Wait = 0,
    as_json: AsJson = False,
) -> None:
    """Register where this bank's node takes letters. Two administer keys, and a delay."""
    from node.chain.own_calls import set_endpoint
    from settlement.participant import KeyRole

    ask_for(
        "endpoint_set",
        lambda contracts: set_endpoint(contracts, url),
        role=KeyRole.ADMINISTER,
        signer=signer,
        wait=wait,
        as_json=as_json,
    )


def revoke(number: Number, *, signer: Signer = None, wait: Wait = 0, as_json: AsJson = False) -> None:
    """End a key for ever. One administer key, at once."""
    from node.chain.own_calls import revoke_key
    from settlement.participant import KeyRole

    ask_for(
        "key_revoked",
        lambda contracts: revoke_key(contracts, number),
        role=KeyRole.ADMINISTER,
        signer=signer,
        wait=wait,
        as_json=as_json,
    )
