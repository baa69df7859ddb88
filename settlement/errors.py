"""What the domain refuses, as one tree.

::

    SettlementError
    ├── InvalidValue                one value is wrong in itself; carries the value
    │   ├── InvalidAmount · AmountNotPositive · AmountTooLarge · TooManyDecimals
    │   ├── UnknownCurrency
    │   ├── InvalidBic · InvalidLei · InvalidUetr · InvalidMemberId · InvalidWord · InvalidDocument
    │   └── InvalidTrade
    ├── UnresolvedParty             a well-formed name that leads to no single participant
    │   └── UnknownParticipant · AmbiguousParticipant · ConflictingParticipant
    ├── InvalidMessage              a file that is not the message it must be
    │   └── NotXml · ForbiddenXml · WrongMessage · MessageTooLarge · FaultyMessage (lists every fault)
    ├── InvalidQueue                accounts and payments that no ledger has, or a file that is no queue
    ├── InvalidLetter               bytes that no node signed as a letter
    ├── InvalidScenario             what is to go wrong on a day, and can't on that one
    ├── InvalidEvidence             bytes that do not prove what they are shown for
    │   ├── InvalidRlp · InvalidHeader · InvalidTransaction · InvalidReceipt · InvalidProof · InvalidSeals
    │   └── InvalidBundle · InvalidCheckpoint · InvalidSample · UnprovenClaim
    └── BrokenRule                  one of R1–R10 does not hold: the writer must stop
        ├── ImpossibleTransition · ImpossibleBalance · MirrorGap · UnpostedEvent
        └── WrongBlockHash · WrongReceipts · WrongTransactions · WrongSeals
"""

import re
from dataclasses import dataclass


def code_of(name: str) -> str:
    """Return the stable name for programs of an error: its name in snake case."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class SettlementError(Exception):
    """The base of everything that is expected to go wrong.

    `code` is the stable name for programs (the class name in snake case), `detail` the sentence for
    people, `param` the field it speaks of, where there is one.
    """

    code: str = "settlement_error"

    def __init_subclass__(cls) -> None:
        """Give every leaf its code, so that no two places spell it."""
        cls.code = code_of(cls.__name__)

    def __init__(self, detail: str, *, param: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.param = param


class InvalidValue(SettlementError):
    """A single value that is wrong whatever else is true."""


class InvalidAmount(InvalidValue):
    """Not a decimal number in the form the message asks for."""


class AmountNotPositive(InvalidValue):
    """Zero or less: nothing can be settled."""


class AmountTooLarge(InvalidValue):
    """Above 2^63−1 minor units, the most an account can hold."""


class TooManyDecimals(InvalidValue):
    """More decimals than ISO 4217 gives the currency: rounding is never ours to do."""


class UnknownCurrency(InvalidValue):
    """Not an ISO 4217 currency with minor units."""


class InvalidBic(InvalidValue):
    """Not a business identifier code (ISO 9362)."""


class InvalidLei(InvalidValue):
    """Not a legal entity identifier (ISO 17442), or its check digits are wrong."""


class InvalidUetr(InvalidValue):
    """Not a lower-case UUID version 4."""


class InvalidMemberId(InvalidValue):
    """Not a clearing-system member identification."""


class InvalidWord(InvalidValue):
    """Not a well-formed packed word of the contracts."""


class InvalidDocument(InvalidValue):
    """Has no canonical JSON form (RFC 8785), so it can't be committed to."""


class InvalidTrade(InvalidValue):
    """Legs that are no instruction: too many, to the payer itself, or none of the initiator's."""


class UnresolvedParty(SettlementError):
    """A well-formed name of a bank that leads to no single participant."""


class UnknownParticipant(UnresolvedParty):
    """No participant is registered under this name."""


class AmbiguousParticipant(UnresolvedParty):
    """More than one participant is registered under this name, or no name was given."""


class ConflictingParticipant(UnresolvedParty):
    """The names given for one bank belong to different participants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong in a file: which transaction (0-based; None for the file), where in it, and why."""

    transaction: int | None
    path: str
    code: str
    detail: str


class InvalidMessage(SettlementError):
    """A file that can't be taken; nothing of it was."""


class NotXml(InvalidMessage):
    """Not well-formed XML."""


class ForbiddenXml(InvalidMessage):
    """A document type definition, an entity or a processing instruction: never read (XML bombs)."""


class WrongMessage(InvalidMessage):
    """Well-formed, but not a message this door takes."""


class MessageTooLarge(InvalidMessage):
    """Larger, deeper or with more transactions than the limit."""


class FaultyMessage(InvalidMessage):
    """The right message with at least one fault; `faults` lists them all, with their positions."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        first = faults[0]
        place = "the file" if first.transaction is None else f"transaction {first.transaction + 1}"
        super().__init__(f"{len(faults)} fault(s); the first, in {place} at {first.path}: {first.detail}")
        self.faults = faults


class InvalidQueue(SettlementError):
    """A queue to resolve that no ledger has, or a file that is not one."""


class InvalidLetter(SettlementError):
    """Not a letter of a node: wrong in its form, or not signed by the key it names."""


class InvalidScenario(SettlementError):
    """What is to go wrong on a day that is replayed can't on that one, or is too much to vary."""


class InvalidEvidence(SettlementError):
    """Evidence that does not prove what it is shown for."""


class InvalidRlp(InvalidEvidence):
    """Not the one RLP form of anything: too short, too long, or not in the shortest form."""


class InvalidHeader(InvalidEvidence):
    """Not a block header: a field too many, too few, or of another length."""


class InvalidTransaction(InvalidEvidence):
    """Not a signed transaction of a type that is known here."""


class InvalidReceipt(InvalidEvidence):
    """Not a receipt as it stands in a block's receipts trie."""


class InvalidProof(InvalidEvidence):
    """Trie nodes that do not lead from the root to the place, or more of them than lead there."""


class InvalidSeals(InvalidEvidence):
    """A block that the validators it must have did not seal, or not enough of them."""


class InvalidBundle(InvalidEvidence):
    """Not an evidence file that this version reads."""


class InvalidCheckpoint(InvalidEvidence):
    """Not a checkpoint file that this version reads."""


class InvalidSample(InvalidEvidence):
    """Not the sample that its manifest says it is: changed, missing, too much, or unsigned."""


class UnprovenClaim(InvalidEvidence):
    """The evidence is of something else than it claims, or of another chain than the checkpoint's."""


class BrokenRule(SettlementError):
    """One of the rules that never bend does not hold: stop writing and call a person (R10)."""


class ImpossibleTransition(BrokenRule):
    """The chain says something of an instruction that its state does not allow."""


class ImpossibleBalance(BrokenRule):
    """Postings lead to a balance that the contracts can't have: one of them is missing or made up (R5)."""


class MirrorGap(BrokenRule):
    """The chain and the mirror do not fit together (R4)."""


class UnpostedEvent(BrokenRule):
    """A contract that holds value said something of which nobody knows whether value moved (R5)."""


class WrongBlockHash(BrokenRule):
    """The header does not have the hash that was given with it."""


class WrongReceipts(BrokenRule):
    """The receipts are not those that the header commits to: one is false, missing or made up."""


class WrongTransactions(BrokenRule):
    """The transactions are not those that the header commits to."""


class WrongSeals(BrokenRule):
    """The validators did not seal the block, or not enough of them: it is not final."""
