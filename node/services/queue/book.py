"""One asset's queue as it is in the mirror, with the accounts it waits for, as queue resolution takes it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from node.chain.contracts import Contracts
from node.chain.protocol import Chain
from node.errors import MirrorBehind
from node.mirror.head import head
from node.mirror.ledger import Account as MirroredAccount
from node.mirror.ledger import accounts_of
from node.mirror.queue import Waiting, waiting
from node.mirror.registry import Asset, directory
from node.services.ledger_reading import ChainAccount, LedgerReading
from node.store.session import Store
from node.store.tables import participants
from settlement.liquidity.queue import Account, BilateralLimit, Payment, Queue
from settlement.money import AMOUNT_MAX
from settlement.posting import Bucket

# So many of the queue are looked at, the oldest first.
WAITING_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A queue at one height. `waiting`: all that debits the asset, by name, in the queue's order.

    `queue`: those that may settle now, participants by BIC. `barred`: why the others may not. `bics` by
    participant.
    """

    asset: Asset
    height: int
    queue: Queue
    waiting: dict[str, Waiting]
    barred: dict[str, str]
    bics: dict[int, str]


def read_book(store: Store, chain: Chain, contracts: Contracts, asset: Asset, *, now: int) -> Book:
    """Return the queue of an asset as of the mirror's head; raise `MirrorBehind` without one.

    What a day's limits leave is asked of the chain, at that height.
    """
    with store.snapshot() as connection:
        mirrored = head(connection)
        if mirrored is None:
            raise MirrorBehind("no block is mirrored yet; wait until the node has caught up")
        found = waiting(connection, limit=WAITING_MAX)
        mine = [each for each in found if any(leg.asset == asset.id for leg in each.legs)]
        names = directory(connection)
        bics = {each.initiator: names.get(each.initiator).bic for each in mine}
        bics |= {party: names.get(party).bic for each in mine for party in each.parties}
        accounts = {
            each.participant: each for each in accounts_of(connection) if each.asset == asset.id and each.open
        }
        stopped = _stopped(connection)
    by_name = {f"{bics[each.initiator]}-{each.sequence}": each for each in mine}
    barred = {
        name: reason
        for name, each in by_name.items()
        if (reason := _bar(each, accounts, stopped, now=now)) is not None
    }
    free = {name: each for name, each in by_name.items() if name not in barred}
    reading = LedgerReading(chain, contracts, mirrored.height)
    return Book(
        asset=asset,
        height=mirrored.height,
        queue=_queue(asset, free, accounts, bics, reading),
        waiting=by_name,
        barred=barred,
        bics=bics,
    )


def _stopped(connection: Connection) -> set[int]:
    query = select(participants.c.id).where(participants.c.suspended | participants.c.outgoing_stopped)
    return set(connection.scalars(query))


def _bar(each: Waiting, accounts: dict[int, MirroredAccount], stopped: set[int], *, now: int) -> str | None:
    """Return the ledger's gross rule that keeps an instruction from settling whatever money there is."""
    leg = each.legs[0]
    payer = accounts.get(leg.payer)
    rules = (
        ("SeveralLegs", len(each.legs) != 1),
        ("Held", bool(each.held)),
        ("NotYetValid", now < each.valid_from),
        ("Lapsed", 0 < each.valid_until < now),
        ("ParticipantStopped", leg.payer in stopped),
        ("AccountNotOpen", payer is None or leg.payee not in accounts),
        ("AccountFrozen", payer is not None and payer.frozen),
        ("InstructionLimit", payer is not None and leg.amount > payer.limit_instruction),
    )
    return next((name for name, bars in rules if bars), None)


def _queue(
    asset: Asset,
    free: dict[str, Waiting],
    accounts: dict[int, MirroredAccount],
    bics: dict[int, str],
    reading: LedgerReading,
) -> Queue:
    payments = [
        Payment(
            id=name,
            payer=bics[leg.payer],
            payee=bics[leg.payee],
            amount=leg.amount,
            urgent=leg.payer in each.urgent,
        )
        for name, each in free.items()
        for leg in each.legs
    ]
    legs = [each.legs[0] for each in free.values()]
    payers = {leg.payer for leg in legs}
    urgent_here = Counter(each.legs[0].payer for each in free.values() if each.legs[0].payer in each.urgent)
    payees: defaultdict[int, set[int]] = defaultdict(set)
    for leg in legs:
        payees[leg.payer].add(leg.payee)
    limits: list[BilateralLimit] = []
    made = []
    for participant in sorted(payers | {leg.payee for leg in legs}):
        if participant not in payers:
            balance = accounts[participant].balances[Bucket.AVAILABLE]
            made.append(Account(participant=bics[participant], balance=balance))
            continue
        on_chain = reading.account(asset.id, participant)
        made.append(_payers_account(bics[participant], on_chain, urgent_here[participant]))
        if on_chain.bilateral:
            limits += _limits(reading, asset, participant, sorted(payees[participant]), bics)
    return Queue(
        asset=asset.currency.code, accounts=tuple(made), payments=tuple(payments), limits=tuple(limits)
    )


def _payers_account(bic: str, on_chain: ChainAccount, urgent_here: int) -> Account:
    left = None if on_chain.per_day == AMOUNT_MAX else max(0, on_chain.per_day - on_chain.outflow)
    return Account(
        participant=bic,
        balance=on_chain.balance,
        reserve=on_chain.reserve,
        credit=on_chain.credit,
        outflow_left=left,
        urgent_elsewhere=max(0, on_chain.urgent_waiting - urgent_here),
    )


def _limits(
    reading: LedgerReading, asset: Asset, payer: int, payees: Sequence[int], bics: dict[int, str]
) -> Iterable[BilateralLimit]:
    for payee in payees:
        limit = reading.bilateral_limit(asset.id, payer, payee)
        if limit.is_set:
            left = limit.limit - limit.net
            yield BilateralLimit(payer=bics[payer], payee=bics[payee], left=left)
