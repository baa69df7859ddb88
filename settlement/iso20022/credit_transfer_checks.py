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


def check_file(definition: Definition, group_header: Tree, contents: list[Tree], faults: Faults) -> None:
    """Note what does not fit together. A sum with an unreadable amount in it is not judged."""
    header_path = f"{definition.root}/GrpHdr"
    _check_method(header_path, group_header, faults)
    _check_count(header_path, group_header, len(contents), faults)
    _check_sums(header_path, group_header, contents, faults)
    _check_stated_once(definition, group_header, contents, faults)
    _check_uetrs(definition, contents, faults)


def _check_method(header_path: str, group_header: Tree, faults: Faults) -> None:
    if text_at(group_header, "SttlmInf", "SttlmMtd") == "COVE":
        detail = "COVE means that another message moves the money: settling this one would pay twice"
        faults.add(f"{header_path}/SttlmInf/SttlmMtd", FaultCode.SETTLED_ELSEWHERE, detail)


def _check_count(header_path: str, group_header: Tree, count: int, faults: Faults) -> None:
    announced = text_at(group_header, "NbOfTxs")
    if announced is not None and int(announced) != count:
        detail = f"the header announces {announced} transactions, the file has {count}"
        faults.add(f"{header_path}/NbOfTxs", FaultCode.WRONG_TRANSACTION_COUNT, detail)


def _check_sums(header_path: str, group_header: Tree, contents: list[Tree], faults: Faults) -> None:
    texts = [text_at(content, "IntrBkSttlmAmt", TEXT) for content in contents]
    total = Decimal(0)
    for text in texts:
        if text is None:
            return
        total = _EXACT.add(total, Decimal(text))
    control_sum = text_at(group_header, "CtrlSum")
    if control_sum is not None and Decimal(control_sum) != total:
        detail = f"the header's control sum is {control_sum}, the transactions sum to {total}"
        faults.add(f"{header_path}/CtrlSum", FaultCode.WRONG_CONTROL_SUM, detail)
    announced = text_at(group_header, "TtlIntrBkSttlmAmt", TEXT)
    if announced is None:
        return
    money = text_at(group_header, "TtlIntrBkSttlmAmt", ATTRIBUTE + "Ccy")
    others = {text_at(content, "IntrBkSttlmAmt", ATTRIBUTE + "Ccy") for content in contents} - {money}
    path = f"{header_path}/TtlIntrBkSttlmAmt"
    if others:
        detail = (
            f"the header's total is in {money}, transactions are in {', '.join(sorted(map(str, others)))}"
        )
        faults.add(path, FaultCode.WRONG_TOTAL, detail)
    if Decimal(announced) != total:
        detail = f"the header's total is {announced}, the transactions sum to {total}"
        faults.add(path, FaultCode.WRONG_TOTAL, detail)


def _check_stated_once(
    definition: Definition, group_header: Tree, contents: list[Tree], faults: Faults
) -> None:
    """Refuse a transfer that says otherwise than the header; one that repeats it does no harm."""
    for name in _STATED_ONCE:
        if name not in group_header:
            continue
        for position, content in enumerate(contents):
            if name in content and content[name] != group_header[name]:
                path = f"{definition.place(position)}/{name}"
                faults.add(path, FaultCode.CONTRADICTION, f"{name} in the group header says something else")


def _check_uetrs(definition: Definition, contents: list[Tree], faults: Faults) -> None:
    first: dict[str, int] = {}
    for position, content in enumerate(contents):
        uetr = text_at(tree_at(content, "PmtId"), "UETR")
        if uetr is not None and first.setdefault(uetr, position) != position:
            path = f"{definition.place(position)}/PmtId/UETR"
            faults.add(path, FaultCode.DUPLICATE_UETR, f"{uetr} is transaction {first[uetr] + 1}'s already")
