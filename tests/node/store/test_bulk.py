"""Rows written in bulk are the rows that were given."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from node.errors import StoreError, StoreInconsistent
from node.store.bulk import insert_rows, upsert_rows
from node.store.session import Store
from node.store.tables import accounts, balances, keys, transactions

WHOLE = st.integers(-(2**63), 2**63 - 1)
KEYS = ("participant", "number", "address", "role", "valid_from", "valid_until", "revoked")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    rows=st.lists(
        st.tuples(WHOLE, WHOLE, st.binary(max_size=40), WHOLE, WHOLE, WHOLE, st.booleans()),
        max_size=20,
        unique_by=lambda row: row[2],
    )
)
def test_inserted_is_what_was_given(store: Store, rows: list[tuple[object, ...]]) -> None:
    """Numbers to the edge of 64 bits, bytes and truth values come back as they went in."""
    with store.transaction() as connection:
        connection.execute(delete(keys))
        insert_rows(connection, keys, KEYS, rows)
        assert set(rows) == {tuple(row) for row in connection.execute(select(keys))}


def test_insert_is_part_of_the_transaction(store: Store) -> None:
    """Rows written in bulk go when the transaction goes."""
    row = (1, 1, True, 0, 0, 0, 0)
    names = ("asset", "participant", "frozen", "reserve", "credit", "limit_instruction", "limit_day")
    with pytest.raises(ZeroDivisionError), store.transaction() as connection:  # noqa: PT012 - it must end here
        insert_rows(connection, accounts, names, [row])
        1 / 0  # noqa: B018 - the error is the point

    with store.snapshot() as connection:
        assert [] == connection.execute(select(accounts)).all()


def test_duplicate_is_loud(store: Store) -> None:
    """A row whose key is taken is a broken rule in bulk as well, and the store goes on after it."""
    names = ("asset", "participant", "bucket", "balance")
    with pytest.raises(StoreInconsistent), store.transaction() as connection:
        insert_rows(connection, balances, names, [(1, 1, "available", 5), (1, 1, "available", 6)])

    with store.snapshot() as connection:
        assert [] == connection.execute(select(balances)).all()


def test_value_beyond_the_column_is_refused(store: Store) -> None:
    """A number that does not fit 64 bits never gets in, cut or not."""
    names = ("asset", "participant", "bucket", "balance")
    with pytest.raises((StoreError, OverflowError)), store.transaction() as connection:
        insert_rows(connection, balances, names, [(1, 1, "available", 2**63)])

    with store.snapshot() as connection:
        assert [] == connection.execute(select(balances)).all()


def test_upsert_overwrites_by_key(store: Store) -> None:
    """A row with a taken key is overwritten, others are added."""
    names = ("asset", "participant", "bucket", "balance")
    with store.transaction() as connection:
        upsert_rows(connection, balances, names, [(1, 1, "available", 5), (1, 2, "available", 7)])
        upsert_rows(connection, balances, names, [(1, 1, "available", 6), (1, 1, "locked", 8)])
        upsert_rows(connection, balances, names, [])
        found = {tuple(row) for row in connection.execute(select(balances))}

    assert {(1, 1, "available", 6), (1, 2, "available", 7), (1, 1, "locked", 8)} == found


def test_generated_numbers_stay_with_the_database(store: Store) -> None:
    """A column left out is filled by the database, also in bulk."""
    names = (
        "key", "chain_id", "nonce", "hash", "raw", "payload_digest", "fence", "signed_at", "gas_price",
        "abandoned",
    )  # fmt: skip
    with store.transaction() as connection:
        insert_rows(
            connection,
            transactions,
            names,
            [(b"k", 1, n, bytes([n]), b"r", b"p", 1, 1, 0, False) for n in (1, 2)],
        )
        statement = insert(transactions).values(
            dict(zip(names, (b"k", 1, 3, b"3", b"r", b"p", 1, 1, 0, False), strict=True))
        )
        connection.execute(statement)
        assert [1, 2, 3] == list(connection.scalars(select(transactions.c.id).order_by(transactions.c.id)))
