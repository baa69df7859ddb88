"""The language of rules: CEL over facts, bounded by its length, with yes or no as answers."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.services.policies.facts import Facts
from node.services.policies.language import (
    CONDITION_CHARACTERS_MAX,
    ConditionFailed,
    InvalidCondition,
    compiled,
    validate_condition,
)

_FACTS = Facts.example()


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("amount > 125000", False),
        ("amount >= 125000", True),
        ('currency == "USD" && country in ["US", "DE"]', True),
        ('counterparty.startsWith("BANKUS")', True),
        ("hour < 6 || hour >= 22", False),
        ("velocity_count + 1 > 1 && velocity_sum + amount > 150000", True),
        ("new_payee", False),
        ("new_payee ? amount > 1 : amount > 100", True),
        ("size(country) == 2", True),
    ],
)
def test_conditions_are_asked(condition: str, *, expected: bool) -> None:
    """A condition is true of a payment or it is not."""
    validate_condition(condition)

    assert expected is compiled(condition).holds(_FACTS)


@given(amount=st.integers(1, 2**63 - 1), bound=st.integers(1, 2**63 - 1))
def test_amounts_are_exact(amount: int, bound: int) -> None:
    """Amounts are whole numbers to the last minor unit, up to the largest that there is."""
    assert (amount > bound) is compiled(f"amount > {bound}").holds(replace(_FACTS, amount=amount))


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "amount >",
        "amount",
        "amounts > 1",
        "amount.b > 1",
        ".amount > 1",
        "[1, 2].map(x, x > 1)[0]",
        "[1, 2].all(amount, amount > 0)",
        "[1, 2].exists(hour, hour > 1)",
        '"a".matches("(a*)*")',
        'timestamp("2026-11-23T00:00:00Z") > timestamp("2025-11-23T00:00:00Z")',
        'int("7") > 1',
        "type(amount) == int",
        "dyn(amount) > 1",
        "has(amount.b)",
        '{"a": 1}["a"] == 1',
        "amount / 0 > 1",
        "amount > 1.5",
        'currency > 3 || country == "US" && currency < 3',
        "amount > 1\n",
        "amount > 1" + " " * CONDITION_CHARACTERS_MAX,
        "(" * 500 + "true" + ")" * 500,
        "-" * 900 + "1 > 0",
    ],
)
def test_what_rules_cannot_say_is_refused(condition: str) -> None:
    """No loops, patterns, times, unknown names or wrong types: refused before a payment meets them."""
    with pytest.raises(InvalidCondition) as refused:
        validate_condition(condition)

    assert "condition" == refused.value.param


@given(text=st.text(alphabet='amount hour["US"]<>=&|!?:(),.+-*/%0123456789\\', max_size=60))
def test_any_text_is_taken_or_refused(text: str) -> None:
    """Whatever is written, it is a condition or `InvalidCondition` says what is wrong."""
    try:
        validate_condition(text)
    except InvalidCondition:
        return
    assert compiled(text).holds(_FACTS) in (True, False)


def test_no_answer_is_neither() -> None:
    """What was taken and has no answer for some payment fails there, and shows none of its values."""
    condition = "amount * amount > 100"
    validate_condition(condition)

    with pytest.raises(ConditionFailed) as failed:
        compiled(condition).holds(replace(_FACTS, amount=2**62 + 12345))

    assert str(2**62 + 12345) not in str(failed.value)
