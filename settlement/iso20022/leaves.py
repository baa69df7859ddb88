"""The texts that stand in elements: lengths, patterns, code lists, dates, decimals and identifiers.

Every leaf takes less than or just what the type of the official schema takes. It is stricter where a
value would mean nothing to us: surrounding blanks, dates with a time zone, `+` before a number.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from settlement.errors import AmountNotPositive, AmountTooLarge, InvalidAmount, InvalidValue, TooManyDecimals
from settlement.identifiers import validate_bic, validate_lei, validate_uetr
from settlement.iso20022.faults import FaultCode

_AMOUNT_DIGITS_MAX = 18
_AMOUNT_DECIMALS_MAX = 5
_SHOWN_CHARACTERS = 80
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One type of text: `fault` returns None for a text that is right, else a code and a sentence."""

    name: str
    fault: Callable[[str], tuple[str, str] | None]
    currency: bool = False  # an amount: carries the attribute Ccy
    refused: bool = False  # known to the standard, not taken by us whatever it holds


def shown(text: str) -> str:
    """Return `text` quoted and cut, so that a fault never carries a whole file."""
    return repr(text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…")


def codes(names: str) -> Leaf:
    """Return the leaf of a closed code list, its codes separated by blanks."""
    allowed = frozenset(names.split())

    def fault(text: str) -> tuple[str, str] | None:
        if text in allowed:
            return None
        return FaultCode.UNKNOWN_CODE, f"{shown(text)} is not one of {', '.join(sorted(allowed))}"

    return Leaf(name=f"[{names}]", fault=fault)


def _text(length_max: int) -> Leaf:
    def fault(text: str) -> tuple[str, str] | None:
        if 0 < len(text) <= length_max:
            return None
        return FaultCode.INVALID_TEXT, f"must have 1 to {length_max} characters, has {len(text)}"

    return Leaf(name=f"text{length_max}", fault=fault)


def _pattern(name: str, pattern: str, meaning: str) -> Leaf:
    match = re.compile(pattern, re.ASCII).fullmatch

    def fault(text: str) -> tuple[str, str] | None:
        return None if match(text) else (FaultCode.INVALID_TEXT, f"{shown(text)} is not {meaning}")

    return Leaf(name=name, fault=fault)


def _dated(name: str, pattern: str, meaning: str) -> Leaf:
    """Return a leaf whose text starts with a day that must be in the calendar."""
    form = _pattern(name, pattern, meaning).fault

    @lru_cache(_REMEMBERED)
    def fault(text: str) -> tuple[str, str] | None:
        wrong = form(text)
        if wrong is None:
            try:
                date.fromisoformat(text[:10])
            except ValueError:
                wrong = FaultCode.INVALID_TEXT, f"{shown(text)} is not a day of the calendar"
        return wrong

    return Leaf(name=name, fault=fault)


def _decimal(name: str, digits_max: int, decimals_max: int) -> Leaf:
    match = re.compile(r"-?(\d+)(?:\.(\d+))?", re.ASCII).fullmatch
    meaning = f"a decimal number of at most {digits_max} digits, {decimals_max} of them decimals"

    def fault(text: str) -> tuple[str, str] | None:
        found = match(text)
        if found:
            decimals = len(found[2] or "")
            if decimals <= decimals_max and len(found[1]) + decimals <= digits_max:
                return None
        return FaultCode.INVALID_TEXT, f"{shown(text)} is not {meaning}"

    return Leaf(name=name, fault=fault)


def _amount() -> Leaf:
    match = re.compile(r"(\d+)(?:\.(\d+))?", re.ASCII).fullmatch

    def fault(text: str) -> tuple[str, str] | None:
        found = match(text)
        if found is None:
            wrong = AmountNotPositive if text.startswith("-") else InvalidAmount
            return wrong.code, f"{shown(text)} is not a decimal amount"
        decimals = len(found[2] or "")
        if decimals > _AMOUNT_DECIMALS_MAX:
            return TooManyDecimals.code, f"{shown(text)} has more than {_AMOUNT_DECIMALS_MAX} decimals"
        if len(found[1]) + decimals > _AMOUNT_DIGITS_MAX:
            return AmountTooLarge.code, f"{shown(text)} has more than {_AMOUNT_DIGITS_MAX} digits"
        return None

    return Leaf(name="amount", fault=fault, currency=True)


def _identifier(name: str, validate: Callable[[str], str]) -> Leaf:
    @lru_cache(_REMEMBERED)
    def fault(text: str) -> tuple[str, str] | None:
        try:
            validate(text)
        except InvalidValue as error:
            return error.code, error.detail
        return None

    return Leaf(name=name, fault=fault)


def _refused() -> Leaf:
    def fault(_: str) -> tuple[str, str]:
        return FaultCode.REFUSED_ELEMENT, "is not taken here; leave it out"

    return Leaf(name="refused", fault=fault, refused=True)


_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)?"
_DAY = r"\d{4}-\d\d-\d\d"

LEAVES = {
    leaf.name: leaf
    for leaf in (
        *(_text(length) for length in (3, 4, 5, 10, 16, 34, 35, 70, 105, 128, 140, 350, 2048)),
        _pattern("alphanumeric4", r"[a-zA-Z0-9]{4}", "4 letters or digits"),
        _pattern("country", r"[A-Z]{2}", "a country code of two capital letters"),
        _pattern("currency", r"[A-Z]{3}", "a currency code of three capital letters"),
        _pattern("digits15", r"\d{1,15}", "a number of 1 to 15 digits"),
        _pattern("phone", r"\+\d{1,3}-[0-9()+\-]{1,30}", "a phone number such as +1-2025550123"),
        # The form only: the check digits are the account's own bank's to judge, and Fedwire's published
        # messages carry an IBAN whose check digits are wrong.
        _pattern("iban", r"[A-Z]{2}\d{2}[a-zA-Z0-9]{1,30}", "an IBAN"),
        _pattern("boolean", r"true|false|1|0", "true or false"),
        _pattern("time", _CLOCK, "a time such as 16:30:00Z"),
        _dated("date", _DAY, "a date such as 2025-03-10"),
        _dated("datetime", f"{_DAY}T{_CLOCK}", "a time such as 2025-03-10T09:00:00-04:00"),
        _decimal("decimal", 18, 17),
        _decimal("rate", 11, 10),
        _decimal("number", 18, 0),
        _amount(),
        _identifier("bic", validate_bic),
        _identifier("lei", validate_lei),
        _identifier("uetr", validate_uetr),
        _refused(),
    )
}
