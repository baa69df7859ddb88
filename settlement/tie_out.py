"""A statement that came in held against ours: balances, and entry by entry."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from settlement.iso20022.camt053_reader import StatedAccount, StatedEntry
from settlement.statement import Entry, Statement

_NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What our statement says and what the other one says of one thing."""

    subject: str
    field: str
    ours: str
    theirs: str


def tie_out(ours: Statement, theirs: StatedAccount) -> Iterator[Difference]:
    """Yield every difference between two statements of one account and period; none when they tie out.

    An entry of theirs is ours when it has our reference (block and log), or else our UETR and direction; each
    entry is matched at most once. What only one of them has is a difference.
    """
    for field in ("opening", "closing"):
        yield from _compared("balance", field, getattr(ours, field), getattr(theirs, field))
    by_name: dict[tuple[str, int], list[int]] = defaultdict(list)
    for place, stated in reversed(list(enumerate(theirs.entries))):
        for name in _names(stated.reference, stated.uetr):
            by_name[name, stated.amount > 0].append(place)
    matched: set[int] = set()
    for entry in ours.entries:
        match = _match(entry, by_name, matched)
        if match is None:
            yield Difference(
                subject=f"entry {entry.reference}", field="amount", ours=str(entry.amount), theirs=_NONE
            )
            continue
        matched.add(match)
        yield from _entry(entry, theirs.entries[match])
    for place, stated in enumerate(theirs.entries):
        if place not in matched:
            name = stated.reference or stated.uetr or stated.end_to_end_id or f"number {place + 1}"
            yield Difference(
                subject=f"their entry {name}", field="amount", ours=_NONE, theirs=str(stated.amount)
            )


def _match(entry: Entry, by_name: dict[tuple[str, int], list[int]], matched: set[int]) -> int | None:
    for name in _names(entry.reference, entry.uetr):
        places = by_name.get((name, entry.amount > 0), [])
        while places and places[-1] in matched:
            places.pop()
        if places:
            return places.pop()
    return None


def _names(reference: str | None, uetr: str | None) -> Iterator[str]:
    if reference is not None:
        yield f"reference {reference}"
    if uetr is not None:
        yield f"uetr {uetr}"


def _entry(ours: Entry, theirs: StatedEntry) -> Iterator[Difference]:
    subject = f"entry {ours.reference}"
    yield from _compared(subject, "amount", ours.amount, theirs.amount)
    for field in ("uetr", "end_to_end_id"):
        mine, other = getattr(ours, field), getattr(theirs, field)
        # What one of them does not tell is no contradiction: documents may still be on their way.
        if mine is not None and other is not None:
            yield from _compared(subject, field, mine, other)


def _compared(subject: str, field: str, ours: object, theirs: object) -> Iterator[Difference]:
    if ours != theirs:
        yield Difference(subject=subject, field=field, ours=str(ours), theirs=str(theirs))
