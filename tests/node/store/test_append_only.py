"""What is written once stays: events, postings, blocks, proofs, receipts, audit, instructions, answers."""

import pytest
from sqlalchemy import Connection, Executable, Table, Text, delete, insert, select, text, update

from node.errors import StoreInconsistent
from node.store.session import Store
from node.store.tables import metadata

_TABLES = sorted(table.name for table in metadata.tables.values() if table.info.get("append_only"))


def _row(table: Table) -> dict[str, object]:
    """A row that satisfies every column."""
    kinds: dict[type, object] = {int: 1, str: "x", bytes: b"x", bool: True}
    return {column.name: kinds[column.type.python_type] for column in table.columns if not column.nullable}


def _referred(table: Table) -> list[Table]:
    """The tables that a row has to refer to, those first that others refer to."""
    direct = [key.column.table for key in table.foreign_keys if not key.parent.nullable]
    return list(dict.fromkeys(each for other in direct for each in (*_referred(other), other)))


@pytest.fixture(params=_TABLES)
def table(request: pytest.FixtureRequest, store: Store) -> Table:
    """An append-only table with one row in it."""
    table = metadata.tables[request.param]
    with store.transaction() as connection:
        for other in _referred(table):
            connection.execute(insert(other).values(_row(other)))
        connection.execute(insert(table).values(_row(table)))
    return table


def _count(store: Store, table: Table) -> int:
    with store.snapshot() as connection:
        return len(connection.execute(select(table)).all())


def test_append_only_tables_are_those_of_the_rule() -> None:
    """The rule's own list: nothing leaves it by accident."""
    mirrored = {"blocks", "events", "postings", "proofs", "receipts", "validator_sets", "verification_levels"}
    own = {"audit", "idempotency", "instructions", "reconciliations", "breaks", "break_steps"}
    told = {"alerts", "alert_steps", "incident_headers"}
    people = {"approvals", "rejections", "reviews"}
    policies = {"policy_rules", "policy_verdicts", "screening_lists", "screening_changes"}
    files = {"upload_refusals", "recalls", "recall_items", "queue_runs", "queue_proposals", "returns"}
    traded = {"trades", "trade_acts", "trade_answers", "trade_expectations", "trade_parties"}
    netting = {"letters_received", "cycle_lists", "cycle_entries", "cycle_notes", "cycle_affirmations"}
    assert mirrored | own | told | people | policies | files | netting | traded == set(_TABLES)


def test_update_is_refused(store: Store, table: Table) -> None:
    """No row of an append-only table can be edited."""
    column = next(column for column in table.columns if not column.primary_key)
    value = "y" if isinstance(column.type, Text) else _row(table).get(column.name, 0)

    with pytest.raises(StoreInconsistent, match="never edited"), store.transaction() as connection:
        connection.execute(update(table).values({column.name: value}))


def test_delete_is_refused(store: Store, table: Table) -> None:
    """No row of an append-only table can be deleted."""
    with pytest.raises(StoreInconsistent, match="never edited"), store.transaction() as connection:
        connection.execute(delete(table))

    assert 1 == _count(store, table)


def test_the_stores_own_way_around_is_refused(store: Store, table: Table) -> None:
    """No row is replaced by one with its key (SQLite's REPLACE), no table emptied (PostgreSQL's TRUNCATE)."""
    ways: dict[str, Executable] = {
        "sqlite": insert(table).prefix_with("OR REPLACE").values(_row(table)),
        "postgresql": text(f"TRUNCATE {table.name} CASCADE"),
    }

    with pytest.raises(StoreInconsistent, match="never edited"), store.transaction() as connection:
        connection.execute(ways[store.dialect])

    assert 1 == _count(store, table)


def test_foreign_keys_hold(store: Store) -> None:
    """A row that refers to nothing is refused on both stores."""

    def refer_to_nothing(connection: Connection) -> None:
        outbox = metadata.tables["outbox"]
        connection.execute(insert(outbox).values(_row(outbox) | {"instruction_id": "pay_missing"}))

    with pytest.raises(StoreInconsistent), store.transaction() as connection:
        refer_to_nothing(connection)
