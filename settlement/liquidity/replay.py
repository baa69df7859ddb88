"""A day settled again: gross as payments come, the queue as money comes in, and together at intervals."""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass

from settlement.liquidity.day import OUTSIDE, Day, DayEvent, LineSet, Sent, Stop
from settlement.liquidity.queue import Account, Payment, Queue
from settlement.liquidity.resolve import resolve
from settlement.money import AMOUNT_MAX

INTERVAL_SECONDS = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Payments (by id) that settled together, all or none, at a time (UTC seconds)."""

    at: int
    settled: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What became of a day's payments.

    `steps` in order; `left`: what waits when the day closes, in the queue's order; `cancelled`: ids of what
    a stopped participant had waiting. `balances` when it closes, `lowest` over the day (minor units).
    """

    steps: tuple[Step, ...]
    left: tuple[Payment, ...]
    cancelled: tuple[str, ...]
    balances: dict[str, int]
    lowest: dict[str, int]

    def left_by_payer(self) -> defaultdict[str, list[Payment]]:
        """Return what is left of each participant's own."""
        found: defaultdict[str, list[Payment]] = defaultdict(list)
        for payment in self.left:
            found[payment.payer].append(payment)
        return found


def replay(day: Day, *, interval_seconds: int = INTERVAL_SECONDS) -> Replay:
    """Return what settles of a day that is valid, and when; the same each time.

    A payment settles when it comes if its payer has the money, past the payer's own queue, as `pay` does.
    Else it waits: for money that comes in, urgent ones first and then in order; and every `interval_seconds`,
    and when the day closes, for what the heuristics of `resolve` find to settle together.
    """
    run = _Run(day, interval_seconds)
    for event in day.events:
        run.resolve_until(event.at)
        run.take(event)
    run.resolve_until(day.closes_at)
    run.resolve_queue(day.closes_at)
    return run.told()


class _Run:
    """The accounts and the queue as they are now."""

    def __init__(self, day: Day, interval_seconds: int) -> None:
        self._asset, self._interval = day.asset, interval_seconds
        self._next_at = day.opens_at + interval_seconds
        accounts = (*day.accounts, Account(participant=OUTSIDE, balance=0, credit=AMOUNT_MAX))
        self._balances = {account.participant: account.balance for account in accounts}
        self._lowest = dict(self._balances)
        self._lines = {account.participant: (account.reserve, account.credit) for account in accounts}
        self._waiting: dict[str, Payment] = {}
        # Ids by payer, urgent and not; those that have left the queue may still be at the front.
        self._own: defaultdict[str, tuple[deque[str], deque[str]]] = defaultdict(lambda: (deque(), deque()))
        self._is_changed = False
        self._steps: list[Step] = []
        self._cancelled: list[str] = []

    def take(self, event: DayEvent) -> None:
        if isinstance(event, LineSet):
            self._lines[event.participant] = event.reserve, event.credit
            self._is_changed = True
            self._release(event.participant, event.at)
        elif isinstance(event, Stop):
            ids = [each.id for each in self._waiting.values() if each.payer == event.participant]
            self._cancelled += ids
            for each in ids:
                del self._waiting[each]
            self._is_changed = True
        else:
            self._take_sent(event)

    def resolve_until(self, at: int) -> None:
        """Resolve the queue each time that it is due until then."""
        while self._next_at <= at:
            self.resolve_queue(self._next_at)
            self._next_at += self._interval

    def resolve_queue(self, at: int) -> None:
        """Settle what can settle together; nothing new can while nothing has changed."""
        if not self._waiting or not self._is_changed:
            return
        accounts = (
            Account(
                participant=name,
                balance=balance,
                reserve=self._lines[name][0],
                credit=self._lines[name][1],
            )
            for name, balance in self._balances.items()
        )
        payments = tuple(self._waiting.values())
        found = resolve(Queue(asset=self._asset, accounts=tuple(accounts), payments=payments))
        if found.settled:
            self._settle([self._waiting.pop(each) for each in found.settled], at)
        self._is_changed = False

    def told(self) -> Replay:
        return Replay(
            steps=tuple(self._steps),
            left=tuple(self._waiting.values()),
            cancelled=tuple(self._cancelled),
            balances={name: each for name, each in self._balances.items() if name != OUTSIDE},
            lowest={name: each for name, each in self._lowest.items() if name != OUTSIDE},
        )

    def _take_sent(self, sent: Sent) -> None:
        payment = sent.payment
        if self._fits(payment):
            self._settle([payment], sent.at)
            self._release(payment.payee, sent.at)
            return
        self._waiting[payment.id] = payment
        self._own[payment.payer][not payment.urgent].append(payment.id)
        self._is_changed = True

    def _fits(self, payment: Payment) -> bool:
        reserve, credit = self._lines[payment.payer]
        floor = -credit if payment.urgent else reserve - credit
        return self._balances[payment.payer] - payment.amount >= floor

    def _settle(self, payments: Sequence[Payment], at: int) -> None:
        for payment in payments:
            self._balances[payment.payer] -= payment.amount
            self._balances[payment.payee] += payment.amount
        for payer in {payment.payer for payment in payments}:
            self._lowest[payer] = min(self._lowest[payer], self._balances[payer])
        self._steps.append(Step(at=at, settled=tuple(payment.id for payment in payments)))
        self._is_changed = True

    def _release(self, participant: str, at: int) -> None:
        """Settle what the money of a participant is now enough for, and of those whom that pays."""
        credited = deque([participant])
        while credited:
            payer = credited.popleft()
            while (first := self._first(payer)) is not None and self._fits(first):
                del self._waiting[first.id]
                self._settle([first], at)
                credited.append(first.payee)

    def _first(self, payer: str) -> Payment | None:
        """Return what of a participant is first in the queue: an urgent one bars what is not urgent."""
        for ids in self._own[payer]:
            while ids and ids[0] not in self._waiting:
                ids.popleft()
            if ids:
                return self._waiting[ids[0]]
        return None
