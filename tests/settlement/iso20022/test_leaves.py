"""Leaves take what the schema's types take and no more."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.iso20022.leaves import LEAVES, codes, shown


def _takes(name: str, text: str) -> bool:
    return LEAVES[name].fault(text) is None


@given(text=st.text(max_size=40))
def test_a_text_is_judged_by_its_characters(text: str) -> None:
    """A text has at least one character and at most the maximum, counted as characters, not bytes."""
    assert (1 <= len(text) <= 35) == _takes("text35", text)


@given(day=st.dates())
def test_every_day_of_the_calendar_is_a_date(day: date) -> None:
    """Dates from year 1 to 9999 are taken, alone and with a time."""
    assert _takes("date", day.isoformat())
    assert _takes("datetime", f"{day.isoformat()}T00:00:00Z")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("date", "2025-02-29"),
        ("date", "0000-01-01"),
        ("date", "2025-3-1"),
        ("date", "2025-03-10Z"),
        ("date", " 2025-03-10"),
        ("date", "\u0662025-03-10"),
        ("datetime", "2025-03-10"),
        ("datetime", "2025-03-10 09:00:00"),
        ("datetime", "2025-03-10T24:00:00"),
        ("datetime", "2025-03-10T09:00:60"),
        ("datetime", "2025-03-10T09:00:00+14:30"),
        ("datetime", "2025-02-30T09:00:00"),
        ("time", "9:00:00"),
        ("boolean", "TRUE"),
        ("digits15", "1" * 16),
        ("digits15", "-1"),
        ("decimal", "1" * 19),
        ("decimal", "+1"),
        ("decimal", "1."),
        ("decimal", ".5"),
        ("decimal", "1E3"),
        ("rate", "1.12345678901"),
        ("number", "1.5"),
        ("phone", "0201234"),
        ("country", "us"),
        ("alphanumeric4", "AB-1"),
        ("iban", "12345"),
        ("lei", "5493001KJTIIGC8Y1R13"),
        ("uetr", "8A562C67-CA16-48BA-B074-65581BE6F011"),
        ("bic", "BANKUS"),
        ("refused", "x"),
    ],
)
def test_wrong_texts_are_refused(name: str, text: str) -> None:
    """A text that is not of its type is a fault, with a sentence that quotes it or counts it."""
    fault = LEAVES[name].fault(text)
    assert fault is not None
    assert fault[1]


def test_an_iban_with_wrong_check_digits_is_taken() -> None:
    """Its form is ours to judge, its check digits the account's own bank's: Fedwire published this one."""
    assert _takes("iban", "BE34001216371411")


def test_a_code_list_is_closed() -> None:
    """A code is one of the list, in its own case."""
    leaf = codes("DEBT CRED")
    assert leaf.fault("DEBT") is None
    assert ("unknown_code", "'debt' is not one of CRED, DEBT") == leaf.fault("debt")


@given(text=st.text(max_size=500))
def test_a_fault_never_carries_a_whole_file(text: str) -> None:
    """What is shown of a value is cut."""
    assert len(shown(text)) <= 10 * 81 + 2
    assert shown(text[:80]) == repr(text[:80])
