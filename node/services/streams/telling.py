"""What is new is told: every source is read in one snapshot, in the order of cause and effect.

What a source has behind its limit comes before anything of a later source, so nothing is told before what
led to it.
"""

from sqlalchemy import Connection

from node.services.streams.asked import accepted, aged, begin_asked, raised, signed
from node.services.streams.chain import begin_chain, chain
from node.services.streams.feed import Place, append, end_of, hold, places_of, prune, set_places
from node.services.streams.told import Told
from node.services.streams.view import view_of
from node.settings import Settings
from node.store.session import Store

_SOURCES = (accepted, signed, chain, aged, raised)
_DAY_SECONDS = 86_400


def has_begun(connection: Connection) -> bool:
    """Tell whether the feed knows from where on it tells."""
    return bool(places_of(connection))


def begin(store: Store, settings: Settings, *, height: int, at: int) -> None:
    """Begin the feed behind what is known now and behind a block: what was before is history, and not told.

    Raise `UnknownParticipant` until this node's bank is admitted.
    """
    with store.transaction() as connection:
        hold(connection)
        if not has_begun(connection):
            view = view_of(connection, settings, now=at)
            set_places(connection, begin_asked(view) | begin_chain(height))


def tell(store: Store, settings: Settings, *, at: int) -> int:
    """Tell the next of what is new; return how many entries that was, 0 when nothing is behind them.

    Raise as `begin` does.
    """
    with store.snapshot() as connection:
        places, end = places_of(connection), end_of(connection)
        told = _gather(connection, settings, places, at)
    if not told.places:
        return 0
    with store.transaction() as connection:
        hold(connection)
        if (places_of(connection), end_of(connection)) != (places, end):
            # Somebody else was quicker, and has told the same.
            return 0
        append(connection, told.drafts, at=at)
        set_places(connection, told.places)
    # What is new meanwhile is told after a pause, together: entry by entry would cost the same for each.
    return len(told.drafts) if told.full else 0


def forget(store: Store, settings: Settings, *, at: int) -> int:
    """Forget some of what is too old to be asked for, and return how many entries that was."""
    with store.transaction() as connection:
        return prune(connection, told_before=at - settings.feed_days * _DAY_SECONDS)


def _gather(connection: Connection, settings: Settings, places: dict[str, Place], at: int) -> Told:
    view, all_ = view_of(connection, settings, now=at), Told()
    for source in _SOURCES:
        told = source(view, places)
        all_.drafts += told.drafts
        all_.places |= told.places
        if told.full:
            break
    return all_
