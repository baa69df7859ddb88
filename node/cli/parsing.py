"""What is written on the command line, in the form the domain has for it; wrong usage is exit status 2."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

import typer

if TYPE_CHECKING:
    from datetime import date

    from pydantic import BaseModel

    from node.chain.calls import KeyTerms
    from settlement.identifiers import MemberId
    from settlement.participant import KeyRole, ParticipantKind

Form = TypeVar("Form", bound="BaseModel")

_ADDRESS_BYTES = 20
_DIGEST_BYTES = 32


def address_of(text: str) -> bytes:
    """Return an address of 40 hexadecimal digits, with or without 0x."""
    return _octets(text, _ADDRESS_BYTES, "address")


def digest_of(text: str) -> bytes:
    """Return a digest of 64 hexadecimal digits, with or without 0x."""
    return _octets(text, _DIGEST_BYTES, "digest")


def day_of(text: str) -> "date":
    """Return a UTC day, written 2026-11-22 or `today`."""
    from datetime import UTC, date, datetime

    if text == "today":
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day like 2026-11-22") from None


def kind_of(text: str) -> "ParticipantKind":
    """Return a participant's kind by its name."""
    from settlement.participant import ParticipantKind

    try:
        return ParticipantKind[text.upper()]
    except KeyError:
        known = ", ".join(kind.name.lower() for kind in ParticipantKind)
        raise typer.BadParameter(f"{text!r} is none of {known}") from None


def role_of(text: str) -> "KeyRole":
    """Return a key's role by its name."""
    from settlement.participant import KeyRole

    try:
        return KeyRole[text.upper()]
    except KeyError:
        known = ", ".join(role.name.lower() for role in KeyRole)
        raise typer.BadParameter(f"{text!r} is none of {known}") from None


def member_ids(texts: Iterable[str]) -> "tuple[MemberId, ...]":
    """Return clearing-system member ids, each written USABA:011104238."""
    from settlement.identifiers import validate_member_id

    return tuple(validate_member_id(*text.partition(":")[::2]) for text in texts)


def key_terms(
    *, pay: Iterable[str], approve: Iterable[str], administer: Iterable[str]
) -> "tuple[KeyTerms, ...]":
    """Return the keys of an admission, each in its one role, valid until it is revoked."""
    from node.chain.calls import KeyTerms
    from settlement.participant import KeyRole

    roles = ((KeyRole.PAY, pay), (KeyRole.APPROVE, approve), (KeyRole.ADMINISTER, administer))
    return tuple(KeyTerms(address=address_of(text), role=role) for role, texts in roles for text in texts)


def amounts_of(texts: Iterable[str]) -> dict[int, int]:
    """Return minor units by ISO 4217 number, each written USD=1000000.00."""
    from settlement.money import amount_from_decimal, currency

    found = {}
    for text in texts:
        code, separator, amount = text.partition("=")
        if not separator:
            raise typer.BadParameter(f"{text!r} is not written USD=1000000.00")
        money = currency(code)
        found[money.number] = amount_from_decimal(amount, money)
    return found


def form_in(form: type[Form], body: bytes, *, bytes_max: int) -> Form:
    """Return what a JSON file of at most so many bytes says; refuse what is not in this form."""
    from pydantic import ValidationError

    if len(body) > bytes_max:
        raise typer.BadParameter(f"the file has more than {bytes_max} bytes")
    try:
        return form.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(each) for each in first["loc"])
        raise typer.BadParameter(f"{place or 'the file'}: {first['msg']}") from None


def _octets(text: str, count: int, what: str) -> bytes:
    try:
        octets = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        octets = b""
    if len(octets) != count:
        raise typer.BadParameter(f"{text!r} is no {what}, which has {2 * count} hexadecimal digits")
    return octets
