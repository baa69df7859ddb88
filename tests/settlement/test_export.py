"""An export tells its rows, their sums, what was asked, and a digest that anybody can make again."""

import hashlib
import json
from dataclasses import replace

from settlement.export import Column, Export, Kind
from settlement.money import decimal_text
from settlement.statement_table import statement_table
from tests.settlement.iso20022.test_camt053 import statement_of

EXPORT = Export(
    title="t",
    filters={"currency": "USD"},
    height=7,
    verification="headers",
    columns=(Column(name="who"), Column(name="amount", kind=Kind.AMOUNT)),
    rows=(("Ä", "1.00"), (None, "-2.00")),
    totals={"sum": "-1.00"},
)


def test_the_digest_can_be_made_again() -> None:
    """It is SHA-256 over the rows, each a line of JSON."""
    lines = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in EXPORT.rows)

    assert '["Ä","1.00"]\n[null,"-2.00"]\n' == lines
    assert hashlib.sha256(lines.encode()).hexdigest() == EXPORT.digest


def test_facts_are_complete() -> None:
    """Title, filter, height, checks, population, control totals and digest, in this order."""
    assert [
        ("report", "t"),
        ("filter currency", "USD"),
        ("height", "7"),
        ("verification", "headers"),
        ("population", "2"),
        ("total sum", "-1.00"),
        ("sha256", EXPORT.digest),
    ] == EXPORT.facts


def test_any_change_of_a_row_changes_the_digest() -> None:
    """A changed, missing or moved row is another population."""
    rows = EXPORT.rows
    changed = [((rows[0][0], "1.01"), rows[1]), rows[:1], rows[::-1], (*rows, rows[0])]

    assert 5 == len({EXPORT.digest, *(replace(EXPORT, rows=each).digest for each in changed)})


def test_a_statement_is_its_table() -> None:
    """Each entry is a row with its balance; the totals are the statement's own."""
    statement = statement_of(500, -7, 12, opening=-100)
    table = statement_table(statement)

    money = statement.currency
    assert [(entry.reference, decimal_text(entry.amount, money)) for entry in statement.entries] == [
        (row[0], row[2]) for row in table.rows
    ]
    assert {
        "opening": "-1.00", "credits": "5.12", "credit entries": "2", "debits": "0.07",
        "debit entries": "1", "closing": "4.05",
    } == table.totals  # fmt: skip
    assert (statement.height, 3) == (table.height, table.population)
    assert {"account": "840-2", "owner": "CHASUS33XXX", "currency": "USD"}.items() <= table.filters.items()
