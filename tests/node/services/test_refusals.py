"""Refusals are counted whatever their rate, in few rows, and none is lost while the store is away."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from node.errors import StoreError
from node.services import refusals
from node.services.refusals import ROWS_PER_HOUR_MAX, RefusalBook, Refused, list_refusals
from node.store.session import Store
from tests.clocks import SetClock

_STRANGER = Refused(code="unauthenticated", actor="", method="GET", route="/v1/payments", address="192.0.2.1")
_START = 1_760_000_400  # an hour's first second


def _noted(book: RefusalBook, clock: SetClock, *refused: Refused) -> None:
    for each in refused:
        book.note(clock, each, request_id="req_1")


def test_alike_are_one_row(store: Store) -> None:
    """A flood of one kind is one row of its hour, with its count, its last time and its last request."""
    book, clock = RefusalBook(), SetClock(_START)
    for _ in range(5):
        _noted(book, clock, *[_STRANGER] * 1000)
        clock.sleep(1)
        book.flush(store)
    book.note(clock, _STRANGER, request_id="req_2")
    book.flush(store)
    clock.sleep(3600)
    _noted(book, clock, _STRANGER)
    assert 1 == book.flush(store)
    assert 0 == book.flush(store)
    newest, first = list_refusals(store, limit=10)
    assert (_START + 3600, 1) == (newest.hour, newest.count)
    assert (5001, _START + 5, "req_2") == (first.count, first.last_at, first.last_request)


def test_many_kinds_are_bounded(store: Store) -> None:
    """Beyond so many kinds in an hour, further ones are one row; nothing is uncounted."""
    book, clock = RefusalBook(), SetClock(_START)
    kinds = [replace(_STRANGER, address=f"2001:db8::{n:x}") for n in range(3 * ROWS_PER_HOUR_MAX)]
    for start in range(0, len(kinds), 700):
        _noted(book, clock, *kinds[start : start + 700])
        book.flush(store)
    _noted(book, clock, *kinds)
    book.flush(store)
    found = list_refusals(store, limit=10_000)
    assert ROWS_PER_HOUR_MAX + 1 == len(found)
    assert 2 * len(kinds) == sum(each.count for each in found)
    assert ["others"] == [each.code for each in found if each.code != _STRANGER.code]


def test_old_hours_leave(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the rows that are kept, the oldest hour leaves."""
    monkeypatch.setattr(refusals, "ROWS_MAX", 3)
    book, clock = RefusalBook(), SetClock(_START)
    for _ in range(6):
        _noted(book, clock, _STRANGER)
        book.flush(store)
        clock.sleep(3600)
    hours = [each.hour for each in list_refusals(store, limit=10)]
    assert [_START + n * 3600 for n in (5, 4, 3)] == hours


def test_a_store_that_is_away_gets_them_later(stores: Callable[[str], Store]) -> None:
    """What could not be written is kept, bounded, and written when the store is back."""
    book, clock = RefusalBook(), SetClock(_START)
    away = Store("postgresql://nobody@127.0.0.1:1/none")
    kinds = [replace(_STRANGER, address=str(n)) for n in range(1500)]
    for _ in range(2):
        _noted(book, clock, *kinds)
        with pytest.raises(StoreError):
            book.flush(away)
    store = stores("sqlite")
    assert 1001 == book.flush(store)
    assert 3000 == sum(each.count for each in list_refusals(store, limit=10_000))


def test_long_texts_are_cut(store: Store) -> None:
    """What a caller chose can't make a row large, and is one row when it is cut alike."""
    book, clock = RefusalBook(), SetClock(_START)
    _noted(book, clock, replace(_STRANGER, route="/" * 5000), replace(_STRANGER, route="/" * 6000))
    book.flush(store)
    (found,) = list_refusals(store, limit=10)
    assert (200, 2) == (len(found.route), found.count)
