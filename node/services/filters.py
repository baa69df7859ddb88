"""Which instructions a list shows, and where its pages begin."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, fields

from sqlalchemy import ColumnElement, Connection, Select

from node.mirror.registry import asset_of_currency, directory
from node.services.facts import Patience
from node.services.states import state_column
from node.store.tables import instructions
from settlement.errors import InvalidValue
from settlement.identifiers import BankReference
from settlement.lifecycle import State
from settlement.money import AMOUNT_MAX, currency

_CURSOR_CHARACTERS_MAX = 100


class InvalidCursor(InvalidValue):
    """A cursor that this node did not give."""


class InvalidFilter(InvalidValue):
    """Something to filter by that no instruction can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which payments to list: those to which all that is given applies. Ranges include both ends."""

    state: str | None = None
    kind: str | None = None
    currency: str | None = None
    counterparty: str | None = None
    uetr: str | None = None
    end_to_end_id: str | None = None
    value_date_from: str | None = None
    value_date_until: str | None = None
    amount_from: int | None = None
    amount_until: int | None = None
    file_id: str | None = None


def filtered(
    connection: Connection,
    query: Select[tuple[object, ...]],
    filters: Filter,
    *,
    patience: Patience,
    now: float,
) -> Select[tuple[object, ...]]:
    """Return a query of `instructions` with the filter applied; raise what is wrong with it."""
    _require_printable(filters)
    query = query.where(*(condition for condition in _comparisons(filters) if condition is not None))
    if filters.currency is not None:
        asset = asset_of_currency(connection, currency(filters.currency))
        query = query.where(instructions.c.asset == asset.id)
    if filters.counterparty is not None:
        payee = directory(connection).resolve(BankReference(bic=filters.counterparty))
        query = query.where(instructions.c.payee == payee.id)
    if filters.state is not None:
        query = query.where(state_column(patience, now).in_(_states_shown_as(filters.state)))
    return query


def cursor_at(identifier: str) -> str:
    """Return the cursor of the page that follows an instruction."""
    return urlsafe_b64encode(identifier.encode()).rstrip(b"=").decode()


def position_of(cursor: str) -> str:
    """Return the id a cursor was made from; raise `InvalidCursor`."""
    try:
        padded = cursor[:_CURSOR_CHARACTERS_MAX] + "=" * (-len(cursor) % 4)
        position = urlsafe_b64decode(padded).decode("ascii")
    except ValueError:
        position = ""
    if not position.isprintable() or not position:
        raise InvalidCursor(f"{cursor[:_CURSOR_CHARACTERS_MAX]!r} is no cursor of this node", param="cursor")
    return position


def _comparisons(filters: Filter) -> Iterator[ColumnElement[bool] | None]:
    columns = instructions.c
    for name in ("kind", "uetr", "end_to_end_id", "file_id"):
        wanted = getattr(filters, name)
        yield None if wanted is None else columns[name] == wanted
    for name in ("value_date", "amount"):
        first, last = getattr(filters, f"{name}_from"), getattr(filters, f"{name}_until")
        yield None if first is None else columns[name] >= first
        yield None if last is None else columns[name] <= last


def _require_printable(filters: Filter) -> None:
    for field in fields(filters):
        value = getattr(filters, field.name)
        if isinstance(value, str) and not value.isprintable():
            raise InvalidFilter(f"{field.name} holds what no text of an instruction can", param=field.name)
        if isinstance(value, int) and abs(value) > AMOUNT_MAX:
            raise InvalidFilter(f"{field.name} is beyond every amount", param=field.name)


def _states_shown_as(word: str) -> list[str]:
    found = [each.value for each in State if each.shown == word]
    if not found:
        known = ", ".join(sorted({each.shown for each in State}))
        raise InvalidFilter(f"{word!r} is no state; there are {known}", param="state")
    return found
