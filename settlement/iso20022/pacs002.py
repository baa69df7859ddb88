"""Write pacs.002.001.10, FI to FI payment status report: what became of each transaction of a file."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from settlement.document import Json
from settlement.identifiers import BankReference
from settlement.iso20022.elements import agent_tree, time_text
from settlement.iso20022.reader import Tree
from settlement.iso20022.statuses import STATUS_REASON, transaction_status
from settlement.iso20022.xml import write as write_xml

NAME = "pacs.002.001.10"
NAMESPACE = f"urn:iso:std:iso:20022:tech:xsd:{NAME}"
ROOT = "FIToFIPmtStsRpt"

_INFORMATION_CHARACTERS_MAX = 105
_PROPRIETARY_CHARACTERS_MAX = 35


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionStatus:
    """A transaction as its sender knows it, and its shown state; `amount` in minor units of `currency`.

    `reason` is a name of the contracts' Refusal or a fault's code, `detail` the sentence for people.
    `settled_at` (UTC seconds) and `reference` (the ledger's) come with settlement.
    """

    original_message_id: str
    original_message_name: str
    original_created_at: str | None = None
    instruction_id: str | None = None
    end_to_end_id: str | None = None
    transaction_id: str | None = None
    uetr: str | None = None
    currency: str
    amount: int
    shown: str
    reason: str | None = None
    detail: str | None = None
    settled_at: int | None = None
    reference: str | None = None


def write(
    *,
    message_id: str,
    created_at: int,
    sender: BankReference,
    receiver: BankReference,
    transactions: Sequence[TransactionStatus],
    control: Sequence[tuple[str, str]] = (),
) -> bytes:
    """Return the report as XML; `created_at` in UTC seconds. The same values give the same bytes.

    All transactions are of one original message. `control`: by name what tells a reader that nothing is
    missing, the facts of `settlement.status_table`.
    """
    tree: Tree = {
        "GrpHdr": {
            "MsgId": message_id,
            "CreDtTm": time_text(created_at),
            "InstgAgt": agent_tree(sender),
            "InstdAgt": agent_tree(receiver),
        },
        "OrgnlGrpInfAndSts": _group(transactions, control),
        "TxInfAndSts": [_transaction(transaction) for transaction in transactions],
    }
    return write_xml(ROOT, NAMESPACE, tree)


def _group(transactions: Sequence[TransactionStatus], control: Sequence[tuple[str, str]]) -> Tree:
    counts = Counter(transaction_status(transaction.shown) for transaction in transactions)
    return {
        **_original(transactions[0]),
        "StsRsnInf": {"AddtlInf": _pieces(*(f"{name}: {value}" for name, value in control))},
        "NbOfTxsPerSts": [
            {"DtldNbOfTxs": str(count), "DtldSts": status} for status, count in sorted(counts.items())
        ],
    }


def _original(transaction: TransactionStatus) -> Tree:
    return _present(
        {
            "OrgnlMsgId": transaction.original_message_id,
            "OrgnlMsgNmId": transaction.original_message_name,
            "OrgnlCreDtTm": transaction.original_created_at,
        }
    )


def _transaction(transaction: TransactionStatus) -> Tree:
    settled = transaction.settled_at
    tree: Tree = {
        "OrgnlGrpInf": _original(transaction),
        "OrgnlInstrId": transaction.instruction_id,
        "OrgnlEndToEndId": transaction.end_to_end_id,
        "OrgnlTxId": transaction.transaction_id,
        "OrgnlUETR": transaction.uetr,
        "TxSts": transaction_status(transaction.shown),
        "StsRsnInf": reason_tree(transaction) or None,
        "FctvIntrBkSttlmDt": None if settled is None else {"DtTm": time_text(settled)},
        "AcctSvcrRef": transaction.reference,
    }
    return _present(tree)


def reason_tree(transaction: TransactionStatus) -> Tree:
    """Return why it stands so, by ISO's code or by name, and the sentence for people; empty for neither."""
    reason = transaction.reason or ("expired" if transaction.shown == "expired" else None)
    tree: Tree = {}
    if reason is not None:
        code = STATUS_REASON.get(reason)
        tree["Rsn"] = {"Cd": code} if code else {"Prtry": reason[:_PROPRIETARY_CHARACTERS_MAX]}
    if transaction.detail:
        tree["AddtlInf"] = _pieces(transaction.detail)
    return tree


def _pieces(*texts: str) -> list[Json]:
    """Return texts cut where an element has no more room."""
    size = _INFORMATION_CHARACTERS_MAX
    return [text[start : start + size] for text in texts for start in range(0, len(text), size)]


def _present(tree: Tree) -> Tree:
    return {name: value for name, value in tree.items() if value is not None}
