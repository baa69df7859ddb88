"""Series of numbers without gaps: whoever takes some holds the series until the transaction ends."""

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from node.store.tables import counters

# Built once: they are asked several times in every request.
_TAKEN = select(counters.c.value).where(counters.c.name == bindparam("series"))
_ADD = (
    update(counters)
    .where(counters.c.name == bindparam("series"))
    .values(value=counters.c.value + bindparam("added"))
    .returning(counters.c.value)
)


def take_numbers(connection: Connection, series: str, count: int, *, above: int = 0) -> int:
    """Return the first of `count` consecutive numbers that nobody else gets; the first ever is 1.

    `above`: a number that was used without this store's knowledge; the series goes on after it.
    """
    last = _add(connection, series, count)
    if last - count < above:
        last = _add(connection, series, above - (last - count))
    return last - count + 1


def numbers_taken(connection: Connection, series: str) -> int:
    """Return the last number that was taken; 0 when none was."""
    last: int | None = connection.scalar(_TAKEN, {"series": series})
    return last or 0


def _add(connection: Connection, series: str, count: int) -> int:
    given = {"series": series, "added": count}
    last: int | None = connection.scalar(_ADD, given)
    if last is None:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(dialect.insert(counters).values(name=series, value=0).on_conflict_do_nothing())
        last = connection.execute(_ADD, given).scalar_one()
    return last
