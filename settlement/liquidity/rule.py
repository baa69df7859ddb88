"""Which sets of queued payments the ledger lets settle together: the one place in Python that says so.

It is `Sets.setRefusal` (contracts/src/parts/Sets.sol) for single-leg payments and whoever is neither a
payer nor the operator. For each account that the set debits, all credits in and all debits out:

* `final ≥ −credit`, and with outflow that is not urgent also `final + urgent outflow ≥ reserve − credit`;
* with outflow that is not urgent, none of its urgent payments stays behind;
* gross outflow within what is left of the day's, net outflow to a counterparty within what is left of that.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum

from settlement.liquidity.queue import Queue


class Breach(StrEnum):
    """Why a set may not settle, by the contract's name (contracts/src/types/Instruction.sol)."""

    DAY_LIMIT = "DayLimit"
    INSUFFICIENT_FUNDS = "InsufficientFunds"
    RESERVE_TOUCHED = "ReserveTouched"
    URGENT_WAITING = "UrgentWaiting"
    BILATERAL_LIMIT = "BilateralLimit"


class Positions:
    """A set of a queue's payments, and what it does to each account; payments and accounts by their places.

    It may be any set: `breach` tells whether an account bears it.
    """

    def __init__(self, queue: Queue, chosen: Iterable[int] = ()) -> None:
        places = {account.participant: place for place, account in enumerate(queue.accounts)}
        self.queue = queue
        self.payers = [places[payment.payer] for payment in queue.payments]
        self.payees = [places[payment.payee] for payment in queue.payments]
        self.amounts = [payment.amount for payment in queue.payments]
        self.urgent = [payment.urgent for payment in queue.payments]
        self.chosen: set[int] = set()
        count = len(queue.accounts)
        # What is left above the floor; outflow, and what of it is not urgent; urgent payments left behind.
        self.funds = [account.balance + account.credit for account in queue.accounts]
        self.outflow, self.normal_outflow = [0] * count, [0] * count
        self.urgent_left = [account.urgent_elsewhere for account in queue.accounts]
        for place, payer in enumerate(self.payers):
            self.urgent_left[payer] += self.urgent[place]
        self.limits: list[dict[int, int]] = [{} for _ in range(count)]
        for limit in queue.limits:
            # The contract asks only of a net outflow.
            self.limits[places[limit.payer]][places[limit.payee]] = max(limit.left, 0)
        self._nets: dict[tuple[int, int], int] = {
            pair: 0
            for payer, limits in enumerate(self.limits)
            for payee in limits
            for pair in ((payer, payee), (payee, payer))
        }
        for place in chosen:
            self.add(place)

    def add(self, place: int) -> None:
        """Take a payment into the set."""
        self.chosen.add(place)
        self._move(place, 1)

    def remove(self, place: int) -> None:
        """Take it out again."""
        self.chosen.remove(place)
        self._move(place, -1)

    def _move(self, place: int, sign: int) -> None:
        payer, payee, amount = self.payers[place], self.payees[place], sign * self.amounts[place]
        self.funds[payer] -= amount
        self.funds[payee] += amount
        self.outflow[payer] += amount
        if self.urgent[place]:
            self.urgent_left[payer] -= sign
        else:
            self.normal_outflow[payer] += amount
        if (payer, payee) in self._nets:
            self._nets[payer, payee] += amount
            self._nets[payee, payer] -= amount

    def net(self, payer: int, payee: int) -> int:
        """Return what goes from one to the other, net, where either limits the other; else 0."""
        return self._nets.get((payer, payee), 0)

    def over_limit(self, payer: int) -> Iterator[tuple[int, int]]:
        """Yield the counterparties to which more goes than the payer's bilateral limits allow, and how much
        more.
        """
        for payee, left in self.limits[payer].items():
            if self.net(payer, payee) > left:
                yield payee, self.net(payer, payee) - left

    def breach(self, place: int) -> Breach | None:
        """Return why an account does not bear the set; None when it does."""
        account, outflow = self.queue.accounts[place], self.outflow[place]
        if outflow == 0:
            return None
        if account.outflow_left is not None and outflow > account.outflow_left:
            return Breach.DAY_LIMIT
        if self.funds[place] < 0:
            return Breach.INSUFFICIENT_FUNDS
        if (normal := self.normal_outflow[place]) > 0:
            if self.funds[place] + outflow - normal < account.reserve:
                return Breach.RESERVE_TOUCHED
            if self.urgent_left[place] > 0:
                return Breach.URGENT_WAITING
        return Breach.BILATERAL_LIMIT if self.limits[place] and any(self.over_limit(place)) else None

    def breaches(self) -> dict[str, Breach]:
        """Return which participants' accounts do not bear the set, and why; empty for a set that settles."""
        found = ((account.participant, self.breach(at)) for at, account in enumerate(self.queue.accounts))
        return {participant: breach for participant, breach in found if breach is not None}

    def measure(self) -> tuple[int, int, int]:
        """Return what makes one set better than another: urgent value, then value, then count."""
        value, normal = sum(self.outflow), sum(self.normal_outflow)
        return value - normal, value, len(self.chosen)

    def balances(self) -> dict[str, int]:
        """Return each participant's balance after the set."""
        return {
            account.participant: funds - account.credit
            for account, funds in zip(self.queue.accounts, self.funds, strict=True)
        }
