"""A camt.053 read back by a parser that is not ours, and its totals, to hold against the ledger's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pycamt.parser import Camt053Parser

from settlement.money import currency


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementTotals:
    """What a statement says, in minor units of its currency."""

    currency: str
    opening: int
    closing: int
    credits: int
    debits: int

    def adds_up(self) -> bool:
        """Tell whether the entries lead from the opening to the closing balance."""
        return self.opening + self.credits - self.debits == self.closing


def read_back(statement: bytes) -> StatementTotals:
    """Return the totals of a file with one statement."""
    parser = Camt053Parser(statement)
    (information,) = parser.get_statement_info()
    code = information["Currency"]
    entries = parser.get_transactions()
    return StatementTotals(
        currency=code,
        opening=_minor_units(information["OpeningBalance"], code),
        closing=_minor_units(information["ClosingBalance"], code),
        credits=_sum(entries, "CRDT", code),
        debits=_sum(entries, "DBIT", code),
    )


def _sum(entries: Iterable[Mapping[str, Any]], side: str, code: str) -> int:
    return sum(
        _minor_units(entry["Amount"], code) for entry in entries if entry["CreditDebitIndicator"] == side
    )


def _minor_units(text: str, code: str) -> int:
    """Read an amount exactly; the domain's own reader takes no zero, which a balance may be."""
    whole, _, fraction = text.partition(".")
    exponent = currency(code).exponent
    # The parser writes a negative balance by way of a float, whose only decimal may be one zero too many.
    return int(whole + fraction[:exponent].ljust(exponent, "0"))
