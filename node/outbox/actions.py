"""What a row of the outbox asks for, and how that is brought on chain."""

from enum import StrEnum

from settlement.instruction import InstructionKind


class Action(StrEnum):
    """What a row of the outbox asks for."""

    PAY = "pay"
    SUBMIT = "submit"  # the same payment to the queue, which takes what lacks money
    ISSUE = "issue"
    REQUEST_REDEMPTION = "request_redemption"
    VOID = "void"  # burns the sequence of its instruction
    CANCEL = "cancel"  # takes its instruction from the queue
    WITHDRAW = "withdraw"  # likewise while another's consent is missing
    SWEEP = "sweep"  # ends its instruction in the queue when its time is over
    CALL = "call"  # an administrative transaction, its calldata ready

    @property
    def contract(self) -> str:
        """Return the contract whose function brings it on chain; a `call` row names its own."""
        if self is Action.PAY:
            return "Payments"
        return "Settlement" if self in _OF_QUEUE else "Ledger"

    @property
    def instructs(self) -> bool:
        """Tell whether it brings an instruction on chain, so that it may settle."""
        return self in _INSTRUCTING

    @property
    def takes_back(self) -> bool:
        """Tell whether it ends an instruction because its bank wants so."""
        return self in _TAKING_BACK


_OF_QUEUE = frozenset({Action.SUBMIT, Action.CANCEL, Action.WITHDRAW, Action.SWEEP})
_INSTRUCTING = frozenset({Action.PAY, Action.SUBMIT, Action.ISSUE, Action.REQUEST_REDEMPTION})
_TAKING_BACK = frozenset({Action.VOID, Action.CANCEL, Action.WITHDRAW})

ACTION_OF_KIND = {
    InstructionKind.PAYMENT: Action.PAY,
    InstructionKind.ISSUE: Action.ISSUE,
    InstructionKind.REDEMPTION: Action.REQUEST_REDEMPTION,
}
