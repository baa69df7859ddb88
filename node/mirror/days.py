"""In which business day something settled: the number that the chain counts, and the date it is called by."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, literal_column, select

from node.mirror.instructions import Outcome
from node.mirror.registry import Asset
from node.store.tables import blocks, events
from settlement.asset import DayRule
from settlement.events import WORD_BYTES
from settlement.instruction import keccak

_TOPIC = keccak(b"DayClosed(uint32,uint32)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A business day. `number`: how many were closed before it; `date` (ISO 8601): None until it is closed.

    Where the day ends at midnight UTC there is no number, and the date is the calendar's.
    """

    number: int | None
    date: str | None


NO_DAY = Day(number=None, date=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Closing:
    at: tuple[int, int]
    day: int
    timestamp: int


class Days:
    """The business days in which some events happened, looked up together."""

    def __init__(
        self, connection: Connection, assets: Mapping[int, Asset], settling: Iterable[Outcome]
    ) -> None:
        first = min((each.height for each in settling), default=None)
        closed = [each for each in assets.values() if each.day_rule is DayRule.BUSINESS_DAY]
        topics = {_TOPIC + each.id.to_bytes(WORD_BYTES, "big"): each.id for each in closed}
        self._closings: dict[int, list[_Closing]] = {each.id: [] for each in closed}
        if first is None or not topics:
            return
        query = (
            select(events.c.height, events.c.log_index, events.c.topics, events.c.data, blocks.c.timestamp)
            .join(blocks, blocks.c.height == events.c.height)
            # Said in full, so that the index of few rows is used.
            .where(events.c.name == literal_column("'DayClosed'"), events.c.topics.in_(topics))
            .where(events.c.height >= first)
            .order_by(events.c.height, events.c.log_index)
        )
        for row in connection.execute(query):
            closing = _Closing(
                at=(row.height, row.log_index),
                day=int.from_bytes(row.data[:WORD_BYTES], "big"),
                timestamp=row.timestamp,
            )
            self._closings[topics[row.topics]].append(closing)

    def of(self, asset: Asset, settled: Outcome) -> Day:
        """Return the day of an asset in which an event happened."""
        if asset.day_rule is DayRule.UTC_DAY:
            return Day(number=None, date=_date(settled.timestamp))
        closings = self._closings[asset.id]
        place = bisect_right(closings, (settled.height, settled.log_index), key=lambda each: each.at)
        if place == len(closings):
            return Day(number=asset.business_day, date=None)
        return Day(number=closings[place].day, date=_date(closings[place].timestamp))


def _date(timestamp: int) -> str:
    return datetime.fromtimestamp(timestamp, UTC).date().isoformat()
