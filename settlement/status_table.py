"""What became of payments as a table: its count, sums and digest are what a pacs.002 carries of them."""

from collections import Counter
from collections.abc import Iterable, Mapping

from settlement.export import Column, Export, Kind
from settlement.iso20022.pacs002 import TransactionStatus
from settlement.iso20022.statuses import transaction_status
from settlement.money import currency, decimal_text
from settlement.statement_table import moment

_COLUMNS = (
    Column(name="uetr"),
    Column(name="end_to_end_id"),
    Column(name="status"),
    Column(name="reason"),
    Column(name="settled_at"),
    Column(name="reference"),
    Column(name="currency"),
    Column(name="amount", kind=Kind.AMOUNT),
)


def status_table(
    transactions: Iterable[TransactionStatus], *, filters: Mapping[str, str], height: int, verification: str
) -> Export:
    """Return a row for each transaction in its order, and as totals their sum in each currency."""
    rows = []
    totals: Counter[str] = Counter()
    for each in transactions:
        totals[each.currency] += each.amount
        rows.append(
            (
                each.uetr,
                each.end_to_end_id,
                transaction_status(each.shown),
                each.reason,
                None if each.settled_at is None else moment(each.settled_at),
                each.reference,
                each.currency,
                decimal_text(each.amount, currency(each.currency)),
            )
        )
    return Export(
        title="payment status",
        filters=filters,
        height=height,
        verification=verification,
        columns=_COLUMNS,
        rows=tuple(rows),
        totals={code: decimal_text(total, currency(code)) for code, total in sorted(totals.items())},
    )
