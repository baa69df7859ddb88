"""How like a name is to those on a list: 0 to 100 by rapidfuzz, asked of the entries that can be like it.

Only entries that share a quarter of their runs of three letters with the name are scored: with fewer no
score is as high as a hit's, and the others are most of a list. Sets of entries are the bits of whole numbers,
so that counting what thousands of them share is some additions.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process

from settlement.names_list import ListEntry, comparable

HIT_SCORE_MIN = 85
_RUN = 3
_SHARED = 4  # of one in so many of the shorter name's runs
_NAMES_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An entry of the list that a name is like, and how much: `HIT_SCORE_MIN` to 100."""

    entry: str
    score: int


class Index:
    """The names of one version of a list, ready to be asked. Safe for threads: it never changes."""

    def __init__(self, entries: Collection[ListEntry]) -> None:
        named = sorted({(comparable(each.name), each.entry) for each in entries})
        self._entries = [entry for _, entry in named]
        self._names = [name for name, _ in named]
        having: dict[str, list[int]] = {}
        needing: dict[int, list[int]] = {}
        for place, name in enumerate(self._names):
            runs = _runs(name)
            needing.setdefault(_needed(len(runs)), []).append(place)
            for run in runs:
                having.setdefault(run, []).append(place)
        self._having = {run: _set_of(places) for run, places in having.items()}
        self._needing = {needed: _set_of(places) for needed, places in sorted(needing.items())}
        self._single = _set_of(place for place, name in enumerate(self._names) if _is_one_word(name))
        # The same customers pay again and again.
        self._best_of = lru_cache(_NAMES_REMEMBERED)(self._best)

    def best(self, names: Iterable[str]) -> Match | None:
        """Return what the likest of these names is like; of equals the first on the list. None: no hit."""
        found = [match for name in names if (match := self._best_of(name)) is not None]
        return max(found, key=lambda match: match.score, default=None)

    def _best(self, name: str) -> Match | None:
        asked = comparable(name)
        if not asked:
            return None
        near = self._near(_runs(asked))
        single = near if _is_one_word(asked) else near & self._single
        # A part of a name counts as the whole only where it has two words: else every Anna is a hit.
        found = [
            *self._likest(asked, single, fuzz.ratio),
            *self._likest(asked, near ^ single, fuzz.token_ratio),
        ]
        if not found:
            return None
        score, place = max(found, key=lambda each: (each[0], -each[1]))
        return Match(entry=self._entries[place], score=score)

    def _near(self, runs: Collection[str]) -> int:
        """Return the set of the names that can be like one with these runs."""
        bits = _counted(self._having[run] for run in runs if run in self._having)
        most, near = _needed(len(runs)), 0
        for needed, names in self._needing.items():
            near |= names & _at_least(bits, min(needed, most))
        return near

    def _likest(self, asked: str, near: int, scorer: Callable[..., float]) -> list[tuple[int, int]]:
        places = list(_places(near))
        names = [self._names[place] for place in places]
        found = process.extractOne(asked, names, scorer=scorer, score_cutoff=HIT_SCORE_MIN)
        return [] if found is None else [(int(found[1]), places[found[2]])]


def _runs(name: str) -> frozenset[str]:
    """Return the runs of three letters in a name's words, whose ends count as letters."""
    return frozenset(
        bounded[start : start + _RUN]
        for word in name.split()
        for bounded in [f" {word} "]
        for start in range(len(bounded) - _RUN + 1)
    )


def _is_one_word(name: str) -> bool:
    return " " not in name


def _needed(runs: int) -> int:
    return -(-runs // _SHARED)


def _set_of(places: Iterable[int]) -> int:
    octets = bytearray()
    for place in places:
        octets.extend(bytes(max(0, place // 8 + 1 - len(octets))))
        octets[place // 8] |= 1 << place % 8
    return int.from_bytes(octets, "little")


def _places(members: int) -> Iterator[int]:
    """Yield the members of a set in order."""
    octets = members.to_bytes((members.bit_length() + 7) // 8, "little")
    for place, octet in enumerate(octets):
        if octet:
            yield from (8 * place + bit for bit in range(8) if octet >> bit & 1)


def _counted(sets: Iterable[int]) -> list[int]:
    """Return in how many of the sets each member is: the sets of those whose count has bit 0, bit 1, …"""
    bits: list[int] = []
    for each in sets:
        carried = each
        for number, bit in enumerate(bits):
            bits[number], carried = bit ^ carried, bit & carried
            if not carried:
                break
        if carried:
            bits.append(carried)
    return bits


def _at_least(bits: list[int], count: int) -> int:
    """Return the set of those that are counted at least so often, 1 or more."""
    above, equal = 0, -1
    for number in reversed(range(max(len(bits), count.bit_length()))):
        bit = bits[number] if number < len(bits) else 0
        if count >> number & 1:
            equal &= bit
        else:
            above |= equal & bit
            equal &= ~bit
    return above | equal
