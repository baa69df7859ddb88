"""A set cut into parts that fit a transaction, each valid after those before it, with fall-backs inside each.

A proposal is made on a snapshot. When it reaches the chain, an account may have paid otherwise, and a set
is all or nothing: so the smaller parts of a set follow it. They are refused, at little cost, where the set
settled; where it did not, those settle that are still covered.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from settlement.liquidity.queue import BilateralLimit, Queue
from settlement.liquidity.rule import Breach, Positions

# Ledger.sol looks at no more accounts in a set (contracts/src/libraries/Positions.sol).
ACCOUNTS_MAX = 128
# How many payments in a row may find no place in a part before it is closed.
_FAILURES_MAX = 200
# A fall-back has at most this part of what a proposal may have.
_FALLBACK_SHARE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A set by its payments' ids, and the parts of it to try where it is refused, in their order."""

    payments: tuple[str, ...]
    fallbacks: tuple[tuple[str, ...], ...]


def propose(queue: Queue, settled: Iterable[str], *, payments_max: int) -> tuple[Proposal, ...]:
    """Return proposals of at most `payments_max` payments, each valid after those before it.

    What belongs together and is larger than that is left out, for a later run.
    """
    proposals, fallback_max = [], max(1, payments_max // _FALLBACK_SHARE)
    for part in cut(queue, settled, payments_max=payments_max):
        smaller = cut(queue, part, payments_max=fallback_max) if len(part) > fallback_max else ()
        proposals.append(Proposal(payments=part, fallbacks=smaller))
        queue = after(queue, part)
    return tuple(proposals)


def cut(queue: Queue, settled: Iterable[str], *, payments_max: int) -> tuple[tuple[str, ...], ...]:
    """Return parts of a set, by ids in queue order, each valid after those before it."""
    wanted, parts = set(settled), []
    while wanted:
        part = _Part(queue, wanted, payments_max).ids()
        if not part:
            break
        parts.append(part)
        wanted.difference_update(part)
        queue = after(queue, part)
    return tuple(parts)


def after(queue: Queue, settled: Iterable[str]) -> Queue:
    """Return a queue as it is when these payments of it have settled."""
    gone = set(settled)
    positions = Positions(queue, (at for at, payment in enumerate(queue.payments) if payment.id in gone))
    places = {account.participant: place for place, account in enumerate(queue.accounts)}
    return replace(
        queue,
        accounts=tuple(
            replace(
                account,
                balance=positions.funds[place] - account.credit,
                outflow_left=None
                if account.outflow_left is None
                else account.outflow_left - positions.outflow[place],
            )
            for place, account in enumerate(queue.accounts)
        ),
        payments=tuple(payment for payment in queue.payments if payment.id not in gone),
        limits=tuple(
            BilateralLimit(
                payer=limit.payer,
                payee=limit.payee,
                left=limit.left - positions.net(places[limit.payer], places[limit.payee]),
            )
            for limit in queue.limits
        ),
    )


class _Part:
    """One part as it grows: a payment is added with those that have to settle with it, or not at all."""

    def __init__(self, queue: Queue, wanted: set[str], payments_max: int) -> None:
        self.positions = Positions(queue)
        self.payments_max = payments_max
        self.wanted = [at for at, payment in enumerate(queue.payments) if payment.id in wanted]
        self.incoming: list[list[int]] = [[] for _ in queue.accounts]
        for place in sorted(self.wanted, key=lambda at: self.positions.amounts[at]):
            self.incoming[self.positions.payees[place]].append(place)

    def ids(self) -> tuple[str, ...]:
        """Grow the part and return it; empty when nothing fits."""
        positions, failures = self.positions, 0
        if self._add(self.wanted) is False:
            amounts = positions.amounts
            for place in sorted(self.wanted, key=lambda at: (not positions.urgent[at], amounts[at])):
                if failures >= _FAILURES_MAX or len(positions.chosen) >= self.payments_max:
                    break
                if place not in positions.chosen:
                    failures = 0 if self._grow(place) else failures + 1
        return tuple(positions.queue.payments[at].id for at in sorted(positions.chosen))

    def _add(self, places: list[int]) -> bool:
        """Add payments if the part stays valid and within its size; else leave it as it was."""
        for place in places:
            self.positions.add(place)
        if self._is_small() and not self.positions.breaches():
            return True
        for place in places:
            self.positions.remove(place)
        return False

    def _grow(self, place: int) -> bool:
        """Add a payment, then who pays its payer, and so on until nobody is short; else change nothing."""
        positions, added = self.positions, [place]
        positions.add(place)
        short = [positions.payers[place]]
        while short and self._is_small():
            if (breach := positions.breach(short[-1])) is None:
                short.pop()
                continue
            following = self._following(short[-1]) if breach is Breach.INSUFFICIENT_FUNDS else None
            if following is None:
                break
            positions.add(following)
            added.append(following)
            short.append(positions.payers[following])
        if not short and self._is_small():
            return True
        for each in added:
            positions.remove(each)
        return False

    def _following(self, account: int) -> int | None:
        """Return the smallest payment to an account that ends its shortage, or else the largest there is."""
        positions = self.positions
        left = [at for at in self.incoming[account] if at not in positions.chosen]
        enough = (at for at in left if positions.amounts[at] >= -positions.funds[account])
        return next(enough, left[-1] if left else None)

    def _is_small(self) -> bool:
        positions = self.positions
        if len(positions.chosen) > self.payments_max:
            return False
        parties = {positions.payers[at] for at in positions.chosen}
        parties.update(positions.payees[at] for at in positions.chosen)
        return len(parties) <= ACCOUNTS_MAX
