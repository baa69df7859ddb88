"""Write camt.052.001.08, bank to customer account report: what is booked so far today."""

from settlement.iso20022.account_report import balance, entry_tree, message, opening, population, summary
from settlement.statement import Statement

NAME = "camt.052.001.08"
NAMESPACE = f"urn:iso:std:iso:20022:tech:xsd:{NAME}"
ROOT = "BkToCstmrAcctRpt"


def write(statement: Statement, *, created_at: int) -> bytes:
    """Return the report as XML; `created_at` in UTC seconds. The same values give the same bytes.

    Raise `AmountTooLarge` for a balance of more than 18 digits, which the message has no room for.
    """
    report = {
        **opening(statement, statement.identification, created_at),
        "Bal": [
            balance("OPBD", statement.opening, statement.from_time, statement),
            balance("ITBD", statement.closing, statement.to_time, statement),
        ],
        "TxsSummry": summary(statement),
        "Ntry": (entry_tree(entry, statement) for entry in statement.entries),
        "AddtlRptInf": population(statement),
    }
    return message(statement, ROOT, NAMESPACE, created_at, {"Rpt": report})
