"""What must be true of a whole file of transfers: its count, its sums, its header against its transfers."""

from decimal import Context, Decimal

from settlement.iso20022.banks import text_at, tree_at
from settlement.iso20022.definitions import Definition
from settlement.iso20022.faults import FaultCode, Faults
from settlement.iso20022.reader import Tree
from settlement.iso20022.xml import ATTRIBUTE, TEXT

# A rule of the standard: either the group header says these, or the transfers do.
_STATED_ONCE = ("PmtTpInf", "IntrBkSttlmDt", "InstgAgt", "InstdAgt")
# Enough for the exact sum of as many 18-digit amounts as a file can hold.
_EXACT = Context(prec=64)


class FileChecks:
    """Checks a file whose transfers come in parts, each part in its order; `end` judges the whole."""

    def __init__(self, definition: Definition, faults: Faults) -> None:
        self._definition = definition
        self._faults = faults
        self._count = 0
        # None: an amount could not be read.
        self._total: Decimal | None = Decimal(0)
        self._monies: set[str | None] = set()
        self._uetrs: dict[str, int] = {}

    def add(self, group_header: Tree, contents: list[Tree]) -> None:
        """Note what does not fit in the next transfers; their places count from the first of them."""
        self._check_stated_once(group_header, contents)
        self._check_uetrs(contents)
        self._count += len(contents)
        for content in contents:
            text = text_at(content, self._definition.amount, TEXT)
            if text is None or self._total is None:
                self._total = None
            else:
                self._total = _EXACT.add(self._total, Decimal(text))
            self._monies.add(text_at(content, self._definition.amount, ATTRIBUTE + "Ccy"))

    def end(self, group_header: Tree) -> None:
        """Note where the header says otherwise than all transfers; without every amount no sum is judged."""
        path = f"{self._definition.root}/GrpHdr"
        if text_at(group_header, "SttlmInf", "SttlmMtd") == "COVE":
            detail = "COVE means that another message moves the money: settling this one would pay twice"
            self._faults.add(f"{path}/SttlmInf/SttlmMtd", FaultCode.SETTLED_ELSEWHERE, detail)
        if text_at(group_header, "GrpRtr") in ("true", "1"):
            detail = "a whole message at once is not returned: name each transaction"
            self._faults.add(f"{path}/GrpRtr", FaultCode.REFUSED_ELEMENT, detail)
        if self._count == 0:
            detail = f"the file has no {self._definition.element}"
            self._faults.add(self._definition.root, FaultCode.MISSING_ELEMENT, detail)
        announced = text_at(group_header, "NbOfTxs")
        if announced is not None and int(announced) != self._count:
            detail = f"the header announces {announced} transactions, the file has {self._count}"
            self._faults.add(f"{path}/NbOfTxs", FaultCode.WRONG_TRANSACTION_COUNT, detail)
        if self._total is not None:
            self._check_sums(path, group_header, self._total)

    def _check_sums(self, header_path: str, group_header: Tree, total: Decimal) -> None:
        control_sum = text_at(group_header, "CtrlSum")
        if control_sum is not None and Decimal(control_sum) != total:
            detail = f"the header's control sum is {control_sum}, the transactions sum to {total}"
            self._faults.add(f"{header_path}/CtrlSum", FaultCode.WRONG_CONTROL_SUM, detail)
        total_name = self._definition.total
        announced = text_at(group_header, total_name, TEXT)
        if announced is None:
            return
        money = text_at(group_header, total_name, ATTRIBUTE + "Ccy")
        others = ", ".join(sorted(map(str, self._monies - {money})))
        path = f"{header_path}/{total_name}"
        if others:
            detail = f"the header's total is in {money}, transactions are in {others}"
            self._faults.add(path, FaultCode.WRONG_TOTAL, detail)
        if Decimal(announced) != total:
            detail = f"the header's total is {announced}, the transactions sum to {total}"
            self._faults.add(path, FaultCode.WRONG_TOTAL, detail)

    def _check_stated_once(self, group_header: Tree, contents: list[Tree]) -> None:
        """Refuse a transfer that says otherwise than the header; one that repeats it does no harm."""
        for name in _STATED_ONCE:
            if name not in group_header:
                continue
            for index, content in enumerate(contents):
                if name in content and content[name] != group_header[name]:
                    path = f"{self._definition.place(index)}/{name}"
                    detail = f"{name} in the group header says something else"
                    self._faults.add(path, FaultCode.CONTRADICTION, detail)

    def _check_uetrs(self, contents: list[Tree]) -> None:
        for index, content in enumerate(contents):
            uetr = text_at(tree_at(content, "PmtId"), "UETR")
            if uetr is None:
                continue
            position = self._count + index
            first = self._uetrs.setdefault(uetr, position)
            if first != position:
                path = f"{self._definition.place(index)}/PmtId/UETR"
                detail = f"{uetr} is transaction {first + 1}'s already"
                self._faults.add(path, FaultCode.DUPLICATE_UETR, detail)
