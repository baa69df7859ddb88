"""What waits in one asset's queue, and the accounts it waits for. Amounts in minor units."""

from collections import Counter
from dataclasses import dataclass

from settlement.errors import InvalidQueue
from settlement.money import AMOUNT_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A participant's account as the ledger has it.

    `balance` is negative where credit is used. `outflow_left`: what may still go out on the day, gross;
    None is no limit. `urgent_elsewhere`: how many urgent instructions wait in the account that are not in
    this queue.
    """

    participant: str
    balance: int
    reserve: int = 0
    credit: int = 0
    outflow_left: int | None = None
    urgent_elsewhere: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A queued payment that nobody holds and that each gross rule of the ledger lets through."""

    id: str
    payer: str
    payee: str
    amount: int
    urgent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BilateralLimit:
    """What may still go from `payer` to `payee` on the day, net; below 0 where more has gone than is
    allowed now.
    """

    payer: str
    payee: str
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Payments of one asset, in the order in which they queued, and the accounts of all their parties."""

    asset: str
    accounts: tuple[Account, ...]
    payments: tuple[Payment, ...]
    limits: tuple[BilateralLimit, ...] = ()

    def validate(self) -> None:
        """Raise `InvalidQueue` for what no ledger has: a name twice, a party without account, an amount out
        of range.
        """
        _require_once("participant", [account.participant for account in self.accounts])
        _require_once("id", [payment.id for payment in self.payments])
        _require_once("limit", [f"{limit.payer} → {limit.payee}" for limit in self.limits])
        known = {account.participant for account in self.accounts}
        for account in self.accounts:
            _require_range(account.participant, "balance", account.balance, -AMOUNT_MAX)
            for name in ("reserve", "credit", "outflow_left", "urgent_elsewhere"):
                _require_range(account.participant, name, getattr(account, name) or 0, 0)
        for payment in self.payments:
            _require_range(payment.id, "amount", payment.amount, 1)
            _require_parties(payment.id, payment, known)
        for limit in self.limits:
            _require_range("a limit", "left", limit.left, -AMOUNT_MAX)
            _require_parties("a limit", limit, known)


def _require_once(what: str, names: list[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InvalidQueue(f"the {what} {twice[0]!r} is there twice; give each once", param=what)


def _require_range(whose: str, what: str, value: int, least: int) -> None:
    if not least <= value <= AMOUNT_MAX:
        raise InvalidQueue(f"{whose}: {what} {value} is not in {least} … {AMOUNT_MAX}", param=what)


def _require_parties(whose: str, found: Payment | BilateralLimit, known: set[str]) -> None:
    for name, party in (("payer", found.payer), ("payee", found.payee)):
        if party not in known:
            raise InvalidQueue(
                f"{whose}: {name} {party!r} has no account; add it to the accounts", param=name
            )
    if found.payer == found.payee:
        raise InvalidQueue(f"{whose}: {found.payer!r} can't pay itself", param="payee")
