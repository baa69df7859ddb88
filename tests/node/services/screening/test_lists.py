"""The names list as it is kept: versions of changes, with who loaded them."""

from dataclasses import replace

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from node.errors import Forbidden, NotFound, PreconditionFailed, RulesFull
from node.services.actors import Actor, Role
from node.services.screening import lists
from node.services.screening.lists import (
    NamesList,
    foresee_list,
    hit_on,
    list_versions,
    load_list,
    names_of,
    newest_list,
)
from node.services.versions import Seen
from node.store.session import Store
from node.store.tables import audit, screening_changes
from settlement.names_list import ListEntry

_OPERATOR = Actor(id="usr_1", name="otto", roles=frozenset({Role.OPERATOR}))
_ENTRY = st.builds(
    ListEntry, entry=st.sampled_from("123"), name=st.sampled_from(["Anna", "Bert"]), country=st.just("")
)


def _names(*names: str) -> frozenset[ListEntry]:
    return frozenset(ListEntry(entry=name[0], name=name) for name in names)


def _load(store: Store, names: frozenset[ListEntry], *, seen: Seen = None) -> NamesList:
    with store.transaction() as connection:
        return load_list(connection, names, actor=_OPERATOR, at=1_000, seen=seen)


def test_each_version_is_whole(store: Store) -> None:
    """Every version has just the names it was loaded with, though only what changed is kept."""
    loaded = [_names("Anna", "Bert"), _names("Bert", "Carl"), _names("Anna")]
    made = [_load(store, names) for names in loaded]

    assert [(1, 2, 2, 0), (2, 2, 1, 1), (3, 1, 1, 2)] == [
        (each.version, each.names, each.added, each.removed) for each in made
    ]
    with store.snapshot() as connection:
        assert loaded == [names_of(connection, version) for version in (1, 2, 3)]
        assert made[::-1] == list_versions(connection, limit=10)
        assert made[:1] == list_versions(connection, before=2, limit=10)
        assert made[-1] == newest_list(connection)
        assert 7 == connection.scalar(select(func.count()).select_from(screening_changes))
        with pytest.raises(NotFound):
            names_of(connection, 4)


def test_the_same_list_is_the_one_there_is(store: Store) -> None:
    """What changes nothing makes no version, and nothing is written."""
    first = _load(store, _names("Anna", "Bert"))

    assert first == _load(store, _names("Bert", "Anna"))

    with store.snapshot() as connection:
        assert 1 == connection.scalar(select(func.count()).select_from(audit))


def test_loading_is_audited_without_names(store: Store) -> None:
    """Who loaded which version is in the audit log, by counts and its digest."""
    made = _load(store, _names("Anna", "Bert"))

    with store.snapshot() as connection:
        row = connection.execute(select(audit)).one()
    assert ("usr_1", "names_list_loaded", "1") == (row.actor, row.action, row.subject)
    assert {"digest": made.digest.hex(), "names": 2, "added": 2, "removed": 0} == orjson.loads(row.detail)


def test_version_seen_is_the_one_there_is(store: Store) -> None:
    """Who replaces what somebody else has replaced since is told so, and nothing is written."""
    _load(store, _names("Anna"), seen=("0",))
    with pytest.raises(PreconditionFailed):
        _load(store, _names("Bert"), seen=("0",))

    with store.snapshot() as connection:
        assert _names("Anna") == names_of(connection, 1)


@pytest.mark.parametrize("role", [Role.OFFICER, Role.INTEGRATION])
def test_who_enters_payments_loads_no_list(store: Store, role: Role) -> None:
    """Who may enter payments can't take a name from the list, whatever other roles that account has."""
    both = replace(_OPERATOR, roles=frozenset({Role.OPERATOR, role}))
    with store.transaction() as connection, pytest.raises(Forbidden):
        load_list(connection, _names("Anna"), actor=both, at=1_000)


def test_there_is_a_last_version(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """There are so many versions and no more."""
    monkeypatch.setattr(lists, "VERSIONS_MAX", 1)
    _load(store, _names("Anna"))

    with pytest.raises(RulesFull):
        _load(store, _names("Bert"))


def test_what_would_be_loaded_is_told(store: Store) -> None:
    """A dry run says which version there would be and what would change; it is as loaded, and not kept."""
    _load(store, _names("Anna"))
    with store.snapshot() as connection:
        told = foresee_list(connection, _names("Bert"), actor=_OPERATOR, at=1_000)
        assert 1 == (newest_list(connection) or told).version
        assert 1 == foresee_list(connection, _names("Anna"), actor=_OPERATOR, at=1_000).version

    assert told == _load(store, _names("Bert"))


def test_a_hit_is_shown_as_it_was(store: Store) -> None:
    """A hit has the names that its entry had in that version of the list."""
    _load(store, frozenset({ListEntry(entry="7", name="Anna", programme="P", country="RU")}))
    _load(store, frozenset({ListEntry(entry="7", name="Anne"), ListEntry(entry="8", name="Bert")}))

    with store.snapshot() as connection:
        old, new = (hit_on(connection, "7", version=version, score=90) for version in (1, 2))
    assert (("Anna",), "P", "RU", 90) == (old.names, old.programme, old.country, old.score)
    assert ("Anne",) == new.names


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(versions=st.lists(st.frozensets(_ENTRY, min_size=1), max_size=6))
def test_changes_add_up(store: Store, versions: list[frozenset[ListEntry]]) -> None:
    """Whatever was loaded before, the newest version has just the names that were loaded last."""
    for names in versions:
        made = _load(store, names)
        with store.snapshot() as connection:
            assert names == names_of(connection, made.version)
