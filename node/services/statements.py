"""Statements of an account over whole UTC days, as ISO 20022's camt.053 is written from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, Row, select

from node.chain.protocol import Chain
from node.clock import Clock
from node.errors import MirrorBehind, NotFound, PeriodRefused
from node.mirror.head import Head, head, height_before
from node.mirror.ledger import Line, Place, balance_at, lines
from node.mirror.levels import lowest_level
from node.mirror.registry import Asset, directory, registered_assets
from node.store.session import Store
from node.store.tables import accounts, instructions
from settlement.iso20022.definitions import TRANSFER
from settlement.participant import Directory
from settlement.statement import Entry, Statement, draw_up

DAYS_MAX = 366
ENTRIES_MAX = 100_000
_SEQUENCES_PER_QUERY = 5000
_SEQUENCE_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Whole UTC days; times in UTC seconds, both included."""

    first: date
    days: int
    from_time: int
    to_time: int


def statement(
    store: Store, chain: Chain, clock: Clock, *, owner: int, asset: int, first: date, last: date
) -> Statement:
    """Return the statement of what `owner` holds of `asset` for the UTC days `first` … `last`.

    Today's ends with the newest mirrored block, or now when there is no newer one. Raise `PeriodRefused`
    (not past, too long, too full), `NotFound` (no such account), `MirrorBehind` (blocks of the period are
    not mirrored yet).
    """
    with store.snapshot() as connection:
        mirrored = head(connection)
        if mirrored is None:
            raise MirrorBehind("nothing is mirrored yet; try again when the node has caught up")
        period = period_of(first, last, mirrored, chain, int(clock.now()))
        return _draw(connection, mirrored, period, owner=owner, asset=_asset(connection, owner, asset))


def period_of(first: date, last: date, mirrored: Head, chain: Chain, now: int) -> Period:
    """Return the period, today's cut at what is mirrored; raise `PeriodRefused`, `MirrorBehind`."""
    days = (last - first).days + 1
    if not 1 <= days <= DAYS_MAX:
        raise PeriodRefused(f"{first} to {last} is not a period of 1 to {DAYS_MAX} days", param="to")
    from_time, end = _midnight(first), _midnight(last + timedelta(days=1)) - 1
    if from_time > now:
        raise PeriodRefused(f"{first} has not begun (UTC)", param="from")
    to_time = min(end, max(now, mirrored.timestamp))
    if _is_incomplete(mirrored, chain, to_time):
        # Of a day that still runs the part that is mirrored can be told; of one that has ended only all.
        if end <= now or mirrored.timestamp < from_time:
            raise MirrorBehind(f"blocks up to {last} are not mirrored yet; try again when they are")
        to_time = mirrored.timestamp
    return Period(first=first, days=days, from_time=from_time, to_time=to_time)


def _is_incomplete(mirrored: Head, chain: Chain, to_time: int) -> bool:
    """Tell whether a final block that is not mirrored yet lies in the period."""
    if mirrored.timestamp > to_time or chain.final_height() <= mirrored.height:
        return False
    return chain.block(mirrored.height + 1).timestamp <= to_time


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())


def _asset(connection: Connection, owner: int, asset: int) -> Asset:
    query = select(accounts).where(accounts.c.asset == asset, accounts.c.participant == owner)
    found = [each for each in registered_assets(connection) if each.id == asset]
    if not found or connection.execute(query).first() is None:
        raise NotFound(f"participant {owner} has no account in asset {asset}", param="asset")
    return found[0]


def _draw(connection: Connection, mirrored: Head, period: Period, *, owner: int, asset: Asset) -> Statement:
    participants = directory(connection)
    before, until = (height_before(connection, at) for at in (period.from_time, period.to_time + 1))
    before, until = -1 if before is None else before, -1 if until is None else until
    place = Place(asset=asset.id, participant=owner)
    posted = lines(connection, place, above=before, until=until, limit=ENTRIES_MAX + 1)
    if len(posted) > ENTRIES_MAX:
        raise PeriodRefused(f"more than {ENTRIES_MAX} entries; ask for fewer days", param="to")
    return draw_up(
        # At most 35 characters (ISO 20022 Max35Text), and another one when more of today is mirrored.
        identification=f"{asset.id}-{owner}-{period.first:%y%m%d}-{period.days}-{mirrored.height}",
        owner=participants.get(owner),
        servicer=participants.get(asset.issuer),
        asset=asset.id,
        currency=asset.currency,
        from_time=period.from_time,
        to_time=period.to_time,
        height=mirrored.height,
        verification=lowest_level(connection, mirrored.height),
        opening=balance_at(connection, place, height=before),
        closing=balance_at(connection, place, height=until),
        entries=_entries(posted, participants, _own(connection, posted)),
    )


def _own(connection: Connection, posted: Iterable[Line]) -> dict[tuple[int | None, int | None], Row[Any]]:
    """Return this node's own instructions behind the postings, by initiator and sequence."""
    wanted: dict[int, list[int]] = {}
    for line in posted:
        # No node numbers above it: what does is a stranger's.
        if line.initiator is not None and line.sequence is not None and line.sequence <= _SEQUENCE_MAX:
            wanted.setdefault(line.initiator, []).append(line.sequence)
    columns = (instructions.c[name] for name in ("payer", "sequence", "uetr", "end_to_end_id", "document"))
    query = select(*columns)
    found: dict[tuple[int | None, int | None], Row[Any]] = {}
    for payer, sequences in wanted.items():
        sequences.sort()
        for start in range(0, len(sequences), _SEQUENCES_PER_QUERY):
            some = sequences[start : start + _SEQUENCES_PER_QUERY]
            # A payer numbers in turn: a range reads hardly more than its members, and is quicker asked for.
            within = instructions.c.sequence.between(some[0], some[-1])
            for row in connection.execute(query.where(instructions.c.payer == payer, within)):
                found[payer, row.sequence] = row
    return found


def _entries(
    posted: Iterable[Line],
    participants: Directory,
    own: Mapping[tuple[int | None, int | None], Row[Any]],
) -> Iterable[Entry]:
    for line in posted:
        instruction = own.get((line.initiator, line.sequence))
        document = orjson.loads(instruction.document) if instruction else None
        payment_ids = ((document or {}).get(TRANSFER) or {}).get("PmtId") or {}
        yield Entry(
            height=line.height,
            log_index=line.log_index,
            # Each movement is a debit and a credit.
            leg=line.line // 2,
            booked_at=line.timestamp,
            amount=line.amount,
            balance=line.balance,
            event=line.event,
            transaction_hash=line.transaction_hash,
            counterparty=participants.get(line.counterparty) if line.counterparty else None,
            uetr=instruction.uetr if instruction else None,
            end_to_end_id=instruction.end_to_end_id if instruction else None,
            instruction_id=payment_ids.get("InstrId"),
            transaction_id=payment_ids.get("TxId"),
            document=document,
        )
