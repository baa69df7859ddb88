"""A position is read as the contracts pack it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import InvalidWord
from settlement.netting import (
    Cycle,
    GrossPayment,
    PaymentPath,
    Position,
    cycle_of,
    is_in_cycle,
    position_from_word,
)
from tests.cycles import Trees, cycle_payments
from tests.words import position_word

_WORDS = b"".join(
    each.to_bytes(32, "big") for each in (840, 2, 7, 9, 5, position_word(2, 3), position_word(3, -3))
)

_U32, _U64 = st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)


@given(participant=_U32, first=_U64, last=_U64, net=st.integers(-(2**63) + 1, 2**63 - 1))
def test_position_is_read_as_it_is_packed(participant: int, first: int, last: int, net: int) -> None:
    """Each field comes back, a net debit below zero."""
    word = position_word(participant, net, first, last)

    assert Position(participant=participant, first=first, last=last, net=net) == position_from_word(word)


@pytest.mark.parametrize("word", [1, 2**31, position_word(1, -(2**63))])
def test_position_that_no_cycle_has(word: int) -> None:
    """Bits that mean nothing, and a net whose opposite has no room, are refused."""
    with pytest.raises(InvalidWord):
        position_from_word(word)


def test_cycle_is_read_as_it_was_proposed() -> None:
    """What the proposal's event says is what the digest is over, to the word."""
    words = [_WORDS[place : place + 32] for place in range(0, len(_WORDS), 32)]
    struct = (840, 2, 7, 9, words[4], [position_word(2, 3), position_word(3, -3)])
    proposed = encode(["bytes32", "(uint32,uint32,uint64,uint40,bytes32,uint256[])"], [b"\1" * 32, struct])

    found = cycle_of(proposed)
    assert Cycle(words=_WORDS) == found
    assert (840, words[4], struct[5]) == (found.asset, found.root, list(found.position_words))


@pytest.mark.parametrize(
    "words", [b"", _WORDS[:-1], _WORDS[:160], _WORDS + bytes(32 * 64), b"\1" + _WORDS[1:]]
)
def test_words_that_are_no_cycle(words: bytes) -> None:
    """Half a word, no member or too many of them, and an asset that can't be are refused."""
    with pytest.raises(InvalidWord):
        Cycle(words=words).validate()


def _cycle(trees: Trees, root: bytes | None = None) -> Cycle:
    fields = (840, 2, 1, 9, int.from_bytes(trees.root if root is None else root, "big"))
    return Cycle(words=b"".join(each.to_bytes(32, "big") for each in (*fields, *trees.positions)))


@st.composite
def _trees(draw: st.DrawFn) -> Trees:
    members = draw(st.lists(st.integers(1, 2**32 - 1), min_size=2, max_size=6, unique=True))
    flows = st.tuples(st.permutations(members), st.integers(1, 10**12)).map(
        lambda drawn: (drawn[0][0], drawn[0][1], drawn[1])
    )
    return Trees(payments=cycle_payments(draw(st.lists(flows, min_size=1, max_size=20))))


@given(trees=_trees(), which=st.integers(0, 19))
def test_every_payment_is_in_its_cycle(trees: Trees, which: int) -> None:
    """Whatever the number of members and payments; no other payment is, and no place but its own."""
    payment = trees.payments[which % len(trees.payments)]
    of_payer, of_payee = trees.path(payment, payment.payer), trees.path(payment, payment.payee)
    cycle = _cycle(trees)

    assert is_in_cycle(cycle, payment, of_payer=of_payer, of_payee=of_payee)
    other = replace(payment, amount=payment.amount + 1)
    assert not is_in_cycle(cycle, other, of_payer=of_payer, of_payee=of_payee)
    for wrong in (
        replace(of_payer, index=of_payer.index ^ 1),
        replace(of_payer, count=of_payer.count + 1),
        replace(of_payer, path=(*of_payer.path, bytes(32))),
        replace(
            of_payer, path=of_payer.path[:-1], subtree_path=(*of_payer.path[-1:], *of_payer.subtree_path)
        ),
        replace(of_payer, subtree_path=of_payer.subtree_path[:-1]),
    ):
        assert wrong == of_payer or not is_in_cycle(cycle, payment, of_payer=wrong, of_payee=of_payee)


_PAYMENTS = cycle_payments([(2, 3, 50), (2, 3, 50), (3, 4, 20), (4, 2, 5)])
_TREES = Trees(payments=_PAYMENTS)
_Change = Callable[[GrossPayment, PaymentPath, PaymentPath], tuple[GrossPayment, PaymentPath, PaymentPath]]
_WRONG: dict[str, _Change] = {
    "the payer's side twice": lambda payment, payer, _: (payment, payer, payer),
    "the payee's side twice": lambda payment, _, payee: (payment, payee, payee),
    "the sides swapped": lambda payment, payer, payee: (payment, payee, payer),
    "payer and payee swapped": lambda payment, payer, payee: (
        replace(payment, payer=payment.payee, payee=payment.payer), payer, payee,
    ),
    "to itself": lambda payment, payer, _: (replace(payment, payee=payment.payer), payer, payer),
    "a member that is none": lambda payment, payer, payee: (replace(payment, payee=9), payer, payee),
    "a payer that is none": lambda payment, payer, payee: (replace(payment, payer=9), payer, payee),
    "a number beyond 32 bits": lambda payment, payer, payee: (
        replace(payment, payee=2**32 + 3), payer, payee,
    ),
    "another commitment": lambda payment, payer, payee: (
        replace(payment, commitment=bytes(32)), payer, payee,
    ),
    "another counter": lambda payment, payer, payee: (replace(payment, counter=2), payer, payee),
    "counter 0": lambda payment, payer, payee: (replace(payment, counter=0), payer, payee),
    "amount 0": lambda payment, payer, payee: (replace(payment, amount=0), payer, payee),
    "an amount below nothing": lambda payment, payer, payee: (replace(payment, amount=-50), payer, payee),
    "an amount beyond all": lambda payment, payer, payee: (replace(payment, amount=2**63), payer, payee),
    "no payments": lambda payment, payer, payee: (payment, replace(payer, index=0, count=0), payee),
    "a place before the first": lambda payment, payer, payee: (payment, replace(payer, index=-1), payee),
    "a node of another path": lambda payment, payer, payee: (
        payment, replace(payer, path=(bytes(32), *payer.path[1:])), payee,
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", _WRONG)
def test_what_is_in_no_cycle(wrong: str) -> None:
    """A payment is proven on both sides, at its place, or not at all."""
    payment = _PAYMENTS[0]
    given = payment, _TREES.path(payment, 2), _TREES.path(payment, 3)
    changed, of_payer, of_payee = _WRONG[wrong](*given)

    assert is_in_cycle(_cycle(_TREES), payment, of_payer=given[1], of_payee=given[2])
    assert not is_in_cycle(_cycle(_TREES), changed, of_payer=of_payer, of_payee=of_payee)
    assert not is_in_cycle(_cycle(_TREES, bytes(32)), payment, of_payer=given[1], of_payee=given[2])


def test_a_counter_that_the_position_does_not_name() -> None:
    """A payment that its payer's position does not count is none of the cycle, though both trees have it."""
    words = list(_TREES.positions)
    words[0] = position_word(2, _TREES.net(2), 2, 2)
    fields = (840, 2, 1, 9, int.from_bytes(_TREES.root, "big"))
    cycle = Cycle(words=b"".join(each.to_bytes(32, "big") for each in (*fields, *words)))
    found = []
    for payment in _PAYMENTS[:2]:
        sides = _TREES.path(payment, 2), _TREES.path(payment, 3)
        found.append(is_in_cycle(cycle, payment, of_payer=sides[0], of_payee=sides[1]))

    assert [False, True] == found
