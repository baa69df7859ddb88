"""Trades as people see them: one with the matching, many by page; names in place of numbers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from node.clock import Clock
from node.errors import NotFound
from node.mirror.parties import proposed_to
from node.mirror.registry import directory
from node.services.administration import call_state
from node.services.circumstances import own_participant
from node.services.filters import InvalidCursor
from node.services.payments import patience_of
from node.services.timeline import Entry
from node.services.trades.acts import Taken
from node.services.trades.affirming import require_standing
from node.services.trades.expectations import MatchedExpectation, best_match
from node.services.trades.liquid import foreseen
from node.services.trades.requests import Parties
from node.services.trades.view import Standing, standings
from node.settings import Settings
from node.store.session import Store
from node.store.tables import trade_parties, trades
from settlement.lifecycle import State
from settlement.participant import Directory

PAGE_ROWS_MAX = 200
_ID = re.compile(r"0x[0-9a-f]{64}", re.ASCII)
_CURSOR = re.compile(r"([0-9]{1,15})-([0-9]{1,9})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLeg:
    """A leg: who pays whom, by BIC; amount in minor units of the asset's currency."""

    asset: int
    currency: str
    payer: str
    payee: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAct:
    """What this bank asked for, and how far that is (`node.services.administration.CallProgress`)."""

    act: str
    state: str
    reason: str | None
    need: str | None
    entered_by: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTrade:
    """A trade as it is shown. Participants by BIC, times in UTC seconds, 0 is none.

    `state` is the public word. `consents`: who has consented, `awaits`: whose consent is missing, `cancels`:
    who asked that it ends. `need` and `approval_digest`: of what waits for a second person here. `foreseen`:
    where it would stand with every consent, by the money there is now.
    """

    id: str
    state: str
    reason: str | None
    initiator: str
    sequence: int
    legs: tuple[ShownLeg, ...]
    valid_until: int
    commitment: bytes
    consents: tuple[str, ...]
    awaits: tuple[str, ...]
    cancels: tuple[str, ...]
    urgent: bool
    uetr: str | None
    reference: str | None
    created_at: int
    need: str | None
    approval_digest: bytes | None
    entered_by: str | None
    foreseen: str | None
    acts: tuple[ShownAct, ...]
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeHistory:
    """A trade with what was expected, everything that happened to it, and its document where it is known."""

    trade: ShownTrade
    matched: MatchedExpectation | None
    timeline: Sequence[Entry]
    document: str | None
    names: Directory

    def named(self, field: str, value: int | None) -> str | None:
        """Return what is compared in a field: a BIC for a participant, else the number."""
        if value is None:
            return None
        return self.names.get(value).bic if field in ("payer", "payee") else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class TradePage:
    """Trades, newest first; `cursor` leads to the next page."""

    trades: tuple[ShownTrade, ...]
    cursor: str | None


def trade_digest(identifier: str) -> bytes:
    """Return the digest that a trade's id is; raise `NotFound` for what is none."""
    if not _ID.fullmatch(identifier):
        raise NotFound(f"no trade has the id {identifier!r}: it is 0x and 64 hexadecimal digits")
    return bytes.fromhex(identifier.removeprefix("0x"))


def get_trade(store: Store, settings: Settings, clock: Clock, digest: bytes) -> TradeHistory:
    """Return one trade with its matching; raise `NotFound`."""
    with store.snapshot() as connection:
        found = require_standing(connection, settings, clock, digest)
        own = own_participant(connection, settings)
        names = _Names(connection)
        foreign = found.trade.initiator != own.id
        return TradeHistory(
            trade=names.shown(found, own=own.id, outlook=_foreseen(connection, found)),
            matched=best_match(connection, found.trade) if foreign else None,
            timeline=found.timeline,
            document=None if found.own is None else found.own["document"],
            names=names.directory,
        )


def list_trades(
    store: Store, settings: Settings, clock: Clock, *, cursor: str | None = None, limit: int
) -> TradePage:
    """Return the trades this bank is a party to, newest first; what is not on chain yet comes before all.

    Raise `InvalidCursor`.
    """
    limit = max(1, min(limit, PAGE_ROWS_MAX))
    before = None if cursor is None else _place(cursor)
    with store.snapshot() as connection:
        own = own_participant(connection, settings)
        unsent = _unsent(connection, limit) if before is None else []
        places = proposed_to(connection, own.id, before=before, limit=limit - len(unsent) + 1)
        more = len(places) > limit - len(unsent)
        places = places[: limit - len(unsent)]
        digests = [*unsent, *(place.digest for place in places)]
        found = standings(connection, digests, patience=patience_of(settings), now=clock.now())
        by_digest = {each.digest: each for each in found}
        names = _Names(connection)
        shown = tuple(names.shown(by_digest[digest], own=own.id) for digest in digests)
    last = f"{places[-1].height}-{places[-1].log_index}" if places else "999999999999999-0"
    return TradePage(trades=shown, cursor=last if more else None)


def _place(cursor: str) -> tuple[int, int]:
    read = _CURSOR.fullmatch(cursor)
    if read is None:
        raise InvalidCursor(f"{cursor!r} is no cursor of this list", param="cursor")
    return int(read[1]), int(read[2])


def _unsent(connection: Connection, limit: int) -> list[bytes]:
    """Return the newest of this bank's trades that the chain has not told of."""
    told = select(trade_parties.c.digest).where(trade_parties.c.digest == trades.c.digest)
    query = (
        select(trades.c.digest).where(~told.exists()).order_by(trades.c.created_at.desc(), trades.c.digest)
    )
    return list(connection.scalars(query.limit(limit)))


def _foreseen(connection: Connection, found: Standing) -> str | None:
    """Return where it would stand if everybody consented now; None where that is past."""
    if found.state.final or found.state in (State.QUEUED, State.HELD):
        return None
    return foreseen(connection, found).value


class _Names:
    """Names in place of numbers, at one moment."""

    def __init__(self, connection: Connection) -> None:
        self.directory = directory(connection)
        self._assets = Parties(connection).assets

    def shown(self, found: Standing, *, own: int, outlook: str | None = None) -> ShownTrade:
        """Return a trade as it is shown."""
        waiting, row = found.waiting, found.own
        return ShownTrade(
            id="0x" + found.digest.hex(),
            state=found.state.shown,
            reason=found.reason,
            initiator=self._bic(found.trade.initiator),
            sequence=found.trade.sequence,
            legs=tuple(
                ShownLeg(
                    asset=leg.asset,
                    currency=self._assets[leg.asset].currency.code if leg.asset in self._assets else "",
                    payer=self._bic(leg.payer),
                    payee=self._bic(leg.payee),
                    amount=leg.amount,
                )
                for leg in found.trade.legs
            ),
            valid_until=found.trade.valid_until,
            commitment=found.trade.commitment,
            consents=self._bics(found.consents),
            awaits=self._bics(found.awaits),
            cancels=self._bics(found.cancels),
            urgent=own in found.urgent,
            uetr=None if row is None else row["uetr"],
            reference=None if row is None else row["reference"],
            created_at=found.created_at,
            need=None if waiting is None else waiting.need,
            approval_digest=found.subject if waiting else None,
            entered_by=None if waiting is None else waiting.entered_by,
            foreseen=outlook,
            acts=tuple(_act(taken) for taken in found.acts),
            version=found.version,
        )

    def _bics(self, participants: Sequence[int] | frozenset[int]) -> tuple[str, ...]:
        return tuple(self._bic(each) for each in sorted(participants))

    def _bic(self, participant: int) -> str:
        return self.directory.get(participant).bic


def _act(taken: Taken) -> ShownAct:
    attempt = taken.attempt
    return ShownAct(
        act=taken.act.value,
        state="held" if attempt.held else call_state(attempt),
        reason=attempt.refusal or attempt.error or taken.reason,
        need=taken.need,
        entered_by=taken.entered_by,
        at=taken.created_at,
    )
