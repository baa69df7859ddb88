"""The model of the contracts says and does what the real ones do, on all that a node sends."""

from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.errors import ContractRefused
from settlement.instruction import OneLeg, Terms
from tests.embedded import FUNDS, embedded_network
from tests.node.chain_of_events import CONTRACTS, commitment
from tests.node.services.core import Core
from tests.scenario import BANKS, CURRENCIES, MEMBERS, OPERATOR, USD, Network
from tests.simulation.books import Books, Reverted
from tests.simulation.contracts import execute, view


class Sent(NamedTuple):
    """A call and who sends it, by the place in `MEMBERS`."""

    member: int
    contract: str
    function: str
    arguments: tuple[object, ...]


_AMOUNTS = st.sampled_from([1, 7, FUNDS // 2, FUNDS, FUNDS + 1, 10 * FUNDS])
_FUNCTIONS = (
    "pay", "pay", "pay", "void", "issue", "requestRedemption", "end", "setReserve",
    "submit", "submit", "queue", "queue", "queue",
)  # fmt: skip
# When an instruction lapses: never, long ago, or long after every test.
_DEADLINES = st.sampled_from([0, 0, 1, 2**40 - 1])
# Few numbers, so that they meet again; participant 9 and asset 999 are unknown.
_TERMS = st.builds(
    Terms,
    sequence=st.integers(1, 6),
    asset=st.sampled_from([USD, 978, 999]),
    payer=st.sampled_from([1, 2, 2, 2, 3]),
    payee=st.sampled_from([1, 2, 3, 3, 9]),
    amount=_AMOUNTS,
    urgent=st.booleans(),
)


def _words(terms: Terms, fault: int) -> int:
    """The terms as a word; or one that no node makes: no amount, too much, bits that mean nothing."""
    word = terms.word()
    return {1: word & ~(2**64 - 1 << 24), 2: word | 2**63 << 24, 3: word | 1}.get(fault, word)


@st.composite
def _calls(draw: st.DrawFn) -> list[Sent]:
    sent = []
    asked: list[Terms] = []
    submitted: list[tuple[OneLeg, bytes]] = []
    for _ in range(draw(st.integers(1, 10))):
        function = draw(st.sampled_from(_FUNCTIONS))
        member = draw(st.sampled_from([0, 1, 1, 1, 2]))
        if function in ("submit", "queue"):
            sent.append(_queue_call(draw, function, member, submitted))
        else:
            sent.append(_call(draw, function, member, asked))
    return sent


def _queue_call(draw: st.DrawFn, function: str, member: int, submitted: list[tuple[OneLeg, bytes]]) -> Sent:
    if function == "submit" or not submitted:
        several = draw(st.lists(_TERMS, min_size=1, max_size=3))
        forms = [
            OneLeg(terms=replace(each, payer=MEMBERS[member].id), valid_until=draw(_DEADLINES))
            for each in several
        ]
        own = [(form, commitment(form.terms)) for form in forms]
        submitted += own
        urgent = sum(1 << place for place, (form, _) in enumerate(own) if form.terms.urgent)
        return Sent(member, "Settlement", "submit", ([_struct(*each) for each in own], urgent, []))
    words = _struct(*draw(st.sampled_from(submitted)))
    verb = draw(st.sampled_from(["settle", "settle", "cancel", "sweep"]))
    arguments = {"settle": ([([words],)],), "cancel": (words, b"CUST"), "sweep": ([words],)}[verb]
    return Sent(member, "Settlement", verb, arguments)


def _struct(form: OneLeg, salted: bytes) -> tuple[int, bytes, list[int]]:
    return form.head, salted, [form.leg.word()]


def _call(draw: st.DrawFn, function: str, member: int, asked: list[Terms]) -> Sent:
    terms: Terms = draw(_TERMS)
    if function == "pay":
        several = [terms, *draw(st.lists(_TERMS, max_size=3))]
        own = [replace(each, payer=MEMBERS[member].id) for each in several]
        if draw(st.integers(0, 9)) == 0:
            own = list(several)
        words = [(_words(each, draw(st.integers(0, 12))), commitment(each)) for each in own]
        return Sent(member, "Payments", "pay", (words, []))
    if function == "void":
        return Sent(member, "Ledger", "void", (draw(st.lists(st.integers(1, 6), max_size=3)),))
    if function == "setReserve":
        return Sent(member, "Ledger", "setReserve", (USD, draw(st.sampled_from([0, FUNDS // 2, FUNDS]))))
    if function == "end":
        name = draw(st.sampled_from(["confirmRedemption", "refuseRedemption", "withdrawRedemption"]))
        ended = draw(st.sampled_from(asked)) if asked else terms
        by = 0 if name != "withdrawRedemption" or draw(st.integers(0, 4)) == 0 else ended.payer - 1
        more: tuple[object, ...] = ([],) if name == "confirmRedemption" else ()
        return Sent(by, "Ledger", name, (ended.word(), commitment(ended), *more))
    if function == "requestRedemption" and draw(st.integers(0, 3)):
        member = 1
        terms = replace(terms, payer=2, payee=1, asset=USD)
        asked.append(terms)
    return Sent(member, "Ledger", function, (terms.word(), commitment(terms), []))


def _books(network: Network) -> Books:
    """What the network's contracts remember when a test gets them."""
    funded = {(asset, bank.id): FUNDS for asset in (USD, 978) for bank in BANKS}
    opened = {(asset, bank.id): 0 for asset in CURRENCIES for bank in BANKS}
    return Books(
        keys={member.key("pay"): member.id for member in MEMBERS},
        issuers=dict.fromkeys(CURRENCIES, OPERATOR.id),
        balances=opened | funded,
        supply=dict.fromkeys((USD, 978), FUNDS * len(BANKS)),
        used={(OPERATOR.id, sequence) for sequence in range(1_000_000, 1_000_006)},
        contracts=network.contracts,
    )


def _really(network: Network, sent: Sent) -> tuple[bytes | None, list[tuple[tuple[bytes, ...], bytes]]]:
    """What the real contracts revert with, or else the topics and data of their logs."""
    contracts, key = network.contracts, MEMBERS[sent.member].key("pay")
    data = contracts.calldata(sent.contract, sent.function, *sent.arguments)
    try:
        network.chain.call(contracts.address(sent.contract), data, sender=key)
    except ContractRefused as refused:
        return refused.data, []
    # What anybody may send, and no node does.
    sender = Core(network=network).sender if sent.function == "settle" else network.sender
    receipt = sender.send(key, contracts.address(sent.contract), data)
    return None, [(log.topics, log.data) for log in receipt.logs]


def _modelled(books: Books, sent: Sent) -> tuple[bytes | None, list[tuple[tuple[bytes, ...], bytes]]]:
    data = CONTRACTS.calldata(sent.contract, sent.function, *sent.arguments)
    try:
        logs = execute(books, MEMBERS[sent.member].key("pay"), CONTRACTS.address(sent.contract), data)
    except Reverted as reverted:
        return reverted.data, []
    return None, [(log.topics, log.data) for log in logs]


def _views(network: Network, books: Books) -> None:
    """Reconciliation reads the same from both."""
    ledger = network.contracts.address("Ledger")
    for asset in (USD, 978):
        for holder in (1, 2, 3):
            for function in ("lockedOf", "accountOf"):
                data = CONTRACTS.calldata("Ledger", function, asset, holder)
                real = network.contracts.read(network.chain, "Ledger", function, asset, holder)
                answer = view(books, CONTRACTS.address("Ledger"), data)
                assert network.chain.call(ledger, data)[: len(answer)] == answer or (
                    # The outflow of the day is not modelled: nothing that a node reads depends on it.
                    function == "accountOf" and tuple(real)[:9] == _account(answer)
                )


def _account(answer: bytes) -> tuple[object, ...]:
    words = [int.from_bytes(answer[place : place + 32], "big") for place in range(0, 9 * 32, 32)]
    return (words[0], words[1], words[2], bool(words[3]), bool(words[4]), bool(words[5]), *words[6:])


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(calls=_calls())
def test_model_agrees_with_the_contracts(calls: list[Sent]) -> None:
    """The same calls lead to the same logs, the same reverts to the byte, and the same books."""
    with embedded_network() as network:
        books = _books(network)
        for sent in calls:
            assert _really(network, sent) == _modelled(books, sent), sent
        _views(network, books)
