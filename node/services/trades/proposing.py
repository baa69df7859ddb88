"""Proposing a trade: taken once, committed to its document, and brought on chain with this bank's consent."""

from dataclasses import dataclass
from http import HTTPStatus

import orjson
from sqlalchemy import Connection, insert, select

from node.chain.contracts import Contracts
from node.clock import Clock, Random
from node.errors import DuplicateUetr
from node.mirror.head import pinned
from node.services.accepted import SERIES, highest_on_chain, require_room
from node.services.actors import Actor
from node.services.answers import Answer, Request, once
from node.services.circumstances import own_participant
from node.services.identifiers import new_uetrs
from node.services.requests import validate_end_to_end_id
from node.services.settlement_times import deadline_of
from node.services.trades.acts import Act, enter
from node.services.trades.consent import need_for
from node.services.trades.requests import Parties, TradeRequest
from node.settings import Settings
from node.store.counters import take_numbers
from node.store.session import Store
from node.store.tables import instructions, trades
from settlement.approval import Need
from settlement.document import SALT_BYTES, commitment
from settlement.errors import InvalidTrade
from settlement.identifiers import validate_uetr
from settlement.trade import packed_legs, trade_of, validate_trade

_WORD_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedTrade:
    """What was taken: the trade's digest, its UETR, and why a second person has to consent first."""

    digest: bytes
    uetr: str
    reference: str
    need: Need | None

    def shown(self) -> bytes:
        """Return it as JSON."""
        return orjson.dumps(
            {
                "id": "0x" + self.digest.hex(),
                "uetr": self.uetr,
                "reference": self.reference,
                "need": None if self.need is None else self.need.value,
            }
        )


def propose(
    store: Store,
    settings: Settings,
    *,
    contracts: Contracts,
    clock: Clock,
    random: Random,
    request: Request,
    asked: TradeRequest,
    actor: Actor,
) -> Answer:
    """Take a trade that this bank proposes; the first answer again if it was taken before.

    Raise what is wrong with it: `InvalidTrade`, `AssetNotFound`, `DeadlineRefused`, `DuplicateUetr`, ….
    """
    uetr = new_uetrs(1, random)[0] if asked.uetr is None else validate_uetr(asked.uetr)
    validate_end_to_end_id(asked.reference)
    document, salt = asked.document(uetr), random.bytes(SALT_BYTES)

    def take(connection: Connection, at: int) -> ProposedTrade:
        # Taking none waits for whoever is accepting now.
        take_numbers(connection, SERIES, 0)
        require_room(connection, 1, outbox_max=settings.outbox_max)
        _require_new(connection, uetr)
        own, parties, chain = own_participant(connection, settings), Parties(connection), pinned(connection)
        legs = parties.legs(asked.legs)
        if own.id not in {party for leg in legs for party in (leg.payer, leg.payee)}:
            raise InvalidTrade("this bank pays nothing and is paid nothing in it", param="legs")
        sequence = take_numbers(connection, SERIES, 1, above=highest_on_chain(connection, own.id))
        trade = trade_of(
            initiator=own.id,
            sequence=sequence,
            valid_until=deadline_of(asked.deadline, now=at, seconds=settings.deadline_seconds),
            commitment=commitment(document, salt),
            legs=legs,
        )
        validate_trade(trade)
        need = need_for(
            connection, settings, parties, trade, own=own.id, urgent=asked.urgent,
            document=document.decode(), uetr=uetr, reference=asked.reference, at=at,
        )  # fmt: skip
        digest = trade.digest(chain_id=chain.chain_id, ledger=chain.ledger)
        connection.execute(
            insert(trades).values(
                digest=digest, initiator=own.id, sequence=sequence,
                head=trade.head.to_bytes(_WORD_BYTES, "big"), commitment=trade.commitment,
                legs=packed_legs(legs), document=document.decode(), salt=salt, uetr=uetr,
                reference=asked.reference, created_at=at, created_by=actor.id,
            )
        )  # fmt: skip
        enter(
            connection, contracts, digest, trade, Act.PROPOSE,
            actor=actor, at=at, urgent=asked.urgent, need=need,
        )  # fmt: skip
        return ProposedTrade(digest=digest, uetr=uetr, reference=asked.reference, need=need)

    return once(store, clock, request, take, ProposedTrade.shown, status=HTTPStatus.ACCEPTED)


def _require_new(connection: Connection, uetr: str) -> None:
    for table in (trades, instructions):
        if connection.scalar(select(table.c.uetr).where(table.c.uetr == uetr)) is not None:
            raise DuplicateUetr(f"the UETR {uetr} was accepted before", param="uetr")
