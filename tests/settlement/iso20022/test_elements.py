"""What writers share is written as ISO 20022 wants it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import AmountTooLarge
from settlement.identifiers import BankReference, MemberId
from settlement.iso20022.banks import agent_reference
from settlement.iso20022.elements import (
    agent_tree,
    amount_tree,
    date_text,
    direction,
    participant_tree,
    sum_text,
    time_text,
)
from settlement.iso20022.leaves import LEAVES
from settlement.money import currency
from settlement.participant import Participant, ParticipantKind

EUR = currency("EUR")
members = st.none() | st.builds(
    MemberId, system=st.just("USABA"), member=st.from_regex("[0-9]{9}", fullmatch=True)
)
references = st.builds(
    BankReference,
    bic=st.none() | st.just("CHASUS33"),
    lei=st.none() | st.just("5493001KJTIIGC8Y1R12"),
    member=members,
)


@given(seconds=st.integers(0, 253_402_300_799))
def test_times_are_read_by_our_own_leaves(seconds: int) -> None:
    """A time is written as a date-time with its offset, its day as a date."""
    assert LEAVES["datetime"].fault(time_text(seconds)) is None
    assert time_text(seconds).endswith("+00:00")
    assert date_text(seconds) == time_text(seconds)[:10]


@given(amount=st.integers(-(10**18) + 1, 10**18 - 1))
def test_amounts_have_no_sign_and_a_direction(amount: int) -> None:
    """An amount is written without its sign, which the direction says."""
    tree = amount_tree(amount, EUR)
    assert "EUR" == tree["@Ccy"]
    assert LEAVES["amount"].fault(str(tree["#text"])) is None
    assert ("DBIT" if amount < 0 else "CRDT") == direction(amount)


def test_what_has_no_room_is_refused() -> None:
    """More than 18 digits are never cut."""
    assert "9999999999999999.99" == sum_text(10**18 - 1, EUR)
    with pytest.raises(AmountTooLarge):
        sum_text(10**18, EUR)


@given(reference=references)
def test_an_agent_is_read_as_it_was_written(reference: BankReference) -> None:
    """Writing a bank and reading it gives the same names."""
    assert (reference if reference != BankReference() else None) == agent_reference(agent_tree(reference))


def test_a_participant_without_a_public_name_has_its_number() -> None:
    """A corporate's LEI is secret, so its number on chain stands for it."""
    corporate = Participant(id=7, kind=ParticipantKind.CORPORATE, bic="", lei=None)
    assert {"FinInstnId": {"Othr": {"Id": "7"}}} == participant_tree(corporate)
