"""Write camt.029.001.09, resolution of investigation: what became of a request to cancel payments."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from settlement.identifiers import BankReference
from settlement.iso20022.camt056 import RecalledPayment
from settlement.iso20022.elements import agent_tree, time_text
from settlement.iso20022.reader import Tree
from settlement.iso20022.xml import write as write_xml

NAME = "camt.029.001.09"
NAMESPACE = f"urn:iso:std:iso:20022:tech:xsd:{NAME}"
ROOT = "RsltnOfInvstgtn"
_PROPRIETARY_CHARACTERS_MAX = 35
_INFORMATION_CHARACTERS_MAX = 105
# ISO's external code for a payment that was never received.
_CODES = {"not_found": "NOOR"}


class RecallStatus(StrEnum):
    """What became of one of them (CancellationIndividualStatus1Code)."""

    ACCEPTED = "ACCR"
    REJECTED = "RJCR"
    PENDING = "PDCR"


class Confirmation(StrEnum):
    """What became of all of them (ExternalInvestigationExecutionConfirmation1Code)."""

    CANCELLED = "CNCL"
    PARTLY = "PECR"
    PENDING = "PDCR"
    REJECTED = "RJCR"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallOutcome:
    """A payment as the request names it, and what became of that; `reason` a name, `detail` for people."""

    payment: RecalledPayment
    status: RecallStatus
    reason: str | None = None
    detail: str | None = None


def confirmation(outcomes: Sequence[RecallOutcome]) -> Confirmation:
    """Return the word for all: pending while any is."""
    found = {outcome.status for outcome in outcomes}
    if RecallStatus.PENDING in found:
        return Confirmation.PENDING
    if len(found) > 1:
        return Confirmation.PARTLY
    return Confirmation.CANCELLED if RecallStatus.ACCEPTED in found else Confirmation.REJECTED


def write(
    *,
    message_id: str,
    created_at: int,
    bank: BankReference,
    case_id: str | None,
    outcomes: Sequence[RecallOutcome],
) -> bytes:
    """Return the resolution as XML; `created_at` in UTC seconds. The same values give the same bytes."""
    agent: Tree = {"Agt": agent_tree(bank)}
    tree: Tree = {
        "Assgnmt": {"Id": message_id, "Assgnr": agent, "Assgne": agent, "CreDtTm": time_text(created_at)}
    }
    if case_id is not None:
        tree["RslvdCase"] = {"Id": case_id, "Cretr": agent}
    tree["Sts"] = {"Conf": confirmation(outcomes).value}
    tree["CxlDtls"] = {"TxInfAndSts": [_outcome(outcome) for outcome in outcomes]}
    return write_xml(ROOT, NAMESPACE, tree)


def _outcome(outcome: RecallOutcome) -> Tree:
    payment = outcome.payment
    group: Tree | None = None
    if payment.message_id is not None and payment.message_name is not None:
        group = {"OrgnlMsgId": payment.message_id, "OrgnlMsgNmId": payment.message_name}
    tree: Tree = {
        "CxlStsId": payment.cancellation_id,
        "OrgnlGrpInf": group,
        "OrgnlInstrId": payment.instruction_id,
        "OrgnlEndToEndId": payment.end_to_end_id,
        "OrgnlTxId": payment.transaction_id,
        "OrgnlUETR": payment.uetr,
        "TxCxlSts": outcome.status.value,
        "CxlStsRsnInf": _reason(outcome),
    }
    return {name: value for name, value in tree.items() if value is not None}


def _reason(outcome: RecallOutcome) -> Tree | None:
    if outcome.reason is None:
        return None
    code = _CODES.get(outcome.reason)
    tree: Tree = {"Rsn": {"Cd": code} if code else {"Prtry": outcome.reason[:_PROPRIETARY_CHARACTERS_MAX]}}
    if outcome.detail:
        size = _INFORMATION_CHARACTERS_MAX
        tree["AddtlInf"] = [outcome.detail[at : at + size] for at in range(0, len(outcome.detail), size)]
    return tree
