"""An obstacle is told exactly when a payment can't settle alone, and what is short exactly."""

from dataclasses import replace

from hypothesis import given

from settlement.liquidity.obstacles import obstacles
from settlement.liquidity.queue import Queue
from settlement.liquidity.rule import Breach, Positions
from tests.settlement.liquidity.queues import queues


@given(queue=queues())
def test_told_exactly_when_there_is_one(queue: Queue) -> None:
    """A payment has an obstacle, of the rule's own name, if and only if it breaks the rule by itself."""
    found = obstacles(queue)
    for place, payment in enumerate(queue.payments):
        breaches = Positions(queue, [place]).breaches()
        told = found.get(payment.id)
        assert (told is None) == (not breaches)
        assert told is None or told.breach in breaches.values()


@given(queue=queues())
def test_short_is_what_is_short(queue: Queue) -> None:
    """With as much more money as is short a payment lacks no money; with a unit less it still does."""
    for place, payment in enumerate(queue.payments):
        told = obstacles(queue).get(payment.id)
        if told is None or told.breach is not Breach.INSUFFICIENT_FUNDS:
            continue
        assert Breach.INSUFFICIENT_FUNDS not in _with(queue, payment.payer, told.short, place).values()
        assert Breach.INSUFFICIENT_FUNDS in _with(queue, payment.payer, told.short - 1, place).values()


def _with(queue: Queue, participant: str, more: int, place: int) -> dict[str, Breach]:
    accounts = tuple(
        replace(account, balance=account.balance + more) if account.participant == participant else account
        for account in queue.accounts
    )
    return Positions(replace(queue, accounts=accounts), [place]).breaches()
