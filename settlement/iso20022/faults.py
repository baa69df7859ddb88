"""How the readers collect everything that is wrong with a file, instead of stopping at the first thing."""

import re
from enum import StrEnum

from lxml import etree

from settlement.errors import Fault, FaultyMessage, SettlementError

FAULTS_MAX = 1000

_NAMESPACE = re.compile(r"\{[^}]*\}")


class FaultCode(StrEnum):
    """Why a part of a message is refused. A wrong value carries its own error's code instead."""

    UNKNOWN_ELEMENT = "unknown_element"
    REFUSED_ELEMENT = "refused_element"  # the standard has it; we can't honour what it asks
    MISSING_ELEMENT = "missing_element"
    REPEATED_ELEMENT = "repeated_element"
    MISPLACED_ELEMENT = "misplaced_element"
    UNEXPECTED_TEXT = "unexpected_text"
    UNKNOWN_ATTRIBUTE = "unknown_attribute"
    MISSING_ATTRIBUTE = "missing_attribute"
    INVALID_TEXT = "invalid_text"
    UNKNOWN_CODE = "unknown_code"
    NOT_IN_SCHEMA = "not_in_schema"  # found by the official schema
    WRONG_TRANSACTION_COUNT = "wrong_transaction_count"
    WRONG_CONTROL_SUM = "wrong_control_sum"
    WRONG_TOTAL = "wrong_total"
    MISSING_SETTLEMENT_DATE = "missing_settlement_date"
    CONTRADICTION = "contradiction"  # the group header and a transaction say different things
    DUPLICATE_UETR = "duplicate_uetr"
    UNNAMED_BANK = "unnamed_bank"
    SEVERAL_SENDERS = "several_senders"
    HEADER_DISAGREES = "header_disagrees"  # the business application header and the document
    COPY = "copy"
    SETTLED_ELSEWHERE = "settled_elsewhere"
    TOO_MANY_FAULTS = "too_many_faults"


class Faults:
    """The faults of one file in the order found; a path through `repeated` tells the transaction.

    `first`: how many transactions of the file came before those at hand, where it is read in parts.
    """

    def __init__(self, repeated: str = "", limit: int = FAULTS_MAX) -> None:
        self._transaction = re.compile(rf"(?:^|/){repeated}(?:\[(\d+)\])?(?:/|$)") if repeated else None
        self._repeated = repeated
        self._found: list[Fault] = []
        self._limit = limit
        self.first = 0

    def add(self, path: str, code: str, detail: str, *, transaction: int | None = None) -> None:
        """Note a fault; at the limit raise `FaultyMessage`, for the rest would be more of the same."""
        match = self._transaction.search(path) if self._transaction else None
        if match:
            transaction = int(match[1] or 1) - 1 + self.first
            path = self._in_the_file(path, match, transaction)
        self._found.append(Fault(transaction=transaction, path=path, code=str(code), detail=detail))
        if len(self._found) >= self._limit:
            more = "more faults than can be listed: mend these and send the file again"
            self._found.append(Fault(transaction=None, path="", code=FaultCode.TOO_MANY_FAULTS, detail=more))
            self.raise_any()

    def _in_the_file(self, path: str, match: re.Match[str], transaction: int) -> str:
        if not self.first:
            return path
        before, _, _ = match[0].partition(self._repeated)
        after = path[match.end() - match[0].endswith("/") :]
        return f"{path[: match.start()]}{before}{self._repeated}[{transaction + 1}]{after}"

    def add_error(self, path: str, error: SettlementError) -> None:
        """Note a wrong value by its own error."""
        self.add(path, error.code, error.detail)

    @property
    def found(self) -> tuple[Fault, ...]:
        """What was noted so far."""
        return tuple(self._found)

    def raise_any(self) -> None:
        """Raise `FaultyMessage` if anything was noted."""
        if self._found:
            raise FaultyMessage(self.found)


def path_of(element: etree._Element) -> str:
    """Return where an element stands, without namespaces: ``FIToFICstmrCdtTrf/CdtTrfTxInf[2]/PmtId``.

    Found only when there is a fault, so that reading sound files costs nothing for it.
    """
    tree = element.getroottree()
    inner = tree.getelementpath(element)
    path = local_name(str(tree.getroot().tag) if inner == "." else inner)
    return path.removeprefix("Document/")


def local_name(name: str) -> str:
    """Return a tag, or a path of tags, without namespaces."""
    return _NAMESPACE.sub("", name)
