"""Names of banks and payments, as the standards write them: BIC, LEI, member id, UETR.

Form only: whether a bank is known is asked of the participants (`settlement.participant`), because
real BICs are missing from every public list.
"""

import re
from dataclasses import dataclass

import schwifty
from schwifty.exceptions import SchwiftyException
from stdnum import lei as iso17442
from stdnum.exceptions import ValidationError

from settlement.errors import InvalidBic, InvalidLei, InvalidMemberId, InvalidUetr

_UETR = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", re.ASCII)
_SYSTEM = re.compile(r"[A-Z]{5}", re.ASCII)
_MEMBER = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,33}[\x21-\x7e])?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberId:
    """A bank's number in a clearing system: ``USABA`` and ``011104238`` (ISO external code list)."""

    system: str
    member: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BankReference:
    """How a message names a bank: any of BIC, LEI and clearing-system member id."""

    bic: str | None = None
    lei: str | None = None
    member: MemberId | None = None

    def __str__(self) -> str:
        names = [self.bic, self.lei, f"{self.member.system} {self.member.member}" if self.member else None]
        return ", ".join(name for name in names if name) or "no name"


def validate_bic(text: str) -> str:
    """Return a BIC of 8 or 11 characters (ISO 9362) as written; raise `InvalidBic`."""
    try:
        if not _BIC.fullmatch(text):
            raise InvalidBic(f"{text!r} is not a BIC of 8 or 11 upper-case characters", param="bic")
        schwifty.BIC(text)
    except SchwiftyException as error:
        raise InvalidBic(f"{text!r} is not a BIC: {error}", param="bic") from error
    return text


def validate_lei(text: str) -> str:
    """Return an LEI of 20 characters with right check digits (ISO 17442); raise `InvalidLei`."""
    try:
        if iso17442.validate(text) == text:
            return text
    except ValidationError as error:
        raise InvalidLei(f"{text!r} is not an LEI: {error}", param="lei") from error
    raise InvalidLei(f"{text!r} is not written as an LEI is: upper case, no spaces", param="lei")


def validate_member_id(system: str, member: str) -> MemberId:
    """Return a clearing-system member id; its form only, for each system checks its own digits."""
    if not _SYSTEM.fullmatch(system) or not _MEMBER.fullmatch(member):
        raise InvalidMemberId(f"{system!r} {member!r} is not a clearing-system member id", param="member")
    return MemberId(system=system, member=member)


def validate_uetr(text: str) -> str:
    """Return a unique end-to-end transaction reference: a lower-case UUID version 4."""
    if not _UETR.fullmatch(text):
        raise InvalidUetr(f"{text!r} is not a UETR: a lower-case UUID of version 4", param="uetr")
    return text
