"""A UTC day of one asset out of the mirror, as it is replayed under stress (settlement.liquidity.stress)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection

from node.chain.protocol import Chain
from node.clock import Clock
from node.errors import MirrorBehind, PeriodRefused
from node.mirror.credit import LineChange, line_changes
from node.mirror.head import head, height_before
from node.mirror.ledger import Place, accounts_of, balance_at
from node.mirror.registry import asset_of_currency, directory
from node.mirror.sent import Movement, movements
from node.services.statements import period_of
from node.store.session import Store
from settlement.liquidity.day import EVENTS_MAX, OUTSIDE, SECONDS_MAX, Day, DayEvent, LineSet, Sent
from settlement.liquidity.queue import Account, Payment
from settlement.money import currency
from settlement.participant import Directory


def mirrored_day(store: Store, chain: Chain, clock: Clock, *, code: str, day: date) -> Day:
    """Return a UTC day of a currency, from one snapshot; participants by BIC. Of today what is mirrored.

    What waited in the queue when it began comes first; what was cancelled or expired in it, or is held at
    its end, is left out. Raise `PeriodRefused` (not past, too full), `MirrorBehind`, `UnknownCurrency`,
    `AssetNotFound`.
    """
    with store.snapshot() as connection:
        mirrored = head(connection)
        if mirrored is None:
            raise MirrorBehind("nothing is mirrored yet; try again when the node has caught up")
        asset = asset_of_currency(connection, currency(code)).id
        period = period_of(day, day, mirrored, chain, int(clock.now()))
        before, until = (height_before(connection, at) for at in (period.from_time, period.to_time + 1))
        above, until = -1 if before is None else before, -1 if until is None else until
        moved = movements(connection, asset, above=above, until=until, limit=EVENTS_MAX + 1)
        changes = line_changes(connection, asset, until=until)
        earlier = [each for each in changes if each.height <= above]
        later = changes[len(earlier) :]
        if len(moved) + len(later) > EVENTS_MAX:
            raise PeriodRefused(
                f"more than {EVENTS_MAX} payments on {day}; no such day is replayed", param="date"
            )
        accounts = _accounts(connection, asset, above, moved, changes)
        names = directory(connection)
    for change in earlier:
        accounts[change.participant] = _changed(accounts[change.participant], change)
    return Day(
        asset=code,
        opens_at=period.from_time,
        closes_at=period.from_time + SECONDS_MAX,
        accounts=tuple(
            replace(account, participant=_name(names, participant))
            for participant, account in sorted(accounts.items())
        ),
        events=tuple(_events(moved, later, accounts, names, period.from_time)),
    )


def _accounts(
    connection: Connection,
    asset: int,
    above: int,
    moved: Iterable[Movement],
    changes: Iterable[LineChange],
) -> dict[int, Account]:
    """Return each account as it opened, without its lines."""
    found = {each.participant for each in accounts_of(connection) if each.asset == asset and each.open}
    found |= {party for each in moved for party in (each.payer, each.payee)} - {0}
    found |= {each.participant for each in changes}
    return {
        participant: Account(
            participant=str(participant),
            balance=balance_at(connection, Place(asset=asset, participant=participant), height=above),
        )
        for participant in found
    }


def _changed(account: Account, change: LineChange) -> Account:
    if change.is_reserve:
        return replace(account, reserve=change.amount)
    return replace(account, credit=change.amount)


def _events(
    moved: Iterable[Movement],
    changes: Iterable[LineChange],
    accounts: dict[int, Account],
    names: Directory,
    from_time: int,
) -> Iterable[DayEvent]:
    """Yield what came, in the order of the chain."""
    now, came = dict(accounts), list[Movement | LineChange]([*moved, *changes])
    for each in sorted(came, key=lambda each: (each.height, each.log_index)):
        at = max(each.timestamp, from_time)
        if isinstance(each, LineChange):
            account = now[each.participant] = _changed(now[each.participant], each)
            name = _name(names, each.participant)
            yield LineSet(at=at, participant=name, reserve=account.reserve, credit=account.credit)
        else:
            yield Sent(at=at, payment=_payment(each, names))


def _payment(moved: Movement, names: Directory) -> Payment:
    return Payment(
        id=moved.reference,
        payer=_name(names, moved.payer),
        payee=_name(names, moved.payee),
        amount=moved.amount,
        urgent=moved.urgent,
    )


def _name(names: Directory, participant: int) -> str:
    return names.get(participant).bic or str(participant) if participant else OUTSIDE
