"""The quick reading of terms is the checked one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.chain.compiled import artifact
from node.mirror.words import TERMS, signed, unsigned
from settlement.events import Layout, layouts
from settlement.instruction import Terms
from settlement.money import AMOUNT_MAX
from settlement.posting import ENTRIES

_U32, _U64 = st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)


_terms = st.builds(
    Terms,
    sequence=_U64,
    asset=_U32,
    payer=_U32,
    payee=_U32,
    amount=st.integers(1, AMOUNT_MAX),
    urgent=st.booleans(),
)


@given(terms=_terms)
def test_terms_are_read_as_the_domain_writes_them(terms: Terms) -> None:
    """One struct call finds each field where `Terms.encoded` put it."""
    expected = (int(terms.urgent), terms.sequence, terms.asset, terms.payer, terms.payee, terms.amount)

    assert expected == TERMS.unpack(terms.encoded())


@given(sequence=_U64)
def test_sequences_fit_a_signed_column(sequence: int) -> None:
    """Every sequence of 64 bits has a number of its own in a signed column; small ones keep theirs."""
    assert -(2**63) <= signed(sequence) < 2**63
    assert sequence == unsigned(signed(sequence))
    assert signed(sequence) == sequence or sequence >= 2**63


def _terms_events() -> list[Layout]:
    contracts = ("Ledger", "Payments")
    found = [layout for name in contracts for layout in layouts(name, artifact(name).abi).values()]
    return [layout for layout in found if layout.carries_terms]


@pytest.mark.parametrize("layout", _terms_events(), ids=lambda layout: layout.name)
def test_events_with_terms_have_the_layout_of_the_quick_path(layout: Layout) -> None:
    """An event that carries terms has them and one more word, and nothing indexed: 64 bytes."""
    assert () == layout.indexed
    assert 2 == len(layout.plain)


def test_every_entry_is_an_event_of_the_contracts() -> None:
    """Each event that books something exists; only a refusal carries terms and books nothing."""
    assert {*ENTRIES, "Refused"} == {layout.name for layout in _terms_events()}
