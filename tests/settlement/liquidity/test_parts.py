"""Sets cut into parts that fit a transaction."""

from hypothesis import given, settings
from hypothesis import strategies as st

from node.services.highs import Highs
from settlement.liquidity.parts import after, cut, propose
from settlement.liquidity.queue import Account, Payment, Queue
from settlement.liquidity.resolve import resolve
from settlement.liquidity.rule import Positions
from tests.settlement.liquidity.queues import queues, valid_sets


def _require_valid_in_turn(queue: Queue, parts: tuple[tuple[str, ...], ...], payments_max: int) -> Queue:
    """Each part settles after those before it; the queue that is left."""
    for part in parts:
        places = [at for at, payment in enumerate(queue.payments) if payment.id in part]
        assert 0 < len(part) == len(places) <= payments_max
        assert {} == Positions(queue, places).breaches()
        queue = after(queue, part)
    return queue


@settings(deadline=None)
@given(queue=queues(payments_max=7), payments_max=st.integers(min_value=1, max_value=7), data=st.data())
def test_parts_are_valid_in_turn(queue: Queue, payments_max: int, data: st.DataObject) -> None:
    """Each part of a set is small enough and valid after those before it, and holds payments of the set
    only.
    """
    chosen = data.draw(st.sampled_from(list(valid_sets(queue)))).chosen
    settled = {queue.payments[at].id for at in chosen}

    parts = cut(queue, settled, payments_max=payments_max)

    _require_valid_in_turn(queue, parts, payments_max)
    assert {each for part in parts for each in part} <= settled
    # What fits is not cut.
    assert len(settled) > payments_max or len(parts) == bool(settled)


def _ring(size: int, rings: int) -> Queue:
    """Rings of payments in which nobody has money, so that each settles whole or not at all."""
    names = [(ring, at) for ring in range(rings) for at in range(size)]
    return Queue(
        asset="USD",
        accounts=tuple(Account(participant=f"{ring}.{at}", balance=0) for ring, at in names),
        payments=tuple(
            Payment(id=f"{ring}.{at}", payer=f"{ring}.{at}", payee=f"{ring}.{(at + 1) % size}", amount=5)
            for ring, at in names
        ),
    )


def test_what_belongs_together_stays_together() -> None:
    """Rings are not broken: as many as fit settle in a part, and one that fits no part is left out."""
    queue = _ring(12, 5)
    settled = resolve(queue).settled

    assert [24, 24, 12] == [len(part) for part in cut(queue, settled, payments_max=25)]
    assert () == cut(queue, settled, payments_max=11)


def test_fallbacks_hold_what_is_still_covered() -> None:
    """A proposal's fall-backs are its parts, each valid in turn; one that became stale takes no other with
    it.
    """
    queue = _ring(12, 4)
    proposal, *others = propose(queue, resolve(queue).settled, payments_max=80)

    assert [] == others
    assert (48, [12, 12, 12, 12]) == (
        len(proposal.payments),
        [len(fallback) for fallback in proposal.fallbacks],
    )
    assert set(proposal.payments) == {each for fallback in proposal.fallbacks for each in fallback}
    _require_valid_in_turn(queue, proposal.fallbacks, 20)


def test_a_large_set_is_cut() -> None:
    """Of a resolution of many payments most of the value settles in parts of the size of a transaction."""
    from scripts.benches.liquidity import synthetic

    queue = synthetic(32, 600, 10, 1)
    found = resolve(queue, Highs())

    parts = cut(queue, found.settled, payments_max=150)

    left = _require_valid_in_turn(queue, parts, 150)
    value = sum(each.amount for each in queue.payments) - sum(each.amount for each in left.payments)
    assert len(parts) > 1
    assert value >= found.value // 2, (value / found.value, [len(part) for part in parts])
