"""What an event in a receipt settles: read from its words, without a contract's ABI."""

from dataclasses import dataclass

from settlement.document import Json, canonical, commitment
from settlement.errors import InvalidDocument, InvalidValue, InvalidWord, UnprovenClaim
from settlement.evidence.checkpoint import Checkpoint
from settlement.evidence.declared import TOPICS
from settlement.evidence.receipts import ReceiptLog
from settlement.instruction import (
    Leg,
    initiator_and_sequence,
    instruction_digest,
    leg_from_word,
    terms_from_word,
)
from settlement.iso20022.banks import text_at
from settlement.iso20022.xml import ATTRIBUTE, TEXT
from settlement.money import amount_from_decimal, currency

_WORD_BYTES = 32
# The events by which value moves for an instruction.
_SETTLING = frozenset(
    {
        ("Payments", "Paid"),
        ("Ledger", "Issued"),
        ("Ledger", "RedemptionRequested"),
        ("Ledger", "Redeemed"),
        ("Settlement", "Settled"),
        ("Netting", "CycleSettled"),  # for every payment of a cycle
    }
)
_TRANSFER, _AMOUNT = "CdtTrfTxInf", "IntrBkSttlmAmt"
_LEGS_OFFSET = 3 * _WORD_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What was settled. `committed` is the commitment; for one with a `head` the instruction's digest."""

    initiator: int
    sequence: int
    legs: tuple[Leg, ...]
    committed: bytes
    head: int | None = None

    def sentence(self, what: str = "instruction") -> str:
        """Return what was settled, for people."""
        moved = "; ".join(
            f"participant {leg.payer} to {leg.payee}: {leg.amount} minor units of asset {leg.asset}"
            for leg in self.legs
        )
        return f"{what} {self.sequence} of participant {self.initiator}: {moved}"

    def require_document(self, document: dict[str, Json], salt: bytes, checkpoint: Checkpoint) -> None:
        """Raise `UnprovenClaim` unless the chain committed to this document when it settled this."""
        try:
            made = commitment(canonical(document), salt)
        except InvalidDocument as error:
            raise UnprovenClaim(error.detail) from None
        if self.head is not None:
            made = instruction_digest(
                chain_id=checkpoint.chain_id,
                ledger=checkpoint.address("Ledger"),
                head=self.head,
                commitment=made,
                legs=self.legs,
            )
        if made != self.committed:
            raise UnprovenClaim("the document or its salt is not the one the chain committed to")
        self._require_amount_of(document)

    def _require_amount_of(self, document: dict[str, Json]) -> None:
        """Raise `UnprovenClaim` when the document is a message with another amount or currency than settled.

        What has no amount of its own (a payment given as JSON) takes it from the chain.
        """
        text = text_at(document, _TRANSFER, _AMOUNT, TEXT)
        if text is None:
            return
        try:
            money = currency(text_at(document, _TRANSFER, _AMOUNT, ATTRIBUTE + "Ccy") or "")
            said = [(money.number, amount_from_decimal(text, money))]
        except InvalidValue as error:
            raise UnprovenClaim(f"the document has no amount: {error.detail}") from None
        if said != [(leg.asset, leg.amount) for leg in self.legs]:
            raise UnprovenClaim(f"the document says {text} {money.code}, which is not what settled")


def topic_of(contract: str, event: str) -> bytes:
    """Return the first topic of an event that settles; raise `UnprovenClaim` for any other."""
    if (contract, event) not in _SETTLING:
        raise UnprovenClaim(f"{contract}.{event} settles nothing")
    return TOPICS[contract, event]


def claim_of(event: str, log: ReceiptLog) -> Claim:
    """Read what a log of one of these events settled; raise `UnprovenClaim`."""
    words = [log.data[place : place + _WORD_BYTES] for place in range(0, len(log.data), _WORD_BYTES)]
    try:
        if event == "Settled":
            return _of_many_legs(words)
        return _of_terms(words)
    except InvalidWord as error:
        raise UnprovenClaim(f"{event} does not say what it must: {error.detail}") from None


def _of_terms(words: list[bytes]) -> Claim:
    if [len(word) for word in words] != [_WORD_BYTES, _WORD_BYTES]:
        raise InvalidWord("it has not two words", param="terms")
    terms = terms_from_word(int.from_bytes(words[0], "big"))
    leg = Leg(asset=terms.asset, payer=terms.payer, payee=terms.payee, amount=terms.amount)
    return Claim(initiator=terms.payer, sequence=terms.sequence, legs=(leg,), committed=words[1])


def _of_many_legs(words: list[bytes]) -> Claim:
    """Read head, digest, where the legs begin, how many there are, and the legs."""
    if len(words) < 5 or any(len(word) != _WORD_BYTES for word in words):
        raise InvalidWord("words are missing", param="Settled")
    offset, count = (int.from_bytes(word, "big") for word in words[2:4])
    if offset != _LEGS_OFFSET or count != len(words) - 4:
        raise InvalidWord("the legs are not where they must be", param="Settled")
    head = int.from_bytes(words[0], "big")
    initiator, sequence = initiator_and_sequence(head)
    return Claim(
        initiator=initiator,
        sequence=sequence,
        legs=tuple(leg_from_word(int.from_bytes(word, "big")) for word in words[4:]),
        committed=words[1],
        head=head,
    )
