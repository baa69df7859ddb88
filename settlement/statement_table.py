"""A statement as a table: the twin of its camt.053, row by row."""

from datetime import UTC, datetime
from functools import lru_cache

from settlement.export import Column, Export, Kind
from settlement.money import decimal_text
from settlement.statement import Statement

_COLUMNS = (
    Column(name="reference"),
    Column(name="booked_at"),
    Column(name="amount", kind=Kind.AMOUNT),
    Column(name="balance", kind=Kind.AMOUNT),
    Column(name="event"),
    Column(name="counterparty"),
    Column(name="uetr"),
    Column(name="end_to_end_id"),
    Column(name="transaction_hash"),
)


def statement_table(statement: Statement) -> Export:
    """Return the table of a statement: an entry a row, amounts in its currency, negative for a debit."""
    money, ins, outs = statement.currency, statement.credits, statement.debits
    return Export(
        title="statement",
        filters={
            "account": statement.account,
            "owner": statement.owner.bic,
            "currency": money.code,
            "from": moment(statement.from_time),
            "to": moment(statement.to_time),
        },
        height=statement.height,
        verification=statement.verification,
        columns=_COLUMNS,
        rows=tuple(
            (
                entry.reference,
                moment(entry.booked_at),
                decimal_text(entry.amount, money),
                decimal_text(entry.balance, money),
                entry.event,
                entry.counterparty.bic if entry.counterparty else None,
                entry.uetr,
                entry.end_to_end_id,
                "0x" + entry.transaction_hash.hex(),
            )
            for entry in statement.entries
        ),
        totals={
            "opening": decimal_text(statement.opening, money),
            "credits": decimal_text(ins.total, money),
            "credit entries": str(ins.count),
            "debits": decimal_text(outs.total, money),
            "debit entries": str(outs.count),
            "closing": decimal_text(statement.closing, money),
        },
    )


@lru_cache(maxsize=1024)
def moment(seconds: int) -> str:
    """Return UTC seconds as RFC 3339."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
