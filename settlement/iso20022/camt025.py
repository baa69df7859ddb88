"""Write camt.025.001.08, receipt: what became of a liquidity credit transfer (camt.050)."""

from settlement.iso20022.elements import time_text
from settlement.iso20022.pacs002 import TransactionStatus, reason_tree
from settlement.iso20022.reader import Tree
from settlement.iso20022.statuses import transaction_status
from settlement.iso20022.xml import write as write_xml

NAME = "camt.025.001.08"
NAMESPACE = f"urn:iso:std:iso:20022:tech:xsd:{NAME}"
ROOT = "Rct"


def write(*, message_id: str, created_at: int, transfer: TransactionStatus) -> bytes:
    """Return the receipt as XML; `created_at` in UTC seconds. The same values give the same bytes.

    The status is the one that a pacs.002 would have, as a proprietary code.
    """
    tree: Tree = {
        "MsgHdr": {"MsgId": message_id, "CreDtTm": time_text(created_at)},
        "RctDtls": _details(transfer),
    }
    return write_xml(ROOT, NAMESPACE, tree)


def _details(transfer: TransactionStatus) -> Tree:
    details: Tree = {
        "OrgnlMsgId": {"MsgId": transfer.original_message_id, "MsgNmId": transfer.original_message_name}
    }
    if transfer.uetr is not None:
        details["OrgnlPmtId"] = {"UETR": transfer.uetr}
    handling: Tree = {"Sts": {"Prtry": transaction_status(transfer.shown)}}
    if reason := reason_tree(transfer):
        handling["StsRsn"] = reason
    return {**details, "ReqHdlg": handling}
