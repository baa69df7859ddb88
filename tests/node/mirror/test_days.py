"""The business day of a settlement: counted by the chain, called by the date on which it was closed."""

from datetime import UTC, datetime

from node.clock import SystemClock
from node.follower.follower import Follower
from node.mirror.days import Day, Days
from node.mirror.instructions import outcomes
from node.mirror.registry import registered_assets
from node.store.session import Store
from settlement.instruction import Terms
from tests.node.chain_of_events import CONTRACTS, ChainOfEvents, log, register, said, transaction

_UTC_MONEY = 1000


def _terms(sequence: int, asset: int = 840) -> Terms:
    return Terms(sequence=sequence, asset=asset, payer=2, payee=3, amount=100)


def _days(store: Store, *sequences: int, asset: int = 840) -> list[Day]:
    keys = [(2, sequence) for sequence in sequences]
    with store.snapshot() as connection:
        found = [events[0] for events in outcomes(connection, keys).values()]
        assets = {each.id: each for each in registered_assets(connection)}
        days = Days(connection, assets, found)
        return [days.of(assets[asset], each) for each in found]


def _closed(chain: ChainOfEvents, height: int) -> str:
    return datetime.fromtimestamp(chain.block(height).timestamp, UTC).date().isoformat()


def _mirrored(store: Store, chain: ChainOfEvents) -> None:
    follower = Follower(store, chain, CONTRACTS, SystemClock())
    while follower.tick():
        pass


def test_the_day_that_was_open(store: Store) -> None:
    """What settles belongs to the day that the next closing ends, within a block by the order of its logs."""
    chain = ChainOfEvents()
    chain.mine(register((1, 2, 3)))
    chain.mine(
        transaction(said("Ledger", "Issued", Terms(sequence=1, asset=840, payer=1, payee=2, amount=900)))
    )
    chain.mine(transaction(said("Payments", "Paid", _terms(1))))
    between = (
        said("Payments", "Paid", _terms(2)),
        log("Ledger", "DayClosed", 840, 0),
        said("Payments", "Paid", _terms(3)),
    )
    chain.mine(transaction(*between))
    chain.mine(transaction(log("Ledger", "DayClosed", 840, 1)))
    chain.mine(transaction(said("Payments", "Paid", _terms(4))))
    _mirrored(store, chain)
    last = chain.final_height()
    first, second = _closed(chain, last - 2), _closed(chain, last - 1)
    assert [
        Day(number=0, date=first),
        Day(number=0, date=first),
        Day(number=1, date=second),
        Day(number=2, date=None),
    ] == _days(store, 1, 2, 3, 4)


def test_no_days_but_the_calendars(store: Store) -> None:
    """Money whose day ends at midnight UTC has no number of a day, and the date of its block."""
    chain = ChainOfEvents()
    chain.mine(register((1, 2, 3)))
    chain.mine(transaction(log("Ledger", "AssetRegistered", _UTC_MONEY, 978, 2, 1, 2)))
    issued = Terms(sequence=1, asset=_UTC_MONEY, payer=1, payee=2, amount=900)
    chain.mine(transaction(said("Ledger", "Issued", issued)))
    chain.mine(transaction(said("Payments", "Paid", _terms(1, _UTC_MONEY))))
    _mirrored(store, chain)
    date = _closed(chain, chain.final_height())
    assert [Day(number=None, date=date)] == _days(store, 1, asset=_UTC_MONEY)
