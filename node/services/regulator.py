"""The regulator's extract: every movement of value of some UTC days, whoever's, as the chain has it."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from node.chain.protocol import Chain
from node.clock import Clock
from node.errors import MirrorBehind, PeriodRefused
from node.mirror.head import head, height_before
from node.mirror.levels import lowest_level
from node.mirror.registry import Asset, asset_of_currency, directory, registered_assets
from node.mirror.words import unsigned
from node.services.statements import Period, period_of
from node.store.session import Store
from node.store.tables import blocks, events, postings, receipts
from settlement.export import Cell, Column, Export, Kind
from settlement.money import currency, decimal_text
from settlement.participant import Directory
from settlement.statement_table import moment

ROWS_MAX = 100_000
_COLUMNS = (
    Column(name="reference"),
    Column(name="settled_at"),
    Column(name="event"),
    Column(name="asset", kind=Kind.COUNT),
    Column(name="currency"),
    Column(name="payer"),
    Column(name="payee"),
    Column(name="amount", kind=Kind.AMOUNT),
    Column(name="initiator"),
    Column(name="sequence"),
    Column(name="transaction_hash"),
)


def regulator_extract(
    store: Store, chain: Chain, clock: Clock, *, code: str | None, first: date, last: date
) -> Export:
    """Return every leg that settled in whole UTC days, in one currency or in all; no document is in it.

    In a netting cycle each member's net is a row that names it alone. Raise `PeriodRefused` (too many rows),
    `UnknownCurrency`, `AssetNotFound`, `MirrorBehind`.
    """
    with store.snapshot() as connection:
        mirrored = head(connection)
        if mirrored is None:
            raise MirrorBehind("nothing is mirrored yet; try again when the node has caught up")
        period = period_of(first, last, mirrored, chain, int(clock.now()))
        wanted = registered_assets(connection)
        if code is not None:
            wanted = [asset_of_currency(connection, currency(code))]
        assets = {asset.id: asset for asset in wanted}
        legs = _legs(connection, assets, period)
        participants = directory(connection)
        level = lowest_level(connection, mirrored.height)
    filters = {"currency": code or "all", "from": moment(period.from_time), "to": moment(period.to_time)}
    totals: defaultdict[int, int] = defaultdict(int)
    for leg in legs:
        totals[leg.asset] += abs(leg.amount)
    return Export(
        title="regulator",
        filters=filters,
        height=mirrored.height,
        verification=level,
        columns=_COLUMNS,
        rows=tuple(_row(leg, assets[leg.asset], participants) for leg in legs),
        totals={
            f"{assets[asset].currency.code} of asset {asset}": decimal_text(total, assets[asset].currency)
            for asset, total in sorted(totals.items())
        },
    )


def _legs(connection: Connection, assets: dict[int, Asset], period: Period) -> list[Any]:
    """Return the debit of each leg, and of a cycle each member's posting, in the order of the chain."""
    before, until = (height_before(connection, at) for at in (period.from_time, period.to_time + 1))
    query = (
        select(
            postings,
            blocks.c.timestamp,
            events.c.name,
            events.c.initiator,
            events.c.sequence,
            receipts.c.hash,
        )
        .join(blocks, blocks.c.height == postings.c.height)
        .join(events, and_(events.c.height == postings.c.height, events.c.log_index == postings.c.log_index))
        .join(
            receipts,
            and_(
                receipts.c.height == events.c.height,
                receipts.c.transaction_index == events.c.transaction_index,
            ),
        )
        .where(
            postings.c.height > (-1 if before is None else before),
            postings.c.height <= (-1 if until is None else until),
            postings.c.asset.in_(assets),
            or_(postings.c.amount < 0, events.c.name == "CycleSettled"),
        )
        .order_by(postings.c.height, postings.c.log_index, postings.c.line)
        .limit(ROWS_MAX + 1)
    )
    found = list(connection.execute(query))
    if len(found) > ROWS_MAX:
        raise PeriodRefused(f"more than {ROWS_MAX} rows: ask for fewer days or one currency", param="until")
    return found


def _row(leg: Any, asset: Asset, participants: Directory) -> tuple[Cell, ...]:
    own, other = leg.participant, leg.counterparty
    payer, payee = (own, other) if leg.amount < 0 else (other, own)
    return (
        _reference(leg),
        moment(leg.timestamp),
        leg.name,
        leg.asset,
        asset.currency.code,
        *_names(participants, payer, payee),
        decimal_text(abs(leg.amount), asset.currency),
        None if leg.initiator is None else str(leg.initiator),
        None if leg.sequence is None else str(unsigned(leg.sequence)),
        "0x" + leg.hash.hex(),
    )


def _reference(leg: Any) -> str:
    """Return block and log, and which leg of it; in a cycle, which is no pairs, which line."""
    part = leg.line // 2 if leg.counterparty else leg.line
    return f"{leg.height}-{leg.log_index}" + (f".{part}" if part else "")


def _names(participants: Directory, *ids: int) -> Iterator[str | None]:
    for each in ids:
        yield participants.get(each).bic or str(each) if each else None
