"""`vostro keys`: the keys of this node, made and kept here.

A key means nothing on the chain until the operator has registered its address for this participant
(`vostro participants admit`), or two administer keys have (`vostro keys register`).
"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli import registration
from node.cli.opening import opened_store, read_password, read_settings
from node.cli.output import AsJson, print_rows, working
from node.cli.parsing import address_of

if TYPE_CHECKING:
    from node.keys.keystore import Keystore
    from node.services.own_keys import OwnKey
    from node.settings import Settings

commands = typer.Typer(help="Keys of this node: made and kept here.", no_args_is_help=True)

WalletPassword = Annotated[
    Path | None, typer.Option(help="File with the password of the wallet's file. Default: asked.")
]
_FILE_BYTES_MAX = 16 * 1024


def register(app: typer.Typer) -> None:
    """Add these commands to `vostro`."""
    registration.register(commands)
    app.add_typer(commands, name="keys")


@commands.command()
def new(
    *,
    encryption: Annotated[bool, typer.Option("--encryption", help="For documents, not for signing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a key, in the keystore or on the token (VOSTRO_SIGNER), and print its address.

    Give the address to the operator, who registers it on the chain in the one role it is for. An encryption
    key is printed as it is registered: `vostro keys encrypt-to`.
    """
    from contextlib import closing

    from node.bootstrap.opening import open_encryption_keystore, open_keystore, open_token
    from node.clock import SystemRandom
    from node.keys.agreement import public_jwk, thumbprint

    settings = read_settings()
    password = read_password(settings, new=settings.signer == "keystore")
    with working("making a key"):
        if settings.signer == "pkcs11":
            with closing(open_token(settings, password)) as token:
                create = token.create_encryption if encryption else token.create
                made = create(SystemRandom())
        elif encryption:
            made = open_encryption_keystore(settings).create(password)
        else:
            made = open_keystore(settings).create(password, SystemRandom())
    if encryption:
        row = {"thumbprint": thumbprint(made), "public_key": public_jwk(made).decode()}
        print_rows([row], ("thumbprint", "public_key"), as_json=as_json)
    else:
        print_rows([{"address": made}], ("address",), as_json=as_json)


@commands.command("import")
def import_(
    file: Annotated[
        typer.FileBinaryRead,
        typer.Argument(help="A wallet's file (Keystore V3), or 64 hexadecimal digits; `-`: input."),
    ],
    *,
    wallet_password_file: WalletPassword = None,
    as_json: AsJson = False,
) -> None:
    """Keep an existing private key under the keystore's password, and print its address."""
    from node.errors import SettingsInvalid

    settings = read_settings()
    keystore = _keystore(settings)
    content = file.read(_FILE_BYTES_MAX + 1).strip()
    if content.startswith(b"{"):
        wallet_password = _wallet_password(wallet_password_file, new=False)
        password = read_password(settings, new=True)
        with working("keeping the key"):
            address = keystore.add_wallet(content, wallet_password, password)
    else:
        try:
            secret = bytes.fromhex(content.decode().removeprefix("0x"))
        except ValueError:
            raise SettingsInvalid(
                "the file must be a wallet's (Keystore V3), or hold 64 hexadecimal digits"
            ) from None
        password = read_password(settings, new=True)
        with working("keeping the key"):
            address = keystore.add(secret, password)
    print_rows([{"address": address}], ("address",), as_json=as_json)


@commands.command()
def export(
    address: Annotated[str, typer.Argument(help="Address of a key in the keystore.")],
    file: Annotated[Path, typer.Argument(help="The wallet's file to write; it must not be there.")],
    *,
    wallet_password_file: WalletPassword = None,
    as_json: AsJson = False,
) -> None:
    """Write a key as a wallet's file (Keystore V3), under a password of its own."""
    from node.errors import SettingsInvalid
    from node.keys.sealed_files import write_private

    settings = read_settings()
    keystore, wanted = _keystore(settings), address_of(address)
    password = read_password(settings)
    wallet_password = _wallet_password(wallet_password_file, new=True)
    with working("writing the wallet's file"):
        document = keystore.export_wallet(wanted, password, wallet_password)
        try:
            write_private(file, document)
        except OSError as error:
            raise SettingsInvalid(f"{file} can't be written: {error.strerror}") from None
    print_rows([{"address": wanted, "file": str(file)}], ("address", "file"), as_json=as_json)


@commands.command()
def check(*, as_json: AsJson = False) -> None:
    """Open every key and let it work once: after a restore, or a change of token or password.

    An encryption key's public part is shown as it is registered. Exit 1 when one does not work.
    """
    from node.bootstrap.checking import check_keys

    settings = read_settings()
    password = read_password(settings)
    with working("opening the keys"):
        rows = [asdict(each) for each in check_keys(settings, password)]
    print_rows(rows, ("kind", "name", "works", "public_key"), as_json=as_json)
    if not all(row["works"] for row in rows):
        raise typer.Exit(1)


@commands.command()
def reseal(
    *,
    new_password_file: Annotated[
        Path | None,
        typer.Option(help="File with the new password; `-`: asked. Default: the password stays."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Seal every key file anew: by VOSTRO_KEY_CIPHER, under a new password if one is given.

    Each file is at any moment whole, under the old password or the new; cut short, run it again. The
    running node goes on. Then let VOSTRO_KEY_PASSWORD_FILE hold the new password.
    """
    from node.bootstrap.opening import read_secret
    from node.bootstrap.resealing import reseal as seal_anew

    settings = read_settings()
    old = new = read_password(settings)
    if new_password_file == Path("-"):
        new = typer.prompt("New password", hide_input=True, confirmation_prompt=True).encode()
    elif new_password_file is not None:
        new = read_secret(new_password_file)
    with working("sealing the keys anew"):
        rows = [asdict(each) for each in seal_anew(settings, old, new)]
    print_rows(rows, ("folder", "name", "cipher", "changed"), as_json=as_json)


@commands.command()
def remove(
    address: Annotated[str, typer.Argument(help="Address of a key that is revoked or has expired.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Delete a key that the chain has ended, from the keystore or the token. It can't be undone.

    A key that may still act, or has a transaction in flight, is refused. The running node lets it go.
    """
    from node.bootstrap.opening import key_addresses, remove_key
    from node.clock import SystemClock
    from node.services.own_keys import require_ended

    settings, wanted = read_settings(), address_of(address)
    password = read_password(settings) if settings.signer == "pkcs11" else None
    with opened_store(settings) as store:
        require_ended(store, settings, wanted, key_addresses(settings), now=int(SystemClock().now()))
    remove_key(settings, wanted, password)
    print_rows([{"address": wanted, "removed": True}], ("address", "removed"), as_json=as_json)


@commands.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """Show the keys held here and those registered on the chain, and what differs between the two."""
    from node.bootstrap.opening import key_addresses
    from node.clock import SystemClock
    from node.services.own_keys import own_keys

    settings = read_settings()
    with opened_store(settings) as store:
        found = own_keys(store, settings, key_addresses(settings), now=int(SystemClock().now()))
    columns = ("address", "held", "number", "role", "valid_from", "valid_until", "differs")
    print_rows([_row(each) for each in found], columns, as_json=as_json)


def _row(own: "OwnKey") -> dict[str, object]:
    known = own.registered
    return {
        "address": own.address,
        "held": own.held,
        "participant": known and known.participant,
        "number": known and known.number,
        "role": known and known.role.name.lower(),
        "valid_from": known and known.valid_from,
        "valid_until": known and known.valid_until,
        "revoked": known and known.revoked,
        "differs": own.differs,
    }


def _keystore(settings: "Settings") -> "Keystore":
    from node.bootstrap.opening import open_keystore
    from node.errors import SettingsInvalid

    if settings.signer != "keystore":
        raise SettingsInvalid(
            "a token's keys are made on it and never leave it: `vostro keys new`, then rotate to the new key"
        )
    return open_keystore(settings)


def _wallet_password(file: Path | None, *, new: bool) -> bytes:
    from node.bootstrap.opening import read_secret

    if file is not None:
        return read_secret(file)
    typed: str = typer.prompt("Password of the wallet's file", hide_input=True, confirmation_prompt=new)
    return typed.encode()
