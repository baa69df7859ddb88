"""Our states and refusals in ISO 20022's words: its code lists of transaction status and status reason."""

from settlement.errors import InvalidDocument

TRANSACTION_STATUS = {
    "accepted": "ACTC",  # checked and recorded, nothing sent yet
    "awaiting_approval": "PDNG",
    "submitted": "ACSP",
    "queued": "PDNG",
    "held": "PDNG",
    "settled": "ACSC",
    "rejected": "RJCT",
    "cancelled": "CANC",
    "expired": "RJCT",
    "unknown": "PDNG",  # no claim either way (R3)
}

# The contracts' enum Refusal (contracts/src/types/Instruction.sol), and what the node itself refuses.
STATUS_REASON = {
    "MalformedTerms": "ED05",  # settlement failed
    "AmountOutOfRange": "AM12",  # invalid amount
    "SelfPayment": "AG03",  # transaction not supported
    "SequenceUsed": "AM05",  # duplication
    "PayerSuspended": "AC06",  # blocked account
    "OutgoingStopped": "AC06",
    "AccountNotOpen": "AC02",  # invalid debtor account
    "AccountFrozen": "AC06",
    "PayeeUnknown": "RC04",  # invalid creditor bank identifier
    "PayeeAccountNotOpen": "AC03",  # invalid creditor account
    "InstructionLimit": "AM02",  # greater than the allowed maximum
    "DayLimit": "AM21",  # limit exceeded
    "InsufficientFunds": "AM04",
    "ReserveTouched": "AM23",  # exceeds the settlement limit
    "BilateralLimit": "AM21",
    "ApprovalMissing": "AG08",  # invalid or missing access right
    "ApprovalExpired": "AG08",
    "ApprovalInvalid": "AG08",
    "ApprovalTooLong": "AG08",
    "CutOff": "TM01",  # after the cut-off time
    "LegsOutOfRange": "AG03",
    "InitiatorNotParty": "AG03",
    "TooManyDebtors": "AG03",
    "SponsorMismatch": "AGNT",  # incorrect agent
    "NotParty": "AG08",
    "TooManyProposals": "AM21",
    "Lapsed": "TM01",
    "NotYetValid": "DT01",  # invalid date
    "NotWaiting": "ED05",
    "ConsentMissing": "AG08",
    "Held": "ED05",
    "SetUnordered": "ED05",
    "SetTooLarge": "ED05",
    "UrgentWaiting": "ED05",
    "AcceptanceNeeded": "AG03",
    "CounterNotNext": "ED05",
    "expired": "TM01",
    "DeadlinePassed": "TM01",  # the node's own
    "DayLimitReached": "AM21",  # the node's own signer
    "PolicyRefused": "AG08",
    "NotApproved": "AG08",
    "ApproverRejected": "AG08",  # a person of the payer's bank
}


def transaction_status(shown: str) -> str:
    """Return the status code of a shown state; raise `InvalidDocument` for a word that is none."""
    try:
        return TRANSACTION_STATUS[shown]
    except KeyError:
        raise InvalidDocument(f"{shown!r} is not a shown state", param="status") from None
