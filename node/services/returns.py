"""Returns: payments that give back what this bank was paid, whole or in part, never more than that.

A settlement is final; a return is a new payment that names it (PFMI 8), by the reference that statements
have: ``1207-3``, of an instruction of several legs ``1207-3.1``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from node.clock import Clock
from node.errors import ReturnRefused
from node.services.payments import payment_in
from node.services.requests import Prepared
from node.services.submissions import FaultyRequests, Known
from node.settings import Settings
from node.store.bulk import insert_rows
from node.store.tables import events, instructions, postings, returns
from settlement.lifecycle import State
from settlement.posting import Bucket

_REFERENCE = re.compile(r"([0-9]{1,15})-([0-9]{1,9})(?:\.([0-9]{1,3}))?", re.ASCII)
_COLUMNS = ("payment_id", "height", "log_index", "leg")
# Issues and redemptions are taken back by their own verbs.
_PAYING = ("Paid", "Settled")
# Of a return that ended so no money has gone, nor will.
_ENDED_UNPAID = frozenset({State.REJECTED.shown, State.CANCELLED.shown, State.EXPIRED.shown})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Original:
    """A movement to this bank; `amount` in minor units."""

    asset: int
    payer: int
    amount: int


def require_returnable(
    connection: Connection,
    settings: Settings,
    clock: Clock,
    items: Sequence[Prepared | Known],
    *,
    own: int,
) -> None:
    """Raise `FaultyRequests` with each return that gives back what was not paid, or more than is left of it.

    Within the transaction that writes them, behind the numbers' lock, nobody returns the same money beside.
    """
    found = _Found(connection, settings, clock, own)
    faults = []
    for position, item in enumerate(items):
        if isinstance(item, Prepared) and item.returns is not None:
            try:
                found.take(item, item.returns)
            except ReturnRefused as error:
                faults.append((position, error))
    if faults:
        raise FaultyRequests(faults)


def write_returns(connection: Connection, made: Sequence[tuple[str, Prepared]]) -> None:
    """Write of each new payment (its id) what it returns, if it does."""
    rows = [(identifier, *_place(item.returns)) for identifier, item in made if item.returns is not None]
    insert_rows(connection, returns, _COLUMNS, rows)


class _Found:
    """The originals of some returns, each with what the returns before have left of it."""

    def __init__(self, connection: Connection, settings: Settings, clock: Clock, own: int) -> None:
        self._connection = connection
        self._settings = settings
        self._clock = clock
        self._own = own
        self._left: dict[tuple[int, int, int], int] = {}

    def take(self, item: Prepared, reference: str) -> None:
        """Take a return off its original; raise `ReturnRefused`."""
        place = _place(reference)
        original = self._original(place)
        if original is None:
            raise _refused(f"this bank was paid nothing by the settlement {reference}")
        if (item.payee, item.asset) != (original.payer, original.asset):
            raise _refused(f"the settlement {reference} was paid by another bank, or in another money")
        if place not in self._left:
            self._left[place] = original.amount - self._returned(place)
        left = self._left[place]
        if item.amount > left:
            raise _refused(f"of the settlement {reference} {left} of {original.amount} are left to return")
        self._left[place] = left - item.amount

    def _original(self, place: tuple[int, int, int]) -> _Original | None:
        height, log_index, leg = place
        query = (
            select(postings.c.asset, postings.c.counterparty.label("payer"), postings.c.amount)
            .join(
                events,
                (events.c.height == postings.c.height) & (events.c.log_index == postings.c.log_index),
            )
            .where(
                postings.c.height == height,
                postings.c.log_index == log_index,
                postings.c.line == 2 * leg + 1,
                postings.c.participant == self._own,
                postings.c.bucket == Bucket.AVAILABLE.value,
                events.c.name.in_(_PAYING),
            )
        )
        row = self._connection.execute(query).mappings().first()
        return None if row is None else _Original(**row)

    def _returned(self, place: tuple[int, int, int]) -> int:
        """Return what was given back of a settlement, or is on its way."""
        height, log_index, leg = place
        query = (
            select(instructions)
            .join(returns, returns.c.payment_id == instructions.c.id)
            .where(returns.c.height == height, returns.c.log_index == log_index, returns.c.leg == leg)
        )
        rows = self._connection.execute(query).mappings().all()
        found = (payment_in(self._connection, self._settings, self._clock, row) for row in rows)
        return sum(payment.amount for payment in found if payment.state not in _ENDED_UNPAID)


def _place(reference: str | None) -> tuple[int, int, int]:
    """Return height, log index and leg; raise `ReturnRefused` for what is no reference."""
    match = _REFERENCE.fullmatch(reference or "")
    if match is None:
        raise _refused(f"{reference!r} is no reference of a settlement, as in a statement: 1207-3")
    return int(match[1]), int(match[2]), int(match[3] or 0)


def _refused(detail: str) -> ReturnRefused:
    return ReturnRefused(detail, param="returns")
