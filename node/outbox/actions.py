"""What a row of the outbox asks for, and how that is brought on chain."""

from enum import StrEnum

from settlement.instruction import InstructionKind


class Action(StrEnum):
    """What a row of the outbox asks for."""

    PAY = "pay"
    ISSUE = "issue"
    REQUEST_REDEMPTION = "request_redemption"
    VOID = "void"  # burns the sequence of its instruction
    CALL = "call"  # an administrative transaction, its calldata ready

    @property
    def contract(self) -> str:
        """Return the contract whose function brings it on chain; a `call` row names its own."""
        return "Payments" if self is Action.PAY else "Ledger"


ACTION_OF_KIND = {
    InstructionKind.PAYMENT: Action.PAY,
    InstructionKind.ISSUE: Action.ISSUE,
    InstructionKind.REDEMPTION: Action.REQUEST_REDEMPTION,
}
