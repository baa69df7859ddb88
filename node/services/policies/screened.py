"""The names in payments, held against the names list: before the lock, and again where it has changed since.

What of them is kept is the entry's id and the score; a name is where it was, in the payment's document.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

import orjson
from sqlalchemy import Connection

from node.services.policies.rules import rules_in_force
from node.services.requests import Prepared
from node.services.screening.lists import NamesList, names_of, newest_list
from node.services.screening.matching import Index, Match
from node.services.submissions import FAULTS_MAX, FaultyRequests, Known
from node.store.session import Store
from settlement.errors import InvalidDocument, SettlementError

NAMES_MAX = 100
# What ISO 20022 calls the name of a party, an agent or an account, wherever it stands.
_NAME = "Nm"
_KEPT_MAX = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """What a version of the list said of payments: who is hit, by UETR. `version` None: there was no list."""

    version: int | None = None
    hits: Mapping[str, Match] = field(default_factory=dict)


class _Indexes:
    """The indexes of the newest lists in this process, by the lists' digests: one is what its names are."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[bytes, Index] = {}

    def of(self, connection: Connection, listed: NamesList) -> Index:
        """Return the index of a list, made where it is asked for first; the others wait for it."""
        with self._lock:
            if listed.digest not in self._kept:
                self._kept[listed.digest] = Index(names_of(connection, listed.version))
                while len(self._kept) > _KEPT_MAX:
                    del self._kept[next(iter(self._kept))]
            return self._kept[listed.digest]


_INDEXES = _Indexes()


def screen(store: Store, items: Sequence[Prepared | Known]) -> Screened:
    """Return what the list says of payments, outside any transaction; nothing while there are no rules.

    Raise `FaultyRequests` for what names more than can be looked at.
    """
    with store.snapshot() as connection:
        listed = newest_list(connection)
        if listed is None or not rules_in_force(connection):
            return Screened()
        index = _INDEXES.of(connection, listed)
    return _screened(listed, index, items)


def screened_now(connection: Connection, items: Sequence[Prepared], before: Screened) -> Screened:
    """Return what was said before where it is still of the newest list, else what that one says."""
    listed = newest_list(connection)
    if listed is None:
        return Screened()
    if listed.version == before.version:
        return before
    return _screened(listed, _INDEXES.of(connection, listed), items)


def index_now(connection: Connection) -> Index | None:
    """Return the newest list, ready to be asked; None: there is none."""
    listed = newest_list(connection)
    return None if listed is None else _INDEXES.of(connection, listed)


def names_in(document: str) -> frozenset[str]:
    """Return every name in a payment's document: parties, agents, accounts; raise `InvalidDocument`."""
    found = frozenset(_names(orjson.loads(document)))
    if len(found) > NAMES_MAX:
        raise InvalidDocument(
            f"the document has {len(found)} names; {NAMES_MAX} at most are held against the names list",
            param="document",
        )
    return found


def _names(root: object) -> Iterator[str]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if isinstance(name := node.get(_NAME), str):
                yield name
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _screened(listed: NamesList, index: Index, items: Sequence[Prepared | Known]) -> Screened:
    hits: dict[str, Match] = {}
    faults: list[tuple[int, SettlementError]] = []
    for position, item in enumerate(items):
        if not isinstance(item, Prepared):
            continue
        try:
            match = index.best(names_in(item.document))
        except InvalidDocument as error:
            faults.append((position, error))
            continue
        if match is not None:
            hits[item.uetr] = match
    if faults:
        raise FaultyRequests(faults[:FAULTS_MAX])
    return Screened(version=listed.version, hits=hits)
