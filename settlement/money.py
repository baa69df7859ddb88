"""Money is a whole number of minor units of an ISO 4217 currency: 1 … 2^63−1, never a float.

Exponents come from ISO 4217 by the `iso4217` library; the chain's number of a central-bank money is
the currency's ISO number (USD = 840).
"""

import re
from dataclasses import dataclass
from functools import cache

import iso4217

from settlement.errors import (
    AmountNotPositive,
    AmountTooLarge,
    InvalidAmount,
    TooManyDecimals,
    UnknownCurrency,
)

AMOUNT_MAX = 2**63 - 1

# Enough for 2^63−1 with any exponent; a longer text is refused before it is turned into a number.
_AMOUNT_CHARACTERS_MAX = 40
_DECIMAL = re.compile(r"(\d+)(?:\.(\d*))?", re.ASCII)
_INTEGER = re.compile(r"-?\d+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Currency:
    """An ISO 4217 currency: its code, its number, and how many decimals its minor unit has."""

    code: str
    number: int
    exponent: int


@cache
def currency(code: str) -> Currency:
    """Return the currency of an ISO 4217 alphabetic code; raise `UnknownCurrency`."""
    try:
        found = iso4217.Currency(code)
    except ValueError:
        found = None
    # Metals, test codes and the like have no minor unit: nothing can be counted in them.
    if found is None or found.exponent is None:
        raise UnknownCurrency(f"{code!r} is not an ISO 4217 currency with minor units", param="currency")
    return Currency(code=found.code, number=found.number, exponent=found.exponent)


@cache
def currency_by_number(number: int) -> Currency:
    """Return the currency of an ISO 4217 number; raise `UnknownCurrency`."""
    for found in iso4217.Currency:
        if found.number == number:
            return currency(found.code)
    raise UnknownCurrency(f"{number} is not an ISO 4217 number", param="currency")


def validate_amount(amount: int) -> int:
    """Return `amount` (minor units) if it can be settled: 1 … 2^63−1."""
    if amount <= 0:
        raise AmountNotPositive(f"the amount is {amount}; it must be at least 1 minor unit", param="amount")
    if amount > AMOUNT_MAX:
        raise AmountTooLarge(f"the amount {amount} is above {AMOUNT_MAX} minor units", param="amount")
    return amount


def amount_from_minor_units(text: str) -> int:
    """Read the API's form: a string of minor units, for example ``"51000074"``."""
    if len(text) > _AMOUNT_CHARACTERS_MAX or not _INTEGER.fullmatch(text):
        raise InvalidAmount(
            f"{text[:_AMOUNT_CHARACTERS_MAX]!r} is not a whole number of minor units", param="amount"
        )
    return validate_amount(int(text))


def amount_from_decimal(text: str, money: Currency) -> int:
    """Read ISO 20022's form, for example ``510000.74``, into minor units; never rounds."""
    if text.startswith("-"):
        raise AmountNotPositive(
            f"the amount is {text[:_AMOUNT_CHARACTERS_MAX]}; it must be positive", param="amount"
        )
    match = _DECIMAL.fullmatch(text)
    if len(text) > _AMOUNT_CHARACTERS_MAX or match is None:
        raise InvalidAmount(f"{text[:_AMOUNT_CHARACTERS_MAX]!r} is not a decimal amount", param="amount")
    whole, fraction = match[1], match[2] or ""
    if len(fraction) > money.exponent:
        raise TooManyDecimals(
            f"{text} has {len(fraction)} decimals; {money.code} has {money.exponent}", param="amount"
        )
    return validate_amount(int(whole + fraction.ljust(money.exponent, "0")))


def decimal_text(amount: int, money: Currency) -> str:
    """Write minor units in ISO 20022's form; the inverse of `amount_from_decimal`. Keeps a sign."""
    digits = str(abs(amount)).rjust(money.exponent + 1, "0")
    sign = "-" if amount < 0 else ""
    if money.exponent == 0:
        return sign + digits
    return f"{sign}{digits[: -money.exponent]}.{digits[-money.exponent :]}"
