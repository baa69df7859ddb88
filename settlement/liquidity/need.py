"""How much credit a day takes: so that nothing waits, and what it can't do without."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from settlement.liquidity.day import OUTSIDE, Day, LineSet, Sent
from settlement.liquidity.queue import Payment


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """The credit line that a participant needs, in minor units, never negative.

    `at_once`: with it, if all have theirs, each payment settles when it comes: the largest net debit
    position of the day, and what of the reserve is kept. `least`: with less not all that was sent settles,
    however the queue is resolved: the net debit position when the day closes.
    """

    at_once: int
    least: int


def needs(day: Day) -> dict[str, Need]:
    """Return what each participant needs, as if each payment settled when it came."""
    balances = {account.participant: account.balance for account in day.accounts}
    reserves = {account.participant: account.reserve for account in day.accounts}
    # A day's last payment may have gone before the reserve was raised.
    lowest_reserves, at_once = dict(reserves), dict.fromkeys(balances, 0)
    sent: defaultdict[str, list[Payment]] = defaultdict(list)
    for event in day.events:
        if isinstance(event, LineSet):
            reserves[event.participant] = event.reserve
            lowest_reserves[event.participant] = min(lowest_reserves[event.participant], event.reserve)
        elif isinstance(event, Sent):
            payment = event.payment
            sent[payment.payer].append(payment)
            if payment.payer != OUTSIDE:
                balances[payment.payer] -= payment.amount
                floor = 0 if payment.urgent else reserves[payment.payer]
                at_once[payment.payer] = max(at_once[payment.payer], floor - balances[payment.payer])
            if payment.payee != OUTSIDE:
                balances[payment.payee] += payment.amount
    return {
        name: Need(
            at_once=most,
            least=shortfall(sent[name], balance=balances[name], reserve=lowest_reserves[name]),
        )
        for name, most in at_once.items()
    }


def shortfall(payments: Iterable[Payment], *, balance: int, reserve: int) -> int:
    """Return the credit with which an account bears some payments as one set; `balance` is after them."""
    outflow = urgent = 0
    for payment in payments:
        outflow += payment.amount
        urgent += payment.amount if payment.urgent else 0
    if outflow == 0:
        return 0
    return max(0, -balance, reserve - balance - urgent if outflow > urgent else 0)
