"""A message's name of a bank leads to one participant, or to none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import AmbiguousParticipant, ConflictingParticipant, UnknownParticipant
from settlement.identifiers import BankReference, MemberId
from settlement.participant import Directory, Participant, ParticipantKind, full_bic

LEIS = ("5493001KJTIIGC8Y1R12", "R0MUWSFPU8MPRO8K5P83", "F0HUI1NY1AZMJMD8LP67")
BANKS = tuple(
    Participant(
        id=number,
        kind=ParticipantKind.BANK,
        bic=bic,
        lei=lei,
        members=(MemberId(system="USABA", member=f"00000000{number}"),),
    )
    for number, (bic, lei) in enumerate(
        zip(("CHASUS33XXX", "COBADEFFXXX", "BNPAFRPPPAR"), LEIS, strict=True), 1
    )
)
DIRECTORY = Directory(BANKS)


@given(bank=st.sampled_from(BANKS), names=st.sets(st.sampled_from(["bic", "lei", "member"]), min_size=1))
def test_any_of_its_names_leads_to_a_bank(bank: Participant, names: set[str]) -> None:
    """Every name that is registered finds the bank, alone or with the others."""
    reference = BankReference(
        bic=bank.bic if "bic" in names else None,
        lei=bank.lei if "lei" in names else None,
        member=bank.members[0] if "member" in names else None,
    )
    assert bank == DIRECTORY.resolve(reference)
    assert bank == DIRECTORY.resolve(bank.reference)


@given(one=st.sampled_from(BANKS), other=st.sampled_from(BANKS))
def test_names_of_two_banks_are_a_conflict(one: Participant, other: Participant) -> None:
    """A message that names two banks as one is refused, whichever name would win."""
    reference = BankReference(bic=one.bic, member=other.members[0])
    if one == other:
        assert one == DIRECTORY.resolve(reference)
        return
    with pytest.raises(ConflictingParticipant):
        DIRECTORY.resolve(reference)


def test_a_name_that_is_not_registered_adds_nothing() -> None:
    """An unknown LEI beside a known BIC does not matter; alone it leads to nobody."""
    unknown = "529900T8BM49AURSDO55"
    assert BANKS[0] == DIRECTORY.resolve(BankReference(bic="CHASUS33XXX", lei=unknown))
    with pytest.raises(UnknownParticipant, match="ask the operator"):
        DIRECTORY.resolve(BankReference(lei=unknown))


def test_no_name_is_not_anybody() -> None:
    """A bank without a name is refused, not guessed."""
    with pytest.raises(AmbiguousParticipant):
        DIRECTORY.resolve(BankReference())


def test_eight_characters_mean_the_head_office() -> None:
    """A short BIC is the head office's; a branch that is not registered is not taken for it."""
    assert "CHASUS33XXX" == full_bic("CHASUS33")
    assert BANKS[0] == DIRECTORY.resolve(BankReference(bic="CHASUS33"))
    for bic in ("BNPAFRPP", "CHASUS33LAX"):
        with pytest.raises(UnknownParticipant):
            DIRECTORY.resolve(BankReference(bic=bic))


def test_a_participant_is_found_by_its_number() -> None:
    """Numbers on chain lead to participants; an unknown one is an error of ours."""
    assert BANKS[1] == DIRECTORY.get(2)
    with pytest.raises(UnknownParticipant):
        DIRECTORY.get(99)


def test_a_corporate_has_no_public_name() -> None:
    """A corporate's LEI is only a digest on chain, so no message finds it by name."""
    corporate = Participant(id=9, kind=ParticipantKind.CORPORATE, bic="", lei=None)
    directory = Directory([*BANKS, corporate])
    assert corporate == directory.get(9)
    assert BankReference() == corporate.reference
    with pytest.raises(AmbiguousParticipant):
        directory.resolve(corporate.reference)
