"""A netting cycle from gross payments to final, over three nodes on the real contracts."""

import orjson
import pytest
from sqlalchemy import func, select

from node.clock import SystemRandom
from node.errors import CycleRefused, EvidenceMissing, NotFound, SelfApproval
from node.services.cycles.gross import withdraw_gross
from node.services.cycles.view import get_call, get_gross, list_gross, proof_of
from node.store.tables import cycle_affirmations
from settlement.evidence.cycle import read_request
from settlement.netting import Cycle, is_in_cycle
from tests.node.services.cycles.circle import OFFICER, Circle, on_both_stores
from tests.scenario import BANKS, USD, Member

A, B, C = BANKS
# What each pays the others; in the end A has 175 less, B 28 and C 147 more.
FLOWS = {A: [(B, 300), (B, 200), (C, 50)], B: [(C, 400), (A, 70), (A, 5)], C: [(A, 300), (B, 1), (B, 2)]}
NETS = {A: -175, B: 28, C: 147}


def entered(circle: Circle) -> list[str]:
    """Nine promises that their payees have taken; their ids."""
    ids = [each for payer, flows in FLOWS.items() for each in circle.enter(payer, flows)]
    circle.work()
    return ids


def held(circle: Circle, member: Member) -> int:
    """What a bank has on the chain, in cents."""
    network = circle.network
    balance: int = network.contracts.read(network.chain, "Ledger", "accountOf", USD, member.id)[0]
    return balance


def settle(circle: Circle, call: str, members: tuple[Member, ...] = BANKS) -> None:
    """Have these banks affirm, the coordinator first."""
    for member in members:
        circle.affirm(member, call)
        circle.work()


@on_both_stores
def test_cycle_settles(circle: Circle) -> None:
    """All settle at once by the nets; each side has every payment of its own as settled, with its proof."""
    ids = entered(circle)
    before = {member: held(circle, member) for member in BANKS}
    call = circle.call()
    circle.work()
    settle(circle, call)
    assert NETS == {member: held(circle, member) - before[member] for member in BANKS}
    for member in BANKS:
        bank = circle.bank(member)
        shown = get_call(bank.store, bank.settings, call)
        assert ("settled", NETS[member]) == (shown.state, shown.net)
        assert [each.bic for each in BANKS] == list(shown.affirmed)
        listed = list_gross(bank.store, bank.settings, call=call)
        assert {"settled"} == {each.state for each in listed}
        assert 5 <= len(listed) <= 7
        for each in listed:
            proof = read_request(proof_of(bank.store, bank.settings, each.id, with_document=True))
            cycle = Cycle(words=circle.row(member, call)["words"])
            given = proof.proof
            assert is_in_cycle(cycle, given.payment, of_payer=given.of_payer, of_payee=given.of_payee)
            assert (proof.document is not None) is (each.payer == member.bic)
    assert len(ids) == 9


@on_both_stores
def test_next_cycle_goes_on(circle: Circle) -> None:
    """A second cycle has the next counters and only what is new."""
    entered(circle)
    settle(circle, _made(circle))
    circle.enter(A, [(B, 9)])
    circle.enter(B, [(A, 4)])
    circle.work()
    call = _made(circle, B)
    settle(circle, call, (B, A))
    bank = circle.bank(A)
    listed = list_gross(bank.store, bank.settings, call=call)
    assert {(9, 4), (4, 4)} == {(each.amount, each.counter) for each in listed}
    assert ["settled", "nothing_to_settle"] == [circle.row(member, call)["outcome"] for member in (A, C)]


def _made(circle: Circle, coordinator: Member = A) -> str:
    call = circle.call(coordinator)
    circle.work()
    return call


def test_four_eyes(circle: Circle) -> None:
    """Who entered a payment can't affirm it; nobody affirms twice, or before the coordinator proposed."""
    entered(circle)
    call = _made(circle)
    with pytest.raises(SelfApproval):
        circle.affirm(A, call, actor=OFFICER)
    with pytest.raises(CycleRefused, match="has not proposed"):
        circle.affirm(B, call)
    circle.affirm(A, call)
    with pytest.raises(CycleRefused, match="has affirmed"):
        circle.affirm(A, call)
    with circle.bank(A).store.snapshot() as connection:
        assert 1 == connection.scalar(select(func.count()).select_from(cycle_affirmations))


@on_both_stores
def test_withdrawn_promise_is_in_no_cycle(circle: Circle) -> None:
    """A promise is taken back until a call has it, and both sides say so; no cycle settles it."""
    first, second, _ = circle.enter(A, FLOWS[A])
    circle.enter(B, FLOWS[B])
    circle.work()
    _withdraw(circle, first)
    circle.work()
    call = _made(circle)
    with pytest.raises(CycleRefused, match="in a cycle"):
        _withdraw(circle, second)
    settle(circle, call, (A, B, C))
    for member in (A, B):
        assert "withdrawn" == get_gross(circle.bank(member).store, first).state
    with pytest.raises(EvidenceMissing):
        proof_of(circle.bank(A).store, circle.bank(A).settings, first, with_document=False)
    with pytest.raises(NotFound):
        _withdraw(circle, "gross_nothing")


def _withdraw(circle: Circle, payment: str) -> None:
    bank = circle.bank(A)
    with bank.store.transaction() as connection:
        withdraw_gross(connection, circle.network.clock, SystemRandom(), payment, own=A.id, actor=OFFICER.id)


def test_one_call_at_a_time(circle: Circle) -> None:
    """While a cycle may settle its members join no other call."""
    entered(circle)
    call = _made(circle)
    circle.affirm(A, call)
    with pytest.raises(CycleRefused):
        circle.call(B)
    assert orjson.loads(circle.row(A, call)["content"])["attempt"] == 1
