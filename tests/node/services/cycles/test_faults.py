"""Who is away, silent, or says something wrong is left out or kept apart, and the others settle."""

from collections.abc import Mapping
from typing import Any

import pytest

from node.clock import SystemRandom
from node.services.cycles.affirmation import withdraw_from
from node.services.cycles.calling import AFFIRMED_SECONDS, LISTS_SECONDS, SUMMARIES_SECONDS, VALID_SECONDS
from node.services.cycles.view import list_gross
from node.services.cycles.words import Call
from tests.node.services.cycles.circle import Circle, on_both_stores
from tests.node.services.cycles.test_cycles import A, B, C, entered, held, settle
from tests.scenario import Member

pytestmark = pytest.mark.slow


def _newest(circle: Circle, member: Member = A) -> Call:
    return Call.model_validate_json(circle.calls(member)[-1]["content"])


def _settled(circle: Circle, member: Member) -> int:
    bank = circle.bank(member)
    return sum(each.state == "settled" for each in list_gross(bank.store, bank.settings))


def test_bank_that_is_away_is_left_out(circle: Circle) -> None:
    """A bank whose letters are lost is not awaited for ever: the call is made anew, and the others settle."""
    entered(circle)
    circle.lost = lambda sender, recipient, _: C.id in (sender, recipient)
    first = circle.call()
    circle.work()
    circle.pass_time(LISTS_SECONDS + 1)
    circle.work()
    call = _newest(circle)
    assert (first, 2, [A.id, B.id]) == (call.previous, call.attempt, call.members)
    settle(circle, call.call, (A, B))
    assert ["called_anew", "settled"] == [each["outcome"] for each in circle.calls(A)]
    assert (4, 4, 0) == tuple(_settled(circle, member) for member in (A, B, C))


def test_wrong_list_keeps_a_pair_apart(circle: Circle) -> None:
    """A payer that reports another sum than its payee signed is not believed; the rest settles."""
    entered(circle)
    circle.changed = lambda said: _with_total(said, payer=B.id, payee=C.id)
    circle.call()
    circle.work()
    call = _newest(circle)
    assert (2, [(B.id, C.id)]) == (call.attempt, call.apart)
    circle.changed = lambda said: said
    settle(circle, call.call)
    assert (6, 4, 2) == tuple(_settled(circle, member) for member in (A, B, C))


def _with_total(said: dict[str, Any], *, payer: int, payee: int) -> dict[str, Any]:
    if said["kind"] != "cycle_report" or said["from"] != payer:
        return said
    pairs = [_changed(each, payee) for each in said["content"]["pairs"]]
    return said | {"content": said["content"] | {"pairs": pairs}}


def _changed(each: Mapping[str, Any], payee: int) -> Mapping[str, Any]:
    if each["pair"]["payee"] != payee:
        return each
    return {**each, "pair": {**each["pair"], "total": str(int(each["pair"]["total"]) + 1)}}


def test_wrong_sum_leaves_a_bank_out(circle: Circle) -> None:
    """A bank whose sum is not that of the lists that both sides signed is left out."""
    entered(circle)
    circle.changed = lambda said: _with_summary(said, C.id, net="148")
    circle.call()
    circle.work()
    call = _newest(circle)
    assert (2, [A.id, B.id]) == (call.attempt, sorted(call.members))
    settle(circle, call.call, (A, B))
    assert 4 == _settled(circle, A)


def _with_summary(said: dict[str, Any], sender: int, **fields: str) -> dict[str, Any]:
    if said["kind"] != "cycle_summary" or said["from"] != sender:
        return said
    summary = said["content"]["summary"] | fields
    return said | {"content": said["content"] | {"summary": summary}}


def test_root_that_proves_nothing_is_not_affirmed(circle: Circle) -> None:
    """A root that does not lead to its counterparties' payments is refused by them; they stay apart."""
    entered(circle)
    circle.changed = lambda said: _with_summary(said, C.id, root="ab" * 32)
    circle.call()
    circle.work()
    call = _newest(circle)
    assert call.attempt > 1
    assert not call.may_net(A.id, C.id) or not call.may_net(B.id, C.id)
    circle.changed = lambda said: said
    circle.work()
    settle(circle, _newest(circle).call, (A, B))
    assert 4 <= _settled(circle, A)


@on_both_stores
def test_bank_that_does_not_affirm_is_left_out(circle: Circle) -> None:
    """What was locked comes back when a member is silent, and the call is made anew without it."""
    entered(circle)
    before = held(circle, A)
    call = circle.call()
    circle.work()
    settle(circle, call, (A, B))
    assert 175 == before - held(circle, A)
    circle.pass_time(AFFIRMED_SECONDS + 1)
    circle.work()
    assert before == held(circle, A)
    anew = _newest(circle)
    assert (2, [A.id, B.id]) == (anew.attempt, sorted(anew.members))
    settle(circle, anew.call, (A, B))
    assert "settled" == circle.row(B, anew.call)["outcome"]


def test_bank_that_withdraws_is_left_out(circle: Circle) -> None:
    """Any member ends a cycle before it settles; the others settle without it."""
    entered(circle)
    call = circle.call()
    circle.work()
    settle(circle, call, (A,))
    bank = circle.bank(C)
    with bank.store.transaction() as connection:
        withdraw_from(
            connection, bank.settings, circle.network.contracts, circle.network.clock, SystemRandom(),
            call=call, actor="otto",
        )  # fmt: skip
    circle.work()
    anew = _newest(circle)
    assert C.id not in anew.members
    settle(circle, anew.call, (A, B))
    assert (4, 4, 0) == tuple(_settled(circle, member) for member in (A, B, C))


def test_nothing_is_settled_twice(circle: Circle) -> None:
    """Whatever came of a call, a payment is in one settled cycle only, and each bank's money says so."""
    entered(circle)
    before = {member: held(circle, member) for member in (A, B, C)}
    circle.lost = lambda sender, recipient, said: (
        said["kind"] in ("cycle_summary", "cycle_paths") and B.id in (sender, recipient)
    )
    circle.call()
    circle.work()
    circle.pass_time(SUMMARIES_SECONDS + 1)
    circle.work()
    circle.lost = lambda *_: False
    circle.pass_time(VALID_SECONDS)
    circle.work()
    circle.call()
    circle.work()
    settle(circle, _newest(circle).call)
    assert (6, 7, 5) == tuple(_settled(circle, member) for member in (A, B, C))
    moved = {member: held(circle, member) - before[member] for member in (A, B, C)}
    assert {A: -175, B: 28, C: 147} == moved
