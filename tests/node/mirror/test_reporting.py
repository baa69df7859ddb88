"""The reporting views: the page tells every column, both stores have the same rows, an analyst only reads."""

# ruff: noqa: S608 - the names are those of our own views and tables

import re
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, make_url, select, text

from node.clock import SystemClock
from node.follower.follower import Follower
from node.mirror.words import signed
from node.store.migrations.reporting import view_statements
from node.store.session import Store
from node.store.tables import instructions, metadata, postings
from settlement.instruction import Terms
from tests.node.chain_of_events import (
    CONTRACTS,
    SENDER,
    START,
    ChainOfEvents,
    commitment,
    log,
    register,
    said,
    transaction,
)
from tests.node.headers import sealed_up
from tests.node.histories import Books, histories
from tests.words import head_word, position_word

Stores = Callable[[str], Store]
Row = dict[str, Any]
_VIEWS = sorted(view_statements("sqlite"))
_DAY = 86_400
_few_examples = settings(max_examples=12, deadline=None, suppress_health_check=[*HealthCheck])


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    """The page that an analyst reads."""
    return (root / "node" / "mirror" / "reporting.md").read_text()


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def _mirror(store: Store, chain: ChainOfEvents) -> None:
    follower = Follower(store, chain, CONTRACTS, SystemClock())
    while follower.tick():
        pass


def _rows(store: Store, query: str) -> list[Row]:
    """Rows as both stores write them: truth values as 0 and 1, sums as whole numbers."""
    with store.snapshot() as connection:
        found = [dict(row) for row in connection.execute(text(query)).mappings()]
    return [
        {
            name: value if value is None or isinstance(value, str) else int(value)
            for name, value in row.items()
        }
        for row in found
    ]


def _view(store: Store, name: str) -> list[Row]:
    return sorted(_rows(store, f"SELECT * FROM reporting_{name}"), key=str)


def _spread(chain: ChainOfEvents, seconds: int) -> None:
    """Let so much time pass between two blocks."""
    apart = chain.mined[:0]
    for block in chain.mined:
        apart.append(
            sealed_up(
                apart[-1].hash if apart else block.parent_hash,
                block.height,
                START + seconds * block.height,
                block.transactions,
                block.receipts,
                extra_data=block.header.extra_data,
            )
        )
    chain.mined = apart


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def test_page_tells_every_column(store: Store, page: str) -> None:
    """The page has a table for each view with its columns in their order, and none that does not exist."""
    tables = {
        heading: re.findall(r"^\| `(\w+)` \|", body, re.MULTILINE)
        for heading, body in re.findall(r"^### `(\w+)`\n(.*?)(?=^##)", page, re.MULTILINE | re.DOTALL)
    }

    with store.snapshot() as connection:
        columns = {view: list(connection.execute(text(f"SELECT * FROM {view}")).keys()) for view in _VIEWS}

    assert columns == tables


@pytest.mark.slow
@_few_examples
@given(history=histories(), seconds=st.sampled_from([10, 20_000, _DAY]))
def test_views_say_what_the_tables_hold(
    stores: Stores, history: tuple[ChainOfEvents, Books], seconds: int
) -> None:
    """Both stores have equal rows in every view; postings and positions are the mirror's, day by day."""
    chain, books = history
    _spread(chain, seconds)
    with closing(stores("sqlite")) as sqlite, closing(stores("postgresql")) as postgresql:
        _mirror(sqlite, chain)
        _mirror(postgresql, chain)

        for view in _VIEWS:
            name = view.removeprefix("reporting_")
            assert _view(sqlite, name) == _view(postgresql, name)
        _check_postings(sqlite, seconds)
        _check_accounts(sqlite, books)


def _check_postings(store: Store, seconds: int) -> None:
    with store.snapshot() as connection:
        order = (postings.c.asset, postings.c.participant, postings.c.bucket, postings.c.height,
                 postings.c.log_index, postings.c.line)  # fmt: skip
        booked = connection.execute(select(postings).order_by(*order)).all()
    shown = _view(store, "postings")
    assert sorted((row.height, row.log_index, row.line, row.amount, row.balance) for row in booked) == sorted(
        (row["height"], row["log_index"], row["line"], row["amount"], row["balance"]) for row in shown
    )
    assert all(row["posted_on"] == _day(START + seconds * row["height"]) for row in shown)
    expected = []
    for place, group in groupby(
        booked, lambda row: (row.asset, row.participant, row.bucket, _day(START + seconds * row.height))
    ):
        lines = list(group)
        amounts, balances = [line.amount for line in lines], [line.balance for line in lines]
        expected.append(
            (*place, balances[0] - amounts[0], sum(a for a in amounts if a > 0),
             sum(-a for a in amounts if a < 0), len(lines), min(balances), max(balances), balances[-1])
        )  # fmt: skip
    assert expected == sorted(tuple(row.values()) for row in _view(store, "positions"))


def _check_accounts(store: Store, books: Books) -> None:
    held = {
        (row["asset"], row["participant"], bucket): row[bucket]
        for row in _view(store, "accounts")
        for bucket in ("available", "locked", "issued")
    }
    assert {key: value for key, value in held.items() if value} == {
        (asset, participant, bucket.value): value
        for (asset, participant, bucket), value in books.balances.items()
        if value
    }
    supply = {row["id"]: row["supply"] for row in _view(store, "assets")}
    for asset, value in supply.items():
        outstanding = (value for (each, _, kind), value in held.items() if each == asset and kind != "issued")
        assert value == sum(outstanding)


def _events() -> ChainOfEvents:
    """Keys, limits, holds and cycles, each in every state."""
    chain, head = ChainOfEvents(), head_word(7, 2)
    cycle = (840, 2, 1, START, bytes(32), [position_word(2, -5, 1, 3), position_word(3, 5)])
    chain.mine(register((1, 2, 3)))
    chain.mine(
        transaction(
            log("Participants", "KeyAdded", 2, 1, SENDER, 1, START, 2**40 - 1),
            log("Participants", "KeyExpirySet", 2, 1, START + 5),
            log("Participants", "KeyAdded", 2, 2, b"\xab" * 20, 3, 0, START),
            log("Participants", "KeyRevoked", 2, 2),
            log("Ledger", "LimitsSet", 840, 2, 10, 2**63 - 1),
            log("Ledger", "BilateralLimitSet", 840, 2, 3, 11),
            log("Ledger", "CreditSet", 840, 3, 12),
            log("Ledger", "ReserveSet", 840, 3, 13),
        ),
        transaction(
            log("Settlement", "Held", head, b"\1" * 32, 2),
            log("Settlement", "Held", head, b"\1" * 32, 3),
            log("Settlement", "Released", head, b"\1" * 32, 3),
            log("Netting", "CycleProposed", b"\2" * 32, cycle),
            log("Netting", "CycleProposed", b"\3" * 32, cycle),
            log("Netting", "CycleExpired", b"\3" * 32),
        ),
    )
    chain.mine(transaction(log("Settlement", "Held", head_word(8, 2), b"\4" * 32, 2)))
    chain.mine(transaction(log("Settlement", "Expired", head, b"\1" * 32)))
    return chain


def test_keys_over_time(store: Store) -> None:
    """Each registration, new expiry and revocation of a key is a row, with what it said."""
    _mirror(store, _events())

    found = [
        (row["number"], row["change"], row["address"], row["role"], row["valid_from"], row["valid_until"])
        for row in sorted(_view(store, "key_changes"), key=lambda row: int(row["log_index"]))
    ]

    assert [
        (1, "added", "0x" + SENDER.hex(), "pay", START, 2**40 - 1),
        (1, "expiry_set", None, None, None, START + 5),
        (2, "added", "0x" + "ab" * 20, "administer", 0, START),
        (2, "revoked", None, None, None, None),
    ] == found
    assert [(1, START + 5, 0), (2, START, 1)] == [
        (row["number"], row["valid_until"], row["revoked"]) for row in _view(store, "keys")
    ]


def test_limits_over_time(store: Store) -> None:
    """Each change of a limit is a row; bilateral ones name the counterparty."""
    _mirror(store, _events())

    assert [
        (2, "instruction_and_day", None, 10, 2**63 - 1),
        (2, "bilateral", 3, 11, None),
        (3, "credit", None, 12, None),
        (3, "reserve", None, 13, None),
    ] == [
        tuple(row[name] for name in ("participant", "what", "counterparty", "amount", "amount_day"))
        for row in sorted(_view(store, "limit_changes"), key=lambda row: int(row["log_index"]))
    ]
    assert [(10, 2**63 - 1)] == [
        (row["limit_instruction"], row["limit_day"])
        for row in _view(store, "limits")
        if 2 == row["participant"]
    ]


def test_holds_and_cycles(store: Store) -> None:
    """A hold stands until its debtor releases it or the instruction ends; a cycle shows members and end."""
    _mirror(store, _events())

    assert {(7, 2, None, 4), (7, 3, 2, 4), (8, 2, None, None)} == {
        tuple(row[name] for name in ("sequence", "participant", "released_height", "ended_height"))
        for row in _view(store, "holds")
    }
    assert [("0x" + "02" * 32, 2, None), ("0x" + "03" * 32, 2, "CycleExpired")] == [
        (row["digest"], row["members"], row["ending"]) for row in _view(store, "cycles")
    ]
    assert [(2, 1, 3, -5), (3, 0, 0, 5)] == [
        tuple(row[name] for name in ("participant", "first_counter", "last_counter", "net"))
        for row in _view(store, "cycle_positions")
        if row["digest"] == "0x" + "02" * 32
    ]


def _accept(store: Store, terms: Terms, **values: Any) -> None:
    row = {
        "id": f"pay_{terms.sequence}", "kind": "payment", "payer": terms.payer,
        "sequence": signed(terms.sequence), "asset": terms.asset, "payee": terms.payee,
        "amount": terms.amount, "urgent": terms.urgent, "terms": terms.encoded(),
        "commitment": commitment(terms), "salt": b"salt", "document": '{"Nm":"a secret name"}',
        "uetr": f"00000000-0000-4000-8000-{terms.sequence:012}", "content_digest": bytes(32),
        "end_to_end_id": "E1", "value_date": "2026-11-22", "deadline": START + _DAY, "queue": False,
        "created_at": START, "created_by": "tok_1",
    }  # fmt: skip
    with store.transaction() as connection:
        connection.execute(insert(instructions).values(row | values))


def test_instructions_meet_their_events(store: Store) -> None:
    """An accepted instruction shows what the chain said of it; its leg and its postings show which it was."""
    paid, waits = (Terms(sequence=n, asset=840, payer=2, payee=3, amount=100) for n in (5, 6))
    chain = ChainOfEvents()
    chain.mine(register((1, 2, 3)))
    block = chain.mine(transaction(said("Payments", "Paid", paid)))
    for terms in (paid, waits):
        _accept(store, terms)
    _mirror(store, chain)

    assert [("pay_5", "Paid", block.height, block.timestamp), ("pay_6", None, None, None)] == [
        (row["id"], row["chain_event"], row["chain_height"], row["chain_at"])
        for row in _view(store, "instructions")
    ]
    (leg,) = _view(store, "legs")
    assert (2, 3, 100, "pay_5", "available") == (
        leg["payer"], leg["payee"], leg["amount"], leg["instruction_id"], leg["payee_bucket"],
    )  # fmt: skip
    assert ["pay_5"] * 2 == [row["instruction_id"] for row in _view(store, "postings")]


def test_queries_of_the_page_run(stores: Stores, page: str) -> None:
    """Each example query runs as it stands on both stores, with equal answers."""
    chain = _events()
    chain.mine(
        transaction(
            log("Participants", "KeyAdded", 3, 1, b"\xcd" * 20, 2, 0, 2**40 - 1),
            said("Ledger", "Issued", Terms(sequence=1, asset=840, payer=1, payee=2, amount=900)),
            said("Payments", "Paid", Terms(sequence=1, asset=840, payer=2, payee=3, amount=100)),
        )
    )
    sqlite, postgresql = stores("sqlite"), stores("postgresql")
    for store in (sqlite, postgresql):
        _mirror(store, chain)
        _accept(store, Terms(sequence=9, asset=840, payer=2, payee=3, amount=1))
    queries = _blocks(page, "sql")
    answers = [_rows(sqlite, query.rstrip().rstrip(";")) for query in queries]

    assert answers == [_rows(postgresql, query.rstrip().rstrip(";")) for query in queries]
    held, paid, depth, unbalanced, *others = answers
    assert [{"asset": 840, "supply": 900, "held": 900}] == held
    assert [(1, 100)] == [(row["payments"], row["value"]) for row in paid]
    assert [(0, 900, 800), (0, 100, 100)] == [
        (row["opening"], row["highest"], row["closing"]) for row in depth
    ]
    assert [] == unbalanced
    assert all(others)


def test_analyst_reads_and_does_nothing_else(stores: Stores, page: str) -> None:
    """The page's role reads every view; it reads no table, writes nothing, makes nothing."""
    store = stores("postgresql")
    chain = _events()
    _mirror(store, chain)
    _accept(store, Terms(sequence=9, asset=840, payer=2, payee=3, amount=1))
    (role,) = _blocks(page, "sql-role")
    url = make_url(store._engine.url)
    place = {"host": str(url.query["host"]), "dbname": url.database or "", "autocommit": True}
    with psycopg.connect(**place, user="postgres") as owner:  # type: ignore[arg-type]  # libpq's names
        owner.execute(role.encode())
    try:
        with psycopg.connect(**place, user="vostro_analyst") as analyst:  # type: ignore[arg-type]
            for view in _VIEWS:
                assert "a secret name" not in str(
                    analyst.execute(f"SELECT * FROM {view}".encode()).fetchall()
                )
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                analyst.execute("CREATE TEMPORARY TABLE mine (n int)")
            # The default keeps from accidents; what holds is that nothing was granted.
            analyst.execute("SET default_transaction_read_only = off")
            for refused in _refused():
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    analyst.execute(refused.encode())
    finally:
        with psycopg.connect(**place, user="postgres") as owner:  # type: ignore[arg-type]
            owner.execute("DROP OWNED BY vostro_analyst; DROP ROLE vostro_analyst")


def _refused() -> list[str]:
    """What the analyst must not get: each table, each way of writing through a view, a table of its own."""
    return [
        *(f"SELECT * FROM {table}" for table in (*metadata.tables, "alembic_version")),
        "INSERT INTO reporting_member_ids VALUES (2, 'USABA', '1')",
        "UPDATE reporting_limits SET credit = 1",
        "DELETE FROM reporting_member_ids",
        "INSERT INTO balances VALUES (840, 2, 'available', 1)",
        "CREATE TABLE mine (n int)",
        "CREATE ROLE another",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('PG_VERSION')",
    ]
