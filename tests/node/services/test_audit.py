"""The audit log: nothing changed, nothing missing, nothing cut off goes unnoticed."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete, text, update

from node.errors import NodeError
from node.services.audit import GENESIS, AuditBroken, append_audit, verify_audit
from node.store.session import Store
from node.store.tables import audit, counters


def _append(store: Store, count: int) -> None:
    for number in range(count):
        with store.transaction() as connection:
            append_audit(
                connection, at=number, actor="tok", action="tried", subject=str(number), detail={"n": number}
            )


def _tamper(store: Store, *statements: object) -> None:
    """Change what may not be changed, as somebody with the database's password could."""
    with store.transaction() as connection:
        if store.dialect == "postgresql":
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER ALL"))
        else:
            connection.execute(text("DROP TRIGGER audit_append_only_update"))
            connection.execute(text("DROP TRIGGER audit_append_only_delete"))
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]  # any statement of SQLAlchemy


def _append_and_fail(store: Store) -> None:
    with store.transaction() as connection:
        append_audit(connection, at=1, actor="a", action="b", subject="c", detail={})
        raise NodeError("and then something failed")


def test_whole_log_verifies(store: Store) -> None:
    """An untouched log verifies, and its head is the newest entry's digest."""
    with store.snapshot() as connection:
        assert (0, GENESIS) == verify_audit(connection)
    _append(store, 3)
    with store.transaction() as connection:
        head = append_audit(connection, at=9, actor="a", action="b", subject="c", detail={})
    with store.snapshot() as connection:
        assert (4, head) == verify_audit(connection)


@pytest.mark.parametrize("column", ["at", "actor", "action", "subject", "detail", "previous", "digest"])
def test_changed_entry_is_found(store: Store, column: str) -> None:
    """A change of any part of any entry is found."""
    _append(store, 3)
    value: object = 77 if column == "at" else "other"
    if column in ("previous", "digest"):
        value = b"\x01" * 32
    _tamper(store, update(audit).where(audit.c.position == 2).values({column: value}))
    with store.snapshot() as connection, pytest.raises(AuditBroken, match=r"row [23]"):
        verify_audit(connection)


@pytest.mark.parametrize("position", [1, 2, 3])
def test_missing_entry_is_found(store: Store, position: int) -> None:
    """An entry that was taken out is found, also the last one."""
    _append(store, 3)
    _tamper(store, delete(audit).where(audit.c.position == position))
    with store.snapshot() as connection, pytest.raises(AuditBroken):
        verify_audit(connection)


def test_cut_log_with_its_counter_set_back_verifies(store: Store) -> None:
    """Cutting the end and the counter alike can't be seen from inside: that is what anchors are for."""
    _append(store, 3)
    _tamper(
        store,
        delete(audit).where(audit.c.position == 3),
        update(counters).where(counters.c.name == "audit").values(value=2),
    )
    with store.snapshot() as connection:
        assert 2 == verify_audit(connection)[0]


def test_writers_at_the_same_moment_make_one_chain(store: Store) -> None:
    """Entries of many writers at once are one unbroken chain."""
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: _append(store, 5), range(4)))
    with store.snapshot() as connection:
        assert 20 == verify_audit(connection)[0]


def test_entry_of_a_failed_transaction_is_not_there(store: Store) -> None:
    """What is rolled back leaves neither an entry nor a gap."""
    _append(store, 1)
    with pytest.raises(NodeError):
        _append_and_fail(store)
    _append(store, 1)
    with store.snapshot() as connection:
        assert 2 == verify_audit(connection)[0]
