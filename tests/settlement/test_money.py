"""Money is whole minor units, exact both ways, and within what an account can hold."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import (
    AmountNotPositive,
    AmountTooLarge,
    InvalidAmount,
    InvalidValue,
    TooManyDecimals,
    UnknownCurrency,
)
from settlement.money import (
    AMOUNT_MAX,
    amount_from_decimal,
    amount_from_minor_units,
    currency,
    currency_by_number,
    decimal_text,
    validate_amount,
)

MONIES = [currency(code) for code in ("JPY", "USD", "EUR", "KWD", "CLF")]
amounts = st.integers(1, AMOUNT_MAX)
monies = st.sampled_from(MONIES)


@given(amount=amounts, position=st.integers(0, len(MONIES) - 1))
def test_a_decimal_is_read_as_it_was_written(amount: int, position: int) -> None:
    """Writing minor units as a decimal and reading them gives the same amount, for every exponent."""
    money = MONIES[position]
    text = decimal_text(amount, money)
    assert amount == amount_from_decimal(text, money)
    assert Decimal(amount) == Decimal(text).scaleb(money.exponent)
    assert f"-{text}" == decimal_text(-amount, money)


@given(amount=amounts)
def test_minor_units_are_read_as_they_were_written(amount: int) -> None:
    """The API's strings of minor units are exact up to the largest amount."""
    assert amount == amount_from_minor_units(str(amount))


@given(money=monies, whole=st.integers(0, 10**9), decimals=st.text("0123456789", min_size=1, max_size=8))
def test_nothing_is_ever_rounded(money: object, whole: int, decimals: str) -> None:
    """More decimals than the currency has are refused, even zeros."""
    assert isinstance(money, type(MONIES[0]))
    text = f"{whole}.{decimals}"
    if len(decimals) > money.exponent:
        with pytest.raises(TooManyDecimals):
            amount_from_decimal(text, money)
    elif int(whole) or int(decimals):
        assert Decimal(text) == Decimal(amount_from_decimal(text, money)).scaleb(-money.exponent)


@given(text=st.text(max_size=60), position=st.integers(0, len(MONIES) - 1))
def test_no_text_raises_a_foreign_error(text: str, position: int) -> None:
    """Any text is an amount or an error about a value."""
    for read in (amount_from_minor_units, lambda text: amount_from_decimal(text, MONIES[position])):
        try:
            amount = read(text)
        except InvalidValue:
            continue
        assert 1 <= amount <= AMOUNT_MAX


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("0", AmountNotPositive),
        ("0.00", AmountNotPositive),
        ("-1", AmountNotPositive),
        ("92233720368547758.08", AmountTooLarge),
        ("9" * 40, AmountTooLarge),
        ("9" * 41, InvalidAmount),
        ("1.001", TooManyDecimals),
        ("1,5", InvalidAmount),
        ("+1", InvalidAmount),
        (" 1", InvalidAmount),
        ("1e3", InvalidAmount),
        ("\u0661", InvalidAmount),
        ("", InvalidAmount),
        (".5", InvalidAmount),
    ],
)
def test_wrong_decimals_are_refused_by_kind(text: str, error: type[InvalidValue]) -> None:
    """Zero, negative, too large, too fine and malformed are told apart."""
    with pytest.raises(error) as caught:
        amount_from_decimal(text, currency("USD"))
    assert "amount" == caught.value.param


def test_the_bounds_are_exact() -> None:
    """1 and 2^63−1 minor units are amounts; their neighbours are not."""
    assert (1, AMOUNT_MAX) == (validate_amount(1), validate_amount(2**63 - 1))
    with pytest.raises(AmountNotPositive):
        validate_amount(0)
    with pytest.raises(AmountTooLarge):
        validate_amount(2**63)


@pytest.mark.parametrize(
    ("code", "number", "exponent"),
    [("USD", 840, 2), ("JPY", 392, 0), ("KWD", 414, 3), ("CLF", 990, 4), ("ISK", 352, 0), ("EUR", 978, 2)],
)
def test_exponents_are_those_of_iso_4217(code: str, number: int, exponent: int) -> None:
    """The library's table is the standard's where others are wrong, and leads back from the number."""
    money = currency(code)
    assert (code, number, exponent) == (money.code, money.number, money.exponent)
    assert money == currency_by_number(number)


@pytest.mark.parametrize("code", ["", "usd", "EUX", "XAU", "XXX", "XTS", "US"])
def test_what_has_no_minor_unit_is_no_currency(code: str) -> None:
    """Metals, test codes and inventions can't be settled in."""
    with pytest.raises(UnknownCurrency):
        currency(code)


@pytest.mark.parametrize("number", [0, -1, 1000, 959])
def test_a_number_that_is_no_currency_is_refused(number: int) -> None:
    """Neither an unknown number nor gold's is a currency."""
    with pytest.raises(UnknownCurrency):
        currency_by_number(number)
