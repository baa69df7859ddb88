"""A broken rule is remembered until a person has looked, and only a person ends it."""

import pytest

from node.errors import ForeignTransaction, NotFound, WriterStopped
from node.store.incidents import (
    clear_incident,
    open_incidents,
    raise_incident,
    require_no_incident,
    was_cleared,
)
from node.store.session import Store

_ERROR = ForeignTransaction("somebody else has the key")


def _raise(store: Store, writer: str = "submitter", subject: str = "key 1") -> int:
    with store.transaction() as connection:
        return raise_incident(connection, writer=writer, subject=subject, error=_ERROR, at=5)


def _open(store: Store, writer: str | None = None) -> list[int]:
    with store.snapshot() as connection:
        return [each.id for each in open_incidents(connection, writer=writer)]


def test_same_finding_is_one_incident(store: Store) -> None:
    """Found again while it is open it is the same incident; another subject or writer is another."""
    first = _raise(store)
    assert first == _raise(store)
    others = [_raise(store, subject="key 2"), _raise(store, writer="follower")]
    assert [first, *others] == _open(store)
    assert [others[1]] == _open(store, "follower")


def test_stops_until_a_person_clears_it(store: Store) -> None:
    """An open incident stops its writer and names itself; cleared it does not, and stays on record."""
    number = _raise(store)
    with store.snapshot() as connection:
        require_no_incident(connection, writer="follower")
        with pytest.raises(WriterStopped, match=f"incident {number}"):
            require_no_incident(connection)
    with store.transaction() as connection:
        clear_incident(connection, number, by="a person", at=9)
    with store.snapshot() as connection:
        require_no_incident(connection)
        finding = {"writer": "submitter", "code": ForeignTransaction.code, "subject": "key 1"}
        assert was_cleared(connection, **finding)
        assert not was_cleared(connection, **finding | {"subject": "key 2"})
    assert _raise(store) > number


@pytest.mark.parametrize("twice", [True, False])
def test_only_an_open_one_is_cleared(store: Store, *, twice: bool) -> None:
    """An incident that is not there, or was cleared before, can't be cleared."""
    number = _raise(store) if twice else 77
    if twice:
        with store.transaction() as connection:
            clear_incident(connection, number, by="a person", at=9)
    with pytest.raises(NotFound), store.transaction() as connection:
        clear_incident(connection, number, by="a person", at=9)
