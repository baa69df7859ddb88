"""A statement in any form: the messages of ISO 20022, and the twins of its table."""

from node.services.exports.forms import FORMS
from settlement.iso20022 import camt052, camt053, camt054
from settlement.statement import Statement
from settlement.statement_table import statement_table

_MESSAGES = {"camt.053": camt053.write, "camt.052": camt052.write, "camt.054": camt054.write}
XML = "application/xml"
STATEMENT_FORMS = (*_MESSAGES, *FORMS)


def write_statement(statement: Statement, form: str, *, created_at: int) -> tuple[bytes, str]:
    """Return a statement in one of `STATEMENT_FORMS` with its media type; `created_at` in UTC seconds."""
    if form in _MESSAGES:
        return _MESSAGES[form](statement, created_at=created_at), XML
    return FORMS[form].write(statement_table(statement)), FORMS[form].media_type
