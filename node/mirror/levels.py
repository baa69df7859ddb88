"""How much of each mirrored block was checked: told with everything that is drawn up from the mirror."""

from enum import StrEnum

from sqlalchemy import Connection, insert, select

from node.store.tables import verification_levels


class Level(StrEnum):
    """How much of a block is checked. Parent hashes always are."""

    FULL = "full"  # the header by its hash, all transactions and receipts by its roots, the seals
    HEADERS = "headers"  # the header by its hash, and the seals
    OFF = "off"  # the RPC node is believed


# From the most to the least that is checked.
_ORDER = tuple(Level)


def record_level(connection: Connection, height: int, level: Level) -> None:
    """Remember how blocks are checked from this one on; nothing to remember when the ones before were so."""
    levels = verification_levels
    newest = connection.scalar(select(levels.c.level).order_by(levels.c.height.desc()).limit(1))
    if newest != level.value:
        connection.execute(insert(levels).values(height=height, level=level.value))


def lowest_level(connection: Connection, until: int) -> Level:
    """Return how much was checked of every block up to this one: a balance rests on all of them."""
    levels = verification_levels
    found = connection.scalars(select(levels.c.level).where(levels.c.height <= until).distinct())
    return max((Level(level) for level in found), key=_ORDER.index, default=Level.OFF)
