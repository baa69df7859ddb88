"""Who was refused at the door: counted by hour, in memory first, so that a flood costs the store nothing.

Each refusal is in the log, too. Beyond `ROWS_PER_HOUR_MAX` different ones in an hour, further ones are
counted in one row of the others; beyond `ROWS_MAX` rows the oldest hours leave.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from node.clock import Clock
from node.store.counters import take_numbers
from node.store.session import Store
from node.store.tables import refusals

ROWS_PER_HOUR_MAX = 1000
ROWS_MAX = 100_000
_PENDING_MAX = 1000
_HOUR_SECONDS = 3600
_TEXT_CHARACTERS_MAX = 200
_SERIES = "refusals"
_OTHERS = "others"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What was refused, and to whom; `actor` is empty when nobody known asked."""

    code: str
    actor: str
    method: str
    route: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The refusals of one hour that are alike. Times in UTC seconds."""

    hour: int
    code: str
    actor: str
    method: str
    route: str
    address: str
    count: int
    last_at: int
    last_request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Count:
    count: int
    last_at: int
    last_request: str


_Key = tuple[int, Refused]
_NOBODY = Refused(code=_OTHERS, actor="", method="", route="", address="")


class RefusalBook:
    """Takes refusals at any rate; `flush` brings their counts to the store."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._pending: dict[_Key, _Count] = {}

    def note(self, clock: Clock, refused: Refused, *, request_id: str) -> None:
        """Count one, in memory."""
        now = int(clock.now())
        hour = now - now % _HOUR_SECONDS
        with self._lock:
            key = (hour, refused)
            if key not in self._pending and len(self._pending) >= _PENDING_MAX:
                key = (hour, _NOBODY)
            known = self._pending.get(key)
            count = 1 if known is None else known.count + 1
            self._pending[key] = _Count(count=count, last_at=now, last_request=request_id)

    def flush(self, store: Store) -> int:
        """Write what was counted since the last time; return how many rows.

        A store that is away gets it later.
        """
        with self._lock:
            pending, self._pending = self._pending, {}
        if not pending:
            return 0
        try:
            with store.transaction() as connection:
                _write(connection, pending)
        except BaseException:
            self._take_back(pending)
            raise
        return len(pending)

    def _take_back(self, pending: Mapping[_Key, _Count]) -> None:
        with self._lock:
            for (hour, refused), counted in pending.items():
                room = (hour, refused) in self._pending or len(self._pending) < _PENDING_MAX
                key = (hour, refused if room else _NOBODY)
                newer = self._pending.get(key)
                self._pending[key] = (
                    counted if newer is None else replace(newer, count=newer.count + counted.count)
                )


def list_refusals(store: Store, *, limit: int) -> list[Refusal]:
    """Return refusals, the newest hour first, in it the most frequent first."""
    query = select(refusals).order_by(
        refusals.c.hour.desc(), refusals.c.count.desc(), *list(refusals.primary_key)[1:]
    )
    with store.snapshot() as connection:
        rows = connection.execute(query.limit(limit)).mappings().all()
    return [Refusal(**row) for row in rows]


def _write(connection: Connection, pending: Mapping[_Key, _Count]) -> None:
    # Another process of this node writes after this one, not between.
    take_numbers(connection, _SERIES, 0)
    for (hour, refused), counted in pending.items():
        if not _added(connection, hour, refused, counted):
            free = _rows(connection, hour) < ROWS_PER_HOUR_MAX
            kept = refused if free else _NOBODY
            if free or not _added(connection, hour, kept, counted):
                _insert(connection, hour, kept, counted)
    _prune(connection)


def _added(connection: Connection, hour: int, refused: Refused, counted: _Count) -> bool:
    same = and_(*(refusals.c[name] == value for name, value in _named(hour, refused).items()))
    done = connection.execute(
        update(refusals)
        .where(same)
        .values(
            count=refusals.c.count + counted.count,
            last_at=counted.last_at,
            last_request=counted.last_request,
        )
    )
    return done.rowcount == 1


def _insert(connection: Connection, hour: int, refused: Refused, counted: _Count) -> None:
    values = {"count": counted.count, "last_at": counted.last_at, "last_request": counted.last_request}
    connection.execute(insert(refusals).values(**_named(hour, refused), **values))


def _named(hour: int, refused: Refused) -> dict[str, object]:
    texts = {name: getattr(refused, name)[:_TEXT_CHARACTERS_MAX] for name in Refused.__slots__}
    return {"hour": hour, **texts}


def _rows(connection: Connection, hour: int) -> int:
    return connection.scalar(select(func.count()).where(refusals.c.hour == hour)) or 0


def _prune(connection: Connection) -> None:
    count = connection.scalar(select(func.count()).select_from(refusals)) or 0
    if count > ROWS_MAX:
        oldest = select(func.min(refusals.c.hour)).scalar_subquery()
        connection.execute(delete(refusals).where(refusals.c.hour == oldest))
