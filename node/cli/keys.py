"""`vostro keys`: the keys of this node, made and kept here.

A key means nothing on the chain until the operator has registered its address for this participant
(`vostro participants admit`), or two administer keys have (`Participants.addKey`).
"""

from typing import Annotated

import typer

from node.cli import registration
from node.cli.opening import read_password, read_settings
from node.cli.output import AsJson, print_rows, working

commands = typer.Typer(help="Keys of this node: made and kept here.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    registration.register(commands)
    app.add_typer(commands, name="keys")


@commands.command()
def new(*, as_json: AsJson = False) -> None:
    """Make a key, keep it under the keystore's password, and print its address.

    Give the address to the operator, who registers it on the chain in the one role it is for.
    """
    from node.bootstrap.opening import open_keystore
    from node.clock import SystemRandom

    settings = read_settings()
    password = read_password(settings, new=True)
    with working("making a key"):
        address = open_keystore(settings).create(password, SystemRandom())
    print_rows([{"address": address}], ("address",), as_json=as_json)


@commands.command("import")
def import_(
    secret_file: Annotated[
        typer.FileText, typer.Argument(help="File with the private key as 64 hexadecimal digits; `-`: input.")
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Keep an existing private key under the keystore's password, and print its address."""
    from node.bootstrap.opening import open_keystore
    from node.errors import SettingsInvalid

    settings = read_settings()
    try:
        secret = bytes.fromhex(secret_file.read(200).strip().removeprefix("0x"))
    except ValueError:
        raise SettingsInvalid("the file must hold a private key as 64 hexadecimal digits") from None
    password = read_password(settings, new=True)
    with working("keeping the key"):
        address = open_keystore(settings).add(secret, password)
    print_rows([{"address": address}], ("address",), as_json=as_json)


@commands.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """Show the keys of the keystore and, where the mirror knows them, what they are registered for."""
    from node.bootstrap.opening import open_keystore
    from node.cli.opening import opened_store
    from node.services.participants import registered_key

    settings = read_settings()
    with opened_store(settings) as store:
        rows = []
        for address in open_keystore(settings).addresses():
            known = registered_key(store, address)
            rows.append(
                {
                    "address": address,
                    "participant": known and known.participant,
                    "number": known and known.number,
                    "role": known and known.role.name.lower(),
                    "valid_from": known and known.valid_from,
                    "valid_until": known and known.valid_until,
                    "revoked": known and known.revoked,
                }
            )
    columns = ("address", "participant", "number", "role", "valid_from", "valid_until", "revoked")
    print_rows(rows, columns, as_json=as_json)
