"""Waiting for the chain at a terminal: with a bar for a person, in silence for a program."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from node.clock import Clock
from node.services.administration import CallProgress, progress
from node.services.filters import Filter
from node.services.payments import PAGE_ROWS_MAX, Payment, get_payment, list_payments
from node.settings import Settings
from node.store.session import Store
from settlement.lifecycle import State

POLL_SECONDS = 0.25
_ENDED = frozenset(state.shown for state in State if state.final) | {State.UNKNOWN.shown}
_CALL_ENDED = frozenset({"done", "reverted"})


def wait_for_payments(
    store: Store, settings: Settings, clock: Clock, ids: Sequence[str], *, file_id: str, seconds: float
) -> list[Payment]:
    """Return a file's payments in its order, once each is final or `unknown`, or the time is over."""
    give_up = clock.now() + seconds
    with bar("settling", len(ids)) as show:
        while True:
            found = _payments(store, settings, clock, ids, file_id)
            ended = sum(payment.state in _ENDED for payment in found)
            show(ended)
            if ended == len(found) or clock.now() >= give_up:
                return found
            clock.sleep(POLL_SECONDS)


def wait_for_call(store: Store, clock: Clock, row: int, *, seconds: float) -> CallProgress:
    """Return how far an administrative call is, once it is final or the time is over."""
    give_up = clock.now() + seconds
    with bar("settling", 1) as show:
        while True:
            found = progress(store, row)
            show(int(found.state in _CALL_ENDED))
            if found.state in _CALL_ENDED or clock.now() >= give_up:
                return found
            clock.sleep(POLL_SECONDS)


@contextmanager
def bar(what: str, total: int) -> Iterator[Callable[[float], None]]:
    """Give a function that shows how much of `total` is done."""
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as shown:
        task = shown.add_task(what, total=total)
        yield lambda done: shown.update(task, completed=done)


def _payments(
    store: Store, settings: Settings, clock: Clock, ids: Sequence[str], file_id: str
) -> list[Payment]:
    known: dict[str, Payment] = {}
    cursor = None
    while True:
        filters = Filter(file_id=file_id)
        page = list_payments(store, settings, clock, filters, cursor=cursor, limit=PAGE_ROWS_MAX)
        known |= {payment.id: payment for payment in page.payments}
        cursor = page.cursor
        if cursor is None:
            break
    # One whose UETR was known before came in another file.
    return [known.get(each) or get_payment(store, settings, clock, each).payment for each in ids]
