"""Random histories of a ledger, as blocks of transactions: what the contracts could have said."""

from collections import defaultdict
from dataclasses import dataclass, field

from hypothesis import strategies as st

from node.chain.protocol import Log, Receipt
from settlement.instruction import Leg, Terms
from settlement.posting import Bucket
from tests.node.chain_of_events import (
    SENDER,
    ChainOfEvents,
    log,
    register,
    said,
    transaction,
)
from tests.words import head_word, leg_word

ISSUER = 1
HOLDERS = (2, 3, 4)
ASSETS = (840, 978)


@dataclass(slots=True)
class Books:
    """The same history kept by the plainest means: sums, in Python integers."""

    balances: defaultdict[tuple[int, int, Bucket], int] = field(default_factory=lambda: defaultdict(int))
    pending: list[Terms] = field(default_factory=list)
    sequence: int = 0

    def move(self, asset: int, debit: tuple[int, Bucket], credit: tuple[int, Bucket], amount: int) -> None:
        self.balances[asset, *debit] -= amount
        self.balances[asset, *credit] += amount

    def terms(self, asset: int, payer: int, payee: int, amount: int) -> Terms:
        # The edges of 64 bits come early, so that every history has them.
        self.sequence += 1
        sequence = {1: 2**63 - 1, 2: 2**63, 3: 2**64 - 1}.get(self.sequence, self.sequence)
        return Terms(sequence=sequence, asset=asset, payer=payer, payee=payee, amount=amount)


@st.composite
def histories(draw: st.DrawFn, events_max: int = 60) -> tuple[ChainOfEvents, Books]:
    """A chain of up to `events_max` events in a few blocks, and the books it must lead to."""
    chain, books = ChainOfEvents(), Books()
    chain.mine(register((ISSUER, *HOLDERS), ASSETS))
    for _ in range(draw(st.integers(0, 6))):
        chain.mine(*(_transaction(draw, books, events_max // 12) for _ in range(draw(st.integers(0, 2)))))
    return chain, books


def _transaction(draw: st.DrawFn, books: Books, count_max: int) -> Receipt:
    logs = [_event(draw, books) for _ in range(draw(st.integers(0, count_max)))]
    logs += [_registration(draw) for _ in range(draw(st.integers(0, 2)))]
    return transaction(*logs, sender=draw(st.sampled_from([SENDER, b"\x07" * 20])))


def _event(draw: st.DrawFn, books: Books) -> Log:
    asset, amount = draw(st.sampled_from(ASSETS)), draw(st.integers(1, 10**12))
    payer, payee = draw(st.permutations(HOLDERS))[:2]
    kind = draw(st.sampled_from(["pay", "pay", "settle", "order", "issue", "ask", "end", "refuse", "void"]))
    if kind == "issue":
        terms = books.terms(asset, ISSUER, payee, amount)
        books.move(asset, (ISSUER, Bucket.ISSUED), (payee, Bucket.AVAILABLE), amount)
        return said("Ledger", "Issued", terms)
    if kind == "ask":
        terms = books.terms(asset, payer, ISSUER, amount)
        books.move(asset, (payer, Bucket.AVAILABLE), (payer, Bucket.LOCKED), amount)
        books.pending.append(terms)
        return said("Ledger", "RedemptionRequested", terms)
    if kind in _OTHERS and (kind != "end" or books.pending):
        return _OTHERS[kind](draw, books)
    terms = books.terms(asset, payer, payee, amount)
    if kind == "refuse":
        return log("Payments", "Refused", terms.word(), draw(st.integers(1, 18)))
    if kind == "void":
        return log("Ledger", "Voided", payer, terms.sequence)
    books.move(asset, (payer, Bucket.AVAILABLE), (payee, Bucket.AVAILABLE), amount)
    return said("Payments", "Paid", terms)


def _registration(draw: st.DrawFn) -> Log:
    """What a participant, the operator or the quorum changes about a participant."""
    at = draw(st.integers(0, 2**40 - 1))
    changes: tuple[tuple[str, tuple[object, ...]], ...] = (
        ("SponsorSet", (ISSUER,)),
        ("EndpointSet", ("https://bank.example",)),
        ("EndpointSet", ("",)),
        ("EncryptionKeySet", (bytes(range(256)),)),
        ("EncryptionKeySet", (b"",)),
        ("RecoveryProposed", ([SENDER, b"\x07" * 20], at, at)),
        ("RecoveryVetoed", (SENDER,)),
        ("RecoveryCompleted", ()),
        ("RecoveryCancelled", ()),
        ("OutgoingStopped", ()),
        ("OutgoingResumed", ()),
    )
    name, arguments = draw(st.sampled_from(changes))
    return log("Participants", name, draw(st.sampled_from(HOLDERS)), *arguments)


def _settled(draw: st.DrawFn, books: Books) -> Log:
    """An instruction of several legs that settles, or says something else of itself on its way."""
    head = head_word(books.terms(0, 0, 0, 1).sequence, draw(st.sampled_from(HOLDERS)))
    name = draw(st.sampled_from(["Settled", "Settled", "Queued", "Cancelled", "Expired", "Affirmed", "Held"]))
    if name != "Settled":
        more = {"Cancelled": (2, b"CUST"), "Affirmed": (2, True), "Held": (2,)}.get(name, ())
        return log("Settlement", name, head, bytes(32), *more)
    words = []
    for _ in range(draw(st.integers(1, 4))):
        payer, payee = draw(st.permutations(HOLDERS))[:2]
        asset, amount = draw(st.sampled_from(ASSETS)), draw(st.integers(1, 10**12))
        books.move(asset, (payer, Bucket.AVAILABLE), (payee, Bucket.AVAILABLE), amount)
        words.append(leg_word(Leg(asset=asset, payer=payer, payee=payee, amount=amount)))
    return log("Settlement", name, head, bytes(32), words)


def _ending(draw: st.DrawFn, books: Books) -> Log:
    terms = books.pending.pop(draw(st.integers(0, len(books.pending) - 1)))
    issued = -books.balances.get((terms.asset, ISSUER, Bucket.ISSUED), 0)
    if draw(st.booleans()) and issued >= terms.amount:
        books.move(terms.asset, (terms.payer, Bucket.LOCKED), (ISSUER, Bucket.ISSUED), terms.amount)
        return said("Ledger", "Redeemed", terms)
    books.move(terms.asset, (terms.payer, Bucket.LOCKED), (terms.payer, Bucket.AVAILABLE), terms.amount)
    return said("Ledger", draw(st.sampled_from(["RedemptionRefused", "RedemptionWithdrawn"])), terms)


def _ordered(draw: st.DrawFn, books: Books) -> Log:
    asset, amount = draw(st.sampled_from(ASSETS)), draw(st.integers(1, 10**12))
    source, target = draw(st.permutations(HOLDERS))[:2]
    books.move(asset, (source, Bucket.AVAILABLE), (target, Bucket.AVAILABLE), amount)
    return log("Ledger", "MovedByCourtOrder", asset, source, target, amount, b"\1" * 32)


_OTHERS = {"end": _ending, "order": _ordered, "settle": _settled}
