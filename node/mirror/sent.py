"""What was to be paid of an asset in some blocks, when each first came, and what still waits after them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, and_, or_, select

from node.mirror.instructions import InstructionKey
from node.mirror.queue import Waiting, told_until
from node.mirror.words import unsigned
from node.store.tables import blocks, events, postings
from settlement.events import WORD_BYTES
from settlement.instruction import terms_from_word
from settlement.posting import ENTRIES, SETTLING, Bucket
from settlement.recognition import QUEUE, UNSETTLED

# These move from one bank's available money to another's; all else moves it in or out.
_BETWEEN = frozenset({"Paid", "Settled", "MovedByCourtOrder"})
# Height, log index, time.
_Came: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Available money that goes from one participant to another; 0 is nobody, outside of all accounts.

    `height`, `log_index` and `timestamp` (UTC seconds) say when it came: where it waited, when it queued.
    `reference`: `<initiator>/<sequence>` of a payment, else the event's; a further leg has `.1`, `.2`, ….
    """

    height: int
    log_index: int
    timestamp: int
    reference: str
    payer: int
    payee: int
    amount: int
    urgent: bool


def movements(connection: Connection, asset: int, *, above: int, until: int, limit: int) -> list[Movement]:
    """Return what moved in the blocks `above` < height ≤ `until` and what waits after them, as it came.

    At most `limit` that moved. What was cancelled or expired by then, or is held, is left out.
    """
    rows = list(connection.execute(_moved(asset, above, until).limit(limit)))
    waited = _waited(connection, above, until)
    settled = {(row.initiator, row.sequence) for row in rows if row.name == "Settled"}
    stories = told_until(connection, settled | waited.keys(), until=until)
    found = [_movement(row, stories, waited) for row in rows if row.name not in _BETWEEN or row.amount < 0]
    for key, came in waited.items():
        if key not in settled and not stories[key].held:
            found += _left(stories[key], came, asset)
    return sorted(found, key=lambda each: (each.height, each.log_index))


def _moved(asset: int, above: int, until: int) -> Any:
    return (
        select(
            postings,
            blocks.c.timestamp,
            events.c.name,
            events.c.initiator,
            events.c.sequence,
            events.c.data,
        )
        .join(blocks, blocks.c.height == postings.c.height)
        .join(events, and_(events.c.height == postings.c.height, events.c.log_index == postings.c.log_index))
        .where(
            postings.c.asset == asset,
            postings.c.bucket == Bucket.AVAILABLE.value,
            postings.c.height > above,
            postings.c.height <= until,
            # Of a pair the debit says all.
            or_(postings.c.amount < 0, events.c.name.not_in(_BETWEEN)),
        )
        .order_by(postings.c.height, postings.c.log_index, postings.c.line)
    )


def _waited(connection: Connection, above: int, until: int) -> dict[InstructionKey, _Came]:
    """Return when each entered the queue that waited in these blocks and did not end unsettled in them."""
    ending = events.alias()
    ended = (
        select(ending.c.height)
        .where(
            ending.c.initiator == events.c.initiator,
            ending.c.sequence == events.c.sequence,
            or_(
                and_(ending.c.name.in_(UNSETTLED | SETTLING), ending.c.height <= above),
                and_(ending.c.name.in_(UNSETTLED), ending.c.height <= until),
            ),
        )
        .exists()
    )
    query = (
        select(events.c.initiator, events.c.sequence, events.c.height, events.c.log_index, blocks.c.timestamp)
        .join(blocks, blocks.c.height == events.c.height)
        .where(events.c.contract == QUEUE, events.c.name == "Queued", events.c.height <= until, ~ended)
    )
    return {
        (initiator, sequence): (height, log_index, timestamp)
        for initiator, sequence, height, log_index, timestamp in connection.execute(query)
    }


def _movement(
    row: Row[Any], stories: dict[InstructionKey, Waiting], waited: dict[InstructionKey, _Came]
) -> Movement:
    own, other = row.participant, row.counterparty if row.name in _BETWEEN else 0
    payer, payee = (own, other) if row.amount < 0 else (other, own)
    height, log_index, timestamp = row.height, row.log_index, row.timestamp
    # Lines are pairs where there are two sides of the asset; a reference has the line of what has not.
    part, name = row.line // 2 if row.name in _BETWEEN else row.line, f"{height}-{log_index}"
    if row.name == "Settled":
        key = row.initiator, row.sequence
        urgent = own in stories[key].urgent
        height, log_index, timestamp = waited.get(key, (height, log_index, timestamp))
    elif row.name in ENTRIES:
        urgent = terms_from_word(int.from_bytes(row.data[:WORD_BYTES], "big")).urgent
    else:
        # A court's order asks for no reserve.
        urgent = row.name == "MovedByCourtOrder"
    if row.name in ("Paid", "Settled"):
        name = f"{row.initiator}/{unsigned(row.sequence)}"
    return Movement(
        height=height,
        log_index=log_index,
        timestamp=timestamp,
        reference=_part(name, part),
        payer=payer,
        payee=payee,
        amount=abs(row.amount),
        urgent=urgent,
    )


def _left(story: Waiting, came: _Came, asset: int) -> Iterator[Movement]:
    height, log_index, timestamp = came
    for part, leg in enumerate(story.legs):
        if leg.asset == asset:
            yield Movement(
                height=height,
                log_index=log_index,
                timestamp=timestamp,
                reference=_part(f"{story.initiator}/{story.sequence}", part),
                payer=leg.payer,
                payee=leg.payee,
                amount=leg.amount,
                urgent=leg.payer in story.urgent,
            )


def _part(name: str, part: int) -> str:
    return f"{name}.{part}" if part else name
