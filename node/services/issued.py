"""The issuer's report: the supply of each money it issues, what came and went, what waits to be redeemed."""

from collections.abc import Iterator, Mapping
from datetime import date

from sqlalchemy import Connection, func, select

from node.chain.protocol import Chain
from node.clock import Clock
from node.errors import MirrorBehind, NotFound
from node.mirror.head import head, height_before
from node.mirror.ledger import Place, balance_at
from node.mirror.levels import lowest_level
from node.mirror.registry import Asset, registered_assets
from node.services.circumstances import own_participant
from node.services.redemptions import pending_redemptions
from node.services.statements import Period, period_of
from node.settings import Settings
from node.store.session import Store
from node.store.tables import events, postings
from settlement.export import Cell, Column, Export, Kind
from settlement.money import decimal_text
from settlement.posting import Bucket
from settlement.statement_table import moment

_COLUMNS = (
    Column(name="asset", kind=Kind.COUNT),
    Column(name="currency"),
    Column(name="record"),
    Column(name="holder"),
    Column(name="sequence"),
    Column(name="since"),
    Column(name="amount", kind=Kind.AMOUNT),
)


def issuer_report(
    store: Store, settings: Settings, chain: Chain, clock: Clock, *, first: date, last: date
) -> Export:
    """Return what this node's bank issues: supply at start and end, issued, redeemed, and waiting now.

    Raise `NotFound` when it issues nothing, `PeriodRefused`, `MirrorBehind`.
    """
    with store.snapshot() as connection:
        mirrored = head(connection)
        if mirrored is None:
            raise MirrorBehind("nothing is mirrored yet; try again when the node has caught up")
        own = own_participant(connection, settings)
        period = period_of(first, last, mirrored, chain, int(clock.now()))
        assets = {asset.id: asset for asset in registered_assets(connection) if asset.issuer == own.id}
        if not assets:
            raise NotFound(f"{own.bic} issues no asset")
        moved = [row for asset in assets.values() for row in _moved(connection, asset, period)]
        level = lowest_level(connection, mirrored.height)
        waiting = list(_waiting(store, own.id, assets))
    return Export(
        title="issuer",
        filters={"issuer": own.bic, "from": moment(period.from_time), "to": moment(period.to_time)},
        height=mirrored.height,
        verification=level,
        columns=_COLUMNS,
        rows=(*moved, *waiting),
        totals=_totals(assets, (*moved, *waiting)),
    )


def _moved(connection: Connection, asset: Asset, period: Period) -> Iterator[tuple[Cell, ...]]:
    """Yield supply before, issued, redeemed and supply after: the first with the next two makes the last."""
    before, until = (height_before(connection, at) for at in (period.from_time, period.to_time + 1))
    before, until = -1 if before is None else before, -1 if until is None else until
    place = Place(asset=asset.id, participant=asset.issuer, bucket=Bucket.ISSUED)
    sums = (
        select(events.c.name, func.sum(postings.c.amount))
        .join(events, (events.c.height == postings.c.height) & (events.c.log_index == postings.c.log_index))
        .where(
            postings.c.asset == asset.id,
            postings.c.participant == asset.issuer,
            postings.c.bucket == Bucket.ISSUED.value,
            postings.c.height > before,
            postings.c.height <= until,
        )
        .group_by(events.c.name)
    )
    by_event = {name: int(total) for name, total in connection.execute(sums)}
    for record, amount in (
        ("supply at start", -balance_at(connection, place, height=before)),
        ("issued", -by_event.get("Issued", 0)),
        ("redeemed", by_event.get("Redeemed", 0)),
        ("supply at end", -balance_at(connection, place, height=until)),
    ):
        yield _row(asset, record, amount)


def _waiting(store: Store, issuer: int, assets: Mapping[int, Asset]) -> Iterator[tuple[Cell, ...]]:
    for each in pending_redemptions(store, issuer):
        terms = each.terms
        if terms.payee == issuer and terms.asset in assets:
            request = (each.holder.bic, str(terms.sequence), moment(each.requested_at))
            yield _row(assets[terms.asset], "pending redemption", terms.amount, request)


def _row(
    asset: Asset, record: str, amount: int, request: tuple[str | None, ...] = (None, None, None)
) -> tuple[Cell, ...]:
    money = asset.currency
    return (asset.id, money.code, record, *request, decimal_text(amount, money))


def _totals(assets: Mapping[int, Asset], rows: tuple[tuple[Cell, ...], ...]) -> dict[str, str]:
    found = {}
    for asset in assets.values():
        money = asset.currency
        for record in ("supply at end", "pending redemption"):
            units = [
                int(str(row[-1]).replace(".", "")) for row in rows if (row[0], row[2]) == (asset.id, record)
            ]
            found[f"{record} {money.code} of asset {asset.id}"] = decimal_text(sum(units), money)
    return found
