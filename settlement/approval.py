"""Four eyes: when an instruction takes a second consent, and what the key that gives it signs (EIP-712).

The chain asks the same of what it gets (contracts/src/parts/Consents.sol): above a participant's threshold
of one UTC day an approve key signs over action, digest and deadline.
"""

from dataclasses import dataclass
from enum import StrEnum

from settlement.instruction import InstructionKind, keccak

# An approval counts for a week at most (`Consents.LONGEST_APPROVAL`); an hour of it is left to the clocks.
LONGEST_SECONDS = 7 * 86_400 - 3_600
SIGNATURE_BYTES = 65
_WORD_BYTES = 32

# What an approval is for: a signature for one action is worth nothing for another.
ACTION_OF_KIND = {
    InstructionKind.PAYMENT: keccak(b"pay"),
    InstructionKind.ISSUE: keccak(b"issue"),
    InstructionKind.REDEMPTION: keccak(b"requestRedemption"),
}
SETTLE = keccak(b"settle")
NET = keccak(b"net")

_DOMAIN_TYPE = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_APPROVAL_TYPE = keccak(b"Approval(bytes32 action,bytes32 digest,uint256 deadline)")
_NAME, _VERSION = keccak(b"Vostro"), keccak(b"1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A second consent. `deadline`: the last second (UTC) at which it counts.

    `signature` is over the instruction by its own action, `queue_signature` over the same as the queue
    takes it (None: it has no form for the queue); r ‖ s ‖ v, 65 bytes each.
    """

    deadline: int
    signature: bytes
    queue_signature: bytes | None


class Need(StrEnum):
    """Why an instruction waits for a second person."""

    ABOVE_LIMIT = "AboveLimit"  # the bank's own, in its node's settings
    ABOVE_THRESHOLD = "AboveThreshold"  # the participant's, on chain: what single keys consent to on one day
    POLICY_APPROVAL = "PolicyApproval"  # a rule of the bank's wants it
    POLICY_HOLD = "PolicyHold"  # a rule of the bank's holds it until somebody says why it may go


@dataclass(slots=True, kw_only=True)
class SingleKeyDay:
    """What single keys may consent to in one asset on one UTC day.

    `limit`: the largest amount of one instruction (None: no limit of its own); `threshold`: the largest
    total, as the chain has it; `total`: what was taken of it.
    """

    limit: int | None
    threshold: int
    total: int

    def need(self, amount: int) -> Need | None:
        """Tell why an amount takes two; None when one key is enough, and then it counts."""
        if self.limit is not None and amount > self.limit:
            return Need.ABOVE_LIMIT
        if self.total + amount > self.threshold:
            return Need.ABOVE_THRESHOLD
        self.total += amount
        return None


def approval_digest(*, chain_id: int, ledger: bytes, action: bytes, digest: bytes, deadline: int) -> bytes:
    """Return the 32 bytes that an approve key signs (`Ledger.approvalDigest`)."""
    domain = keccak(
        _DOMAIN_TYPE
        + _NAME
        + _VERSION
        + chain_id.to_bytes(_WORD_BYTES, "big")
        + ledger.rjust(_WORD_BYTES, b"\0")
    )
    approval = keccak(_APPROVAL_TYPE + action + digest + deadline.to_bytes(_WORD_BYTES, "big"))
    return keccak(b"\x19\x01" + domain + approval)


def approval_deadline(*, now: int, deadline: int) -> int:
    """Return until when an approval counts: as long as its instruction, and as the chain lets it."""
    return min(deadline, now + LONGEST_SECONDS)
