"""Write camt.054.001.08, bank to customer debit and credit notification: one notification an entry."""

from settlement.iso20022.account_report import entry_tree, message, opening, population
from settlement.statement import Statement

NAME = "camt.054.001.08"
NAMESPACE = f"urn:iso:std:iso:20022:tech:xsd:{NAME}"
ROOT = "BkToCstmrDbtCdtNtfctn"


def write(statement: Statement, *, created_at: int) -> bytes:
    """Return a notification of each entry as XML; `created_at` in UTC seconds.

    Each is named by account and reference (``840-7-1207-3``), the same whenever it is written. A statement
    without entries has nothing to notify of; the message then says so in one empty notification.
    """
    told = population(statement)
    notifications = (
        {
            **opening(statement, f"{statement.account}-{entry.reference}", created_at),
            "Ntry": entry_tree(entry, statement),
            "AddtlNtfctnInf": told,
        }
        for entry in statement.entries
    )
    nothing = [{**opening(statement, statement.identification, created_at), "AddtlNtfctnInf": told}]
    return message(
        statement, ROOT, NAMESPACE, created_at, {"Ntfctn": notifications if statement.entries else nothing}
    )
