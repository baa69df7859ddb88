"""What is asked to be taken in, as one thing: a submission; and what it turned out to repeat."""

from collections.abc import Sequence
from dataclasses import dataclass

from node.errors import DuplicateMessage
from node.services.answers import Request
from node.services.requests import PaymentRequest
from settlement.errors import Fault, FaultyMessage, SettlementError, UnresolvedParty
from settlement.instruction import InstructionKind

FAULTS_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePart:
    """A file whose transactions at `positions` are being accepted; None: all, from 0."""

    id: str
    positions: Sequence[int] | None = None

    def position(self, index: int) -> int:
        """Return where in the file the request of this index stands."""
        return index if self.positions is None else self.positions[index]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile(FilePart):
    """A message file that is being accepted whole. `sender` is its BIC as registered."""

    sender: str
    message_id: str
    message_name: str
    body_digest: bytes

    @property
    def request(self) -> Request:
        """What the file is known by: its sender and message id."""
        return Request(
            actor=f"file {self.sender}",
            key=self.message_id,
            digest=self.body_digest,
            conflict=DuplicateMessage,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Instructions of one kind that are taken together or not at all.

    `asked_by` is the id of who asks, `entered_by` the name of that person or program.
    """

    request: Request
    asked_by: str
    entered_by: str
    kind: InstructionKind
    requests: Sequence[PaymentRequest]
    file: FilePart | None = None
    # The caller's own idempotency key, where the request itself is known by something else.
    keyed: Request | None = None

    @property
    def known_by(self) -> tuple[Request, ...]:
        """What its first answer is kept under; the caller's own key is looked at first."""
        return (self.request,) if self.keyed is None else (self.keyed, self.request)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An instruction that was accepted before, found by its UETR."""

    id: str
    uetr: str
    end_to_end_id: str
    content_digest: bytes


class FaultyRequests(SettlementError):
    """Some of many requests are wrong: each fault with its position; not seen outside the services."""

    def __init__(self, faults: Sequence[tuple[int, SettlementError]]) -> None:
        super().__init__(f"{len(faults)} of the requests are wrong")
        self.faults = faults


def faulty_message(found: FaultyRequests) -> FaultyMessage:
    """Return the faults as the domain lists them."""
    return FaultyMessage(
        tuple(
            Fault(transaction=position, path=_path(error), code=error.code, detail=error.detail)
            for position, error in found.faults
        )
    )


def _path(error: SettlementError) -> str:
    return "payee" if isinstance(error, UnresolvedParty) else error.param or ""
