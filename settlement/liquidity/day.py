"""A day of one asset: what each account had when it began, and what was sent in it, in order."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from settlement.errors import InvalidQueue
from settlement.liquidity.queue import Account, Payment, Queue
from settlement.money import AMOUNT_MAX

# Who pays what is issued and gets what is redeemed or locked: it has no account, and is never short.
OUTSIDE = "(outside)"
SECONDS_MAX = 86_400
ACCOUNTS_MAX, EVENTS_MAX = 10_000, 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A payment that came at a time (UTC seconds); payer or payee may be `OUTSIDE`."""

    at: int
    payment: Payment


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSet:
    """From a time on a participant's reserve and credit line are these (minor units)."""

    at: int
    participant: str
    reserve: int
    credit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """At a time a participant is stopped: what it has waiting is cancelled."""

    at: int
    participant: str


DayEvent: TypeAlias = Sent | LineSet | Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What an asset's accounts had at `opens_at`, and what came until `closes_at` (UTC seconds), in order.

    Of an account only balance, reserve and credit count. What was in the queue already came at `opens_at`.
    """

    asset: str
    opens_at: int
    closes_at: int
    accounts: tuple[Account, ...]
    events: tuple[DayEvent, ...]

    @property
    def sent(self) -> Iterator[Sent]:
        """Yield the payments alone."""
        return (event for event in self.events if isinstance(event, Sent))

    def validate(self) -> None:
        """Raise `InvalidQueue` for what no ledger has, times out of order or of the day, and too many."""
        if not 0 < self.closes_at - self.opens_at <= SECONDS_MAX:
            raise InvalidQueue(f"the day has to be 1 to {SECONDS_MAX} seconds long", param="closes_at")
        for what, found, count_max in (
            ("accounts", self.accounts, ACCOUNTS_MAX),
            ("events", self.events, EVENTS_MAX),
        ):
            if len(found) > count_max:
                raise InvalidQueue(f"{len(found)} {what}; at most {count_max} are replayed", param=what)
        self._validate_times()
        accounts = (*self.accounts, Account(participant=OUTSIDE, balance=0))
        payments = tuple(sent.payment for sent in self.sent)
        Queue(asset=self.asset, accounts=accounts, payments=payments).validate()
        known = {account.participant for account in self.accounts}
        for event in self.events:
            if not isinstance(event, Sent) and event.participant not in known:
                raise InvalidQueue(
                    f"{event.participant!r} has no account; add it to the accounts", param="participant"
                )
            if (
                isinstance(event, LineSet)
                and not 0
                <= min(event.reserve, event.credit)
                <= max(event.reserve, event.credit)
                <= AMOUNT_MAX
            ):
                raise InvalidQueue(f"a line of {event.participant} is not in 0 … {AMOUNT_MAX}", param="line")

    def _validate_times(self) -> None:
        before = self.opens_at
        for event in self.events:
            if not before <= event.at <= self.closes_at:
                raise InvalidQueue(
                    f"time {event.at} does not follow {before}, or is after {self.closes_at}; sort by time",
                    param="at",
                )
            before = event.at
