"""The liquidity report of this node's bank: what it had, how deep it went, when it paid."""

from datetime import UTC, date, datetime, time, timedelta

from node.chain.protocol import Chain
from node.clock import Clock
from node.mirror.credit import credit_at
from node.mirror.head import height_before
from node.mirror.ledger import Place
from node.services.reports import own_statement
from node.settings import Settings
from node.store.session import Store
from settlement.export import Export
from settlement.intraday import liquidity_report


def own_liquidity(
    store: Store, settings: Settings, chain: Chain, clock: Clock, *, code: str, first: date, last: date
) -> Export:
    """Return the liquidity report of whole UTC days in a currency; raise what `own_statement` raises."""
    statement = own_statement(store, settings, chain, clock, code=code, first=first, last=last)
    place = Place(asset=statement.asset, participant=statement.owner.id)
    credit = {}
    with store.snapshot() as connection:
        for offset in range((last - first).days + 1):
            day = first + timedelta(days=offset)
            before = height_before(connection, int(datetime.combine(day, time(), UTC).timestamp()))
            credit[day] = 0 if before is None else credit_at(connection, place, height=before)
    return liquidity_report(statement, credit)
