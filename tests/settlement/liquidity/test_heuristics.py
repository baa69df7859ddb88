"""Valid sets without a search."""

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from settlement.liquidity.heuristics import drop_last, fill
from settlement.liquidity.queue import Queue
from settlement.liquidity.repair import repair
from settlement.liquidity.rule import Positions
from tests.settlement.liquidity.queues import queues, valid_sets


def _is_beginning(queue: Queue, positions: Positions) -> bool:
    """Whether a set takes of each payer the first of its own, urgent ones before the others."""
    for account in queue.accounts:
        own = [at for at, payment in enumerate(queue.payments) if payment.payer == account.participant]
        own.sort(key=lambda at: not queue.payments[at].urgent)
        taken = [at in positions.chosen for at in own]
        if taken != sorted(taken, reverse=True):
            return False
    return True


@given(queue=queues())
def test_drop_last_is_the_largest_beginning(queue: Queue) -> None:
    """Drop-last settles what every other valid set settles that takes a beginning of each payer's own
    queue.
    """
    found = drop_last(queue)
    others = [each.chosen for each in valid_sets(queue) if _is_beginning(queue, each)]

    assert found.chosen in others
    assert all(other <= found.chosen for other in others)


@given(queue=queues(), seed=st.integers())
def test_drop_last_knows_no_order_of_accounts(queue: Queue, seed: int) -> None:
    """Neither the order of accounts nor how the payers' queues are interleaved changes what drop-last
    settles.
    """
    chance = random.Random(seed)
    accounts = tuple(chance.sample(queue.accounts, len(queue.accounts)))
    by_payer = sorted(queue.payments, key=lambda payment: hash((seed, payment.payer)))
    other = replace(queue, accounts=accounts, payments=tuple(by_payer))

    first, second = drop_last(queue), drop_last(other)

    assert {queue.payments[at].id for at in first.chosen} == {other.payments[at].id for at in second.chosen}


@given(queue=queues(), data=st.data())
def test_fill_keeps_what_is_there_and_stays_valid(queue: Queue, data: st.DataObject) -> None:
    """Filling a valid set takes nothing out, gives a valid set, and leaves nothing that fits alone."""
    before = data.draw(st.sampled_from(list(valid_sets(queue))))
    positions = Positions(queue, before.chosen)

    fill(positions, range(len(queue.payments)))

    assert {} == positions.breaches()
    assert before.chosen <= positions.chosen
    for place in set(range(len(queue.payments))) - positions.chosen:
        assert Positions(queue, {*positions.chosen, place}).breaches()


@given(queue=queues(payments_max=30), data=st.data())
def test_repair_makes_any_set_valid(queue: Queue, data: st.DataObject) -> None:
    """Whatever set it is given, a repaired one is valid, and the positions are those of its payments."""
    places = list(range(len(queue.payments)))
    positions = Positions(queue, [at for at in places if data.draw(st.booleans())])

    repair(positions)

    assert {} == positions.breaches()
    assert Positions(queue, positions.chosen).balances() == positions.balances()


@given(queue=queues())
def test_money_is_neither_made_nor_lost(queue: Queue) -> None:
    """The balances after a set add up to those before."""
    total = sum(account.balance for account in queue.accounts)

    assert total == sum(drop_last(queue).balances().values())
