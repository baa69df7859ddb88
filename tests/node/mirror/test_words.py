"""The quick reading of words is the checked one, and of every event it is known whether value moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.chain.compiled import CONTRACTS, artifact
from node.mirror.words import HEAD, LEG, TERMS, signed, unsigned
from settlement.events import Layout, layouts
from settlement.instruction import Leg, Terms, leg_from_word
from settlement.money import AMOUNT_MAX
from settlement.posting import ENTRIES, STILL, moves_value
from tests.words import LAPSES_WITH_DAY, head_word, leg_word

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


_legs = st.builds(
    Leg,
    asset=_U32,
    payer=_U32,
    payee=_U32,
    amount=st.integers(1, AMOUNT_MAX),
    payer_for=_U32,
    payee_for=_U32,
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


@given(
    sequence=_U64,
    initiator=_U32,
    flags=st.sampled_from([0, LAPSES_WITH_DAY]),
    second=st.integers(0, 2**40 - 1),
)
def test_heads_are_read_as_they_are_written(sequence: int, initiator: int, flags: int, second: int) -> None:
    """One struct call finds whose instruction it is, and which."""
    word = head_word(sequence, initiator, valid_from=second, valid_until=second, flags=flags)

    assert (sequence, initiator) == HEAD.unpack(word.to_bytes(32, "big"))


@given(leg=_legs)
def test_legs_are_read_as_the_domain_reads_them(leg: Leg) -> None:
    """One struct call finds what moves, and it is what the checked form finds."""
    word = leg_word(leg)

    assert leg == leg_from_word(word)
    assert (leg.asset, leg.payer, leg.payee, leg.amount) == LEG.unpack(word.to_bytes(32, "big"))


def _events() -> list[Layout]:
    return [layout for name in CONTRACTS for layout in layouts(name, artifact(name).abi).values()]


def _terms_events() -> list[Layout]:
    return [layout for layout in _events() if layout.carries_terms]


@pytest.mark.parametrize("layout", _events(), ids=lambda layout: f"{layout.contract}-{layout.name}")
def test_of_every_event_it_is_said_whether_value_moves(layout: Layout) -> None:
    """No event of any contract is unknown to the double entry."""
    moves = moves_value(layout.contract, layout.name)

    if layout.carries_head:
        # What the quick path takes for legs.
        settled = [("head", "uint256"), ("digest", "bytes32"), ("legs", "uint256[]")]
        assert moves == (list(layout.plain) == settled)
        assert () == layout.indexed


def test_nothing_is_still_that_is_not() -> None:
    """Each event that is listed as moving nothing is one of its contract's, and is not booked."""
    existing = {(layout.contract, layout.name) for layout in _events()}
    listed = {(contract, name) for contract, names in STILL.items() for name in names}

    assert listed <= existing
    assert not [name for contract, name in listed if moves_value(contract, name)]


@pytest.mark.parametrize("layout", _terms_events(), ids=lambda layout: layout.name)
def test_events_with_terms_have_the_layout_of_the_quick_path(layout: Layout) -> None:
    """An event that carries terms has them and one more word, and nothing indexed: 64 bytes."""
    assert () == layout.indexed
    assert 2 == len(layout.plain)


def test_every_entry_is_an_event_of_the_contracts() -> None:
    """Each event that books something exists; only a refusal carries terms and books nothing."""
    assert {*ENTRIES, "Refused"} == {layout.name for layout in _terms_events()}
