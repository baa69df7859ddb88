"""A bank's name is found where messages put it."""

import pytest

from settlement.errors import InvalidMemberId
from settlement.identifiers import BankReference, MemberId
from settlement.iso20022.banks import agent_reference, at, organisation_reference, text_at, tree_at, trees_at
from settlement.iso20022.reader import Tree

MEMBER: Tree = {"ClrSysId": {"Cd": "USABA"}, "MmbId": "021000021"}


def test_all_names_of_an_agent_are_kept() -> None:
    """BIC, LEI and member id are each taken, alone or together."""
    lei = "5493001KJTIIGC8Y1R12"
    institution: Tree = {"BICFI": "CHASUS33", "LEI": lei, "ClrSysMmbId": MEMBER}
    member = MemberId(system="USABA", member="021000021")
    assert BankReference(bic="CHASUS33", lei=lei, member=member) == agent_reference(
        {"FinInstnId": institution}
    )
    assert BankReference(lei=lei) == agent_reference({"FinInstnId": {"LEI": lei}})


@pytest.mark.parametrize(
    "institution",
    [
        {},
        {"Nm": "Bank"},
        {"ClrSysMmbId": {"MmbId": "1"}},
        {"ClrSysMmbId": {"ClrSysId": {"Prtry": "X"}, "MmbId": "1"}},
    ],
)
def test_a_name_that_cannot_be_looked_up_is_none(institution: Tree) -> None:
    """A name in words, or a number without its clearing system's code, names nobody."""
    assert agent_reference({"FinInstnId": institution}) is None


def test_a_member_id_has_a_form() -> None:
    """A clearing system's code has five capital letters."""
    with pytest.raises(InvalidMemberId):
        agent_reference({"FinInstnId": {"ClrSysMmbId": {"ClrSysId": {"Cd": "US"}, "MmbId": "1"}}})


def test_an_organisation_is_named_by_bic_or_lei() -> None:
    """Of an organisation its BIC and LEI are names, other identifications are not."""
    assert BankReference(bic="CHASUS33") == organisation_reference({"Id": {"OrgId": {"AnyBIC": "CHASUS33"}}})
    assert organisation_reference({"Id": {"OrgId": {"Othr": [{"Id": "1"}]}}}) is None
    assert organisation_reference({"Nm": "Bank"}) is None


def test_paths_that_end_give_nothing() -> None:
    """What is not there, or is of another form, is nothing rather than an error."""
    tree: Tree = {"A": {"B": "text", "C": [{"D": "1"}, {"D": "2"}]}}
    assert "text" == text_at(tree, "A", "B")
    assert (None, None, None) == (at(tree, "A", "B", "C"), text_at(tree, "A"), text_at(tree, "X", "Y"))
    assert ({}, {"B": "text", "C": [{"D": "1"}, {"D": "2"}]}) == (tree_at(tree, "A", "B"), tree_at(tree, "A"))
    assert ([{"D": "1"}, {"D": "2"}], []) == (trees_at(tree, "A", "C"), trees_at(tree, "A", "B"))
