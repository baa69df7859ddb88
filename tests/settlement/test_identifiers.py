"""Names of banks and payments have the form of their standards."""

import string
import uuid
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_97_10

from settlement.errors import InvalidBic, InvalidLei, InvalidMemberId, InvalidUetr, InvalidValue
from settlement.identifiers import (
    BankReference,
    MemberId,
    validate_bic,
    validate_lei,
    validate_member_id,
    validate_uetr,
)

bodies = st.text(string.ascii_uppercase + string.digits, min_size=18, max_size=18)


@given(made=st.uuids(version=4))
def test_every_version_4_uuid_is_a_uetr(made: uuid.UUID) -> None:
    """A UETR is a UUID of version 4 in lower case, and only so."""
    assert str(made) == validate_uetr(str(made))
    for wrong in (made.hex, f"{{{made}}}", f"{made} ", f"urn:uuid:{made}"):
        with pytest.raises(InvalidUetr):
            validate_uetr(wrong)


@given(made=st.uuids().filter(lambda made: made.version != 4 and made.variant == uuid.RFC_4122))
def test_other_versions_are_no_uetr(made: uuid.UUID) -> None:
    """A UUID of another version can be guessed or repeated."""
    with pytest.raises(InvalidUetr):
        validate_uetr(str(made))


@given(made=st.uuids(version=4).filter(lambda made: any(letter in "abcdef" for letter in str(made))))
def test_upper_case_is_no_uetr(made: uuid.UUID) -> None:
    """One payment has one spelling."""
    with pytest.raises(InvalidUetr):
        validate_uetr(str(made).upper())


@given(body=bodies)
def test_an_lei_has_its_check_digits(body: str) -> None:
    """The right check digits are taken; any single wrong digit is noticed."""
    lei = body + mod_97_10.calc_check_digits(body)
    assert lei == validate_lei(lei)
    for wrong in (
        lei[:-1] + str((int(lei[-1]) + 1) % 10),
        lei[:-1],
        lei.lower() if lei != lei.lower() else "",
    ):
        with pytest.raises(InvalidLei):
            validate_lei(wrong)


@pytest.mark.parametrize("bic", ["CHASUS33", "CHASUS33XXX", "COBADEFFXXX", "BANYBRRJ", "1234DEFFXXX"])
def test_a_bic_is_taken_as_written(bic: str) -> None:
    """Eight or eleven characters of a real country, whether or not any list has the bank."""
    assert bic == validate_bic(bic)


@pytest.mark.parametrize(
    "text", ["", "CHASUS3", "CHASUS33X", "chasus33", "CHASXX33", "CHAS US33", "CHASUS33XXXX", "CHASUS33\n"]
)
def test_what_is_no_bic_is_refused(text: str) -> None:
    """Length, case, country and characters are each checked."""
    with pytest.raises(InvalidBic):
        validate_bic(text)


@pytest.mark.parametrize(
    ("system", "member"), [("USABA", "011104238"), ("GBDSC", "200415"), ("AUBSB", "A B")]
)
def test_a_member_id_has_a_form_only(system: str, member: str) -> None:
    """Each clearing system checks its own digits; ours is the form."""
    assert MemberId(system=system, member=member) == validate_member_id(system, member)


@pytest.mark.parametrize(
    ("system", "member"),
    [
        ("", "1"),
        ("USAB", "1"),
        ("usaba", "1"),
        ("USABA", ""),
        ("USABA", " 1"),
        ("USABA", "1 "),
        ("USABA", "x" * 36),
    ],
)
def test_a_malformed_member_id_is_refused(system: str, member: str) -> None:
    """A system has five capital letters, a number 1 to 35 characters without blanks around."""
    with pytest.raises(InvalidMemberId):
        validate_member_id(system, member)


@given(text=st.text(max_size=50))
@pytest.mark.parametrize("validate", [validate_bic, validate_lei, validate_uetr])
def test_no_text_raises_a_foreign_error(validate: Callable[[str], str], text: str) -> None:
    """Any text is a name, given back as written, or an error about a value."""
    try:
        assert text == validate(text)
    except InvalidValue as error:
        assert error.param  # noqa: PT017 - either way is right; this is what the wrong way must bring


def test_a_reference_says_all_its_names() -> None:
    """A bank is shown by every name that a message gave it."""
    member = MemberId(system="USABA", member="011104238")
    assert "CHASUS33, USABA 011104238" == str(BankReference(bic="CHASUS33", member=member))
    assert "no name" == str(BankReference())
