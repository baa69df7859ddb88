"""What keeps each queued payment from settling by itself, told as an officer would ask it."""

from dataclasses import dataclass

from settlement.liquidity.queue import Queue
from settlement.liquidity.rule import Breach, Positions


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Why a payment does not settle alone, as its payer's account is.

    `short` in minor units; 0 where it is no amount.
    """

    breach: Breach
    waits_for: str
    short: int


def obstacles(queue: Queue) -> dict[str, Obstacle]:
    """Return, by id, what is in the way of each payment that could not settle alone."""
    positions, found = Positions(queue), {}
    for place, payment in enumerate(queue.payments):
        positions.add(place)
        obstacle = _obstacle(positions, positions.payers[place], positions.payees[place])
        positions.remove(place)
        if obstacle is not None:
            found[payment.id] = obstacle
    return found


def _obstacle(positions: Positions, payer: int, payee: int) -> Obstacle | None:
    breach = positions.breach(payer)
    if breach is None:
        return None
    account, accounts = positions.queue.accounts[payer], positions.queue.accounts
    waits_for, short = account.participant, 0
    if breach is Breach.INSUFFICIENT_FUNDS:
        short = -positions.funds[payer]
    elif breach is Breach.RESERVE_TOUCHED:
        short = account.reserve - positions.funds[payer]
    elif breach is Breach.DAY_LIMIT:
        short = positions.outflow[payer] - (account.outflow_left or 0)
    elif breach is Breach.BILATERAL_LIMIT:
        waits_for = accounts[payee].participant
        short = next(over for _, over in positions.over_limit(payer))
    return Obstacle(breach=breach, waits_for=waits_for, short=short)
