"""Write camt.053.001.08, bank to customer statement: one statement of one account."""

from settlement.iso20022.account_report import balance, entry_tree, message, opening, population, summary
from settlement.statement import Statement

NAME = "camt.053.001.08"
NAMESPACE = f"urn:iso:std:iso:20022:tech:xsd:{NAME}"
ROOT = "BkToCstmrStmt"


def write(statement: Statement, *, created_at: int) -> bytes:
    """Return the statement as XML; `created_at` in UTC seconds. The same values give the same bytes.

    Raise `AmountTooLarge` for a balance of more than 18 digits, which the message has no room for.
    """
    report = {
        **opening(statement, statement.identification, created_at),
        "Bal": [
            balance("OPBD", statement.opening, statement.from_time, statement),
            balance("CLBD", statement.closing, statement.to_time, statement),
        ],
        "TxsSummry": summary(statement),
        "Ntry": (entry_tree(entry, statement) for entry in statement.entries),
        "AddtlStmtInf": population(statement),
    }
    return message(statement, ROOT, NAMESPACE, created_at, {"Stmt": report})
