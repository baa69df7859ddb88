"""The queue as an officer sees it: what this bank waits to pay and to be paid, and what each waits for."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from node.chain.contracts import Contracts
from node.chain.protocol import Chain
from node.clock import Clock
from node.mirror.instructions import InstructionKey
from node.mirror.queue import Waiting
from node.mirror.registry import asset_of_currency
from node.services.circumstances import own_participant
from node.services.queue.book import Book, read_book
from node.settings import Settings
from node.store.session import Store
from node.store.tables import instructions
from settlement.liquidity.obstacles import Obstacle, obstacles
from settlement.liquidity.queue import Account
from settlement.money import currency
from settlement.participant import Participant

_IDS_PER_QUERY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedPayment:
    """One that waits. Amounts in minor units, times in UTC seconds, 0 is none.

    `position` in the whole queue, from 1. `reason` by the contract's name; `waits_for` a BIC; `short` how
    much it lacks, None where no amount would do. Without a reason it settles with the next run.
    """

    name: str
    payment_id: str | None
    position: int
    payer: str
    payee: str
    amount: int
    urgent: bool
    held: bool
    queued_at: int
    valid_from: int
    valid_until: int
    reason: str | None
    waits_for: str | None
    short: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """This bank's part of a currency's queue. `account` None: it pays nothing there and holds no account."""

    currency: str
    height: int
    waiting: int
    account: Account | None
    outgoing: tuple[QueuedPayment, ...]
    incoming: tuple[QueuedPayment, ...]


def view_queue(
    store: Store, settings: Settings, chain: Chain, contracts: Contracts, clock: Clock, *, code: str
) -> QueueView:
    """Return what waits of this node's bank in a currency, as of the mirror's head.

    Raise `AssetNotFound`, `UnknownCurrency`, `MirrorBehind`.
    """
    with store.snapshot() as connection:
        asset = asset_of_currency(connection, currency(code))
        own = own_participant(connection, settings)
    book = read_book(store, chain, contracts, asset, now=int(clock.now()))
    mine = {name: each for name, each in book.waiting.items() if own.id in each.parties}
    with store.snapshot() as connection:
        ids = _ids(connection, own, mine)
    reasons = obstacles(book.queue)
    shown = [
        _shown(book, name, each, reasons.get(name), ids.get((each.initiator, each.sequence)))
        for name, each in mine.items()
        if len(each.legs) == 1
    ]
    return QueueView(
        currency=code,
        height=book.height,
        waiting=len(book.waiting),
        account=next((each for each in book.queue.accounts if each.participant == own.bic), None),
        outgoing=tuple(each for each in shown if each.payer == own.bic),
        incoming=tuple(each for each in shown if each.payer != own.bic),
    )


def _ids(connection: Connection, own: Participant, mine: Mapping[str, Waiting]) -> dict[InstructionKey, str]:
    """Return the ids of this bank's own payments."""
    wanted = [each.sequence for each in mine.values() if each.initiator == own.id]
    found: dict[InstructionKey, str] = {}
    for first in range(0, len(wanted), _IDS_PER_QUERY):
        query = select(instructions.c.sequence, instructions.c.id).where(
            instructions.c.payer == own.id,
            instructions.c.sequence.in_(wanted[first : first + _IDS_PER_QUERY]),
        )
        found |= {(own.id, sequence): identifier for sequence, identifier in connection.execute(query)}
    return found


def _shown(
    book: Book, name: str, each: Waiting, obstacle: Obstacle | None, payment_id: str | None
) -> QueuedPayment:
    leg = each.legs[0]
    return QueuedPayment(
        name=name,
        payment_id=payment_id,
        position=each.position,
        payer=book.bics[leg.payer],
        payee=book.bics[leg.payee],
        amount=leg.amount,
        urgent=leg.payer in each.urgent,
        held=bool(each.held),
        queued_at=each.queued_at,
        valid_from=each.valid_from,
        valid_until=each.valid_until,
        reason=book.barred.get(name) or (None if obstacle is None else obstacle.breach.value),
        waits_for=None if obstacle is None else obstacle.waits_for,
        short=None if obstacle is None or not obstacle.short else obstacle.short,
    )
