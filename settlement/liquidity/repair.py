"""Repair: the smallest changes to a set until it is valid.

A payment taken out ends its payer's shortage and may make its payee short; one put in ends its payee's
shortage and may make its payer short; and so on until somebody bears it. So what is looked for is the
cheapest chain of payments, out or in, from the account that is short to one that has enough.
"""

import heapq
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator

from settlement.liquidity.rule import Breach, Positions

# How many payments of an account are looked at for the next link of a chain.
_LINKS_MAX = 200
# How many chains there may be for each account; after them payments are only taken out, which ends.
_CHAINS_PER_ACCOUNT = 4

_Sized = list[tuple[int, int]]


class _Repair:
    """A set being repaired, with payments as (amount, place), smallest first.

    `going`: of each account, the chosen ones it pays; `missing`: those not chosen that it would be paid.
    """

    def __init__(self, positions: Positions) -> None:
        self.positions = positions
        self.going: list[_Sized] = [[] for _ in positions.queue.accounts]
        self.missing: list[_Sized] = [[] for _ in positions.queue.accounts]
        for amount, place in sorted((amount, place) for place, amount in enumerate(positions.amounts)):
            if place in positions.chosen:
                self.going[positions.payers[place]].append((amount, place))
            else:
                self.missing[positions.payees[place]].append((amount, place))
        self.chains_left = _CHAINS_PER_ACCOUNT * len(self.going)

    def run(self) -> None:
        """Change payments until every account bears the set."""
        waiting = deque(range(len(self.going)))
        while waiting:
            payer = waiting.popleft()
            while (breach := self.positions.breach(payer)) is not None:
                for place in self._changes(payer, breach):
                    self._change(place)
                    waiting.extend((self.positions.payers[place], self.positions.payees[place]))

    def _change(self, place: int) -> None:
        positions, sized = self.positions, (self.positions.amounts[place], place)
        payer, payee = positions.payers[place], positions.payees[place]
        if place in positions.chosen:
            positions.remove(place)
            self.going[payer].remove(sized)
            insort(self.missing[payee], sized)
        else:
            positions.add(place)
            self.missing[payee].remove(sized)
            insort(self.going[payer], sized)

    def _changes(self, payer: int, breach: Breach) -> list[int]:
        """Return what to change for an account that does not bear the set."""
        payments, shortage = self._removable(payer), max(1, -self._spare(payer))
        if breach in (Breach.INSUFFICIENT_FUNDS, Breach.RESERVE_TOUCHED) and self.chains_left > 0:
            self.chains_left -= 1
            if chain := self._chain(payer, shortage):
                return chain
        if breach is Breach.DAY_LIMIT:
            shortage = self.positions.outflow[payer] - (
                self.positions.queue.accounts[payer].outflow_left or 0
            )
        elif breach is Breach.BILATERAL_LIMIT:
            payee, shortage = next(self.positions.over_limit(payer))
            payments = [each for each in payments if self.positions.payees[each[1]] == payee] or payments
        return [payments[min(bisect_left(payments, (shortage, -1)), len(payments) - 1)][1]]

    def _removable(self, payer: int) -> _Sized:
        """Return an account's payments to take out; those that are not urgent go first, as urgent ones bar
        them.
        """
        normal = self.positions.normal_outflow[payer]
        if normal in (0, self.positions.outflow[payer]):
            return self.going[payer]
        return [each for each in self.going[payer] if not self.positions.urgent[each[1]]]

    def _spare(self, place: int) -> int:
        """Return what an account can lose, below 0 what it is short of."""
        positions = self.positions
        spare = positions.funds[place]
        if positions.normal_outflow[place]:
            urgent = positions.outflow[place] - positions.normal_outflow[place]
            spare = min(spare, spare + urgent - positions.queue.accounts[place].reserve)
        return spare

    def _chain(self, start: int, shortage: int) -> list[int]:
        """Return the cheapest chain that ends a shortage, by Dijkstra's search; empty when there is none."""
        seen = set[int]()
        heap: list[tuple[int, int, int, list[int]]] = [(0, start, shortage, [])]
        while heap:
            cost, account, short, chain = heapq.heappop(heap)
            if short <= 0:
                return chain
            if account in seen:
                continue
            seen.add(account)
            for amount, place, following, left in self._links(account, short):
                if following not in seen:
                    heapq.heappush(heap, (cost + amount, following, left, [*chain, place]))
        return []

    def _links(self, account: int, short: int) -> Iterator[tuple[int, int, int, int]]:
        """Yield the smallest payments that end a shortage, for each account that would be short then, and
        of how much.
        """
        positions, seen = self.positions, set[int]()
        removable = self._removable(account)
        first = bisect_left(removable, (short, -1))
        for amount, place in removable[first : first + _LINKS_MAX]:
            payee = positions.payees[place]
            if payee not in seen:
                seen.add(payee)
                yield amount, place, payee, amount - self._spare(payee) if positions.outflow[payee] else 0
        seen.clear()
        first = bisect_left(self.missing[account], (short, -1))
        for amount, place in self.missing[account][first : first + _LINKS_MAX]:
            payer = positions.payers[place]
            if payer not in seen and (positions.urgent[place] or not positions.urgent_left[payer]):
                seen.add(payer)
                yield amount, place, payer, amount - self._spare(payer)


def repair(positions: Positions) -> None:
    """Change a set until it is valid."""
    _Repair(positions).run()
