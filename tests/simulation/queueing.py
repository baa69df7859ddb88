"""Settlement in plain Python, as far as a node sends to it and others settle what it queued.

Instructions of one leg, from their payer, in sets of one. Not modelled: proposals, holds, days that lapse.
"""

from eth_abi.abi import decode

from node.chain.contracts import PASSING, REFUSALS
from node.chain.protocol import Log
from settlement.instruction import Leg, Terms, instruction_digest, leg_from_word
from tests.node.chain_of_events import log
from tests.simulation.books import Books, payment_refusal, revert

_INSTRUCTION = "(uint256,bytes32,uint256[])"
_U32, _U40, _U64 = 2**32 - 1, 2**40 - 1, 2**64 - 1

Instruction = tuple[int, bytes, tuple[int, ...]]


def submit(books: Books, participant: int, data: bytes) -> list[Log]:
    """Settle or queue each, or say why not."""
    instructions, urgent_bits, _ = decode([f"{_INSTRUCTION}[]", "uint256", "(uint32,uint40,bytes)[]"], data)
    for head, _, _ in instructions:
        if _initiator(head) != participant:
            revert("NotInitiator", participant, head)
    logs = []
    for place, (head, commitment, legs) in enumerate(instructions):
        terms = _terms(head, legs, urgent=bool(urgent_bits >> place & 1))
        refusal = payment_refusal(books, terms)
        if refusal != "SelfPayment" and _is_past(books, head):
            refusal = "Lapsed"
        if refusal is not None and refusal not in PASSING:
            logs.append(log("Settlement", "Refused", head, REFUSALS.index(refusal)))
            continue
        digest = _digest(books, (head, commitment, legs))
        books.used.add((terms.payer, terms.sequence))
        logs.append(log("Settlement", "Submitted", head, commitment, terms.urgent, list(legs)))
        if refusal is None:
            logs.append(_settled(books, terms, head, digest, legs))
        else:
            books.queue[digest] = terms
            logs.append(log("Settlement", "Queued", head, digest))
    return logs


def settle(books: Books, participant: int, data: bytes) -> list[Log]:
    """Settle sets of one instruction each, of those whose payer has the money."""
    (sets,) = decode([f"({_INSTRUCTION}[])[]"], data)
    logs = []
    for place, ((instruction,),) in enumerate(sets):
        head, _, legs = instruction
        digest = _digest(books, instruction)
        refusal = _set_refusal(books, participant, head, digest)
        if refusal is not None:
            logs.append(log("Settlement", "SetRefused", place, REFUSALS.index(refusal)))
        else:
            logs.append(_settled(books, books.queue.pop(digest), head, digest, legs))
    return logs


def cancel(books: Books, participant: int, data: bytes) -> list[Log]:
    """Take one from the queue, for its payer."""
    instruction, reason = decode([_INSTRUCTION, "bytes4"], data)
    digest = _digest(books, instruction)
    if digest not in books.queue:
        revert("WaitsOtherwise", instruction[0])
    if leg_from_word(instruction[2][0]).payer != participant:
        revert("NotConsenting", participant, instruction[0])
    del books.queue[digest]
    return [log("Settlement", "Cancelled", instruction[0], digest, participant, reason)]


def sweep(books: Books, _participant: int, data: bytes) -> list[Log]:
    """End those whose time is over."""
    (instructions,) = decode([f"{_INSTRUCTION}[]"], data)
    logs = []
    for instruction in instructions:
        digest = _digest(books, instruction)
        if digest in books.queue and _is_past(books, instruction[0]):
            del books.queue[digest]
            logs.append(log("Settlement", "Expired", instruction[0], digest))
    return logs


def _set_refusal(books: Books, participant: int, head: int, digest: bytes) -> str | None:
    if digest not in books.queue:
        return "NotWaiting"
    if _is_past(books, head):
        return "Lapsed"
    terms = books.queue[digest]
    place = terms.asset, terms.payer
    left = books.balances[place] - terms.amount
    if left < 0:
        return "InsufficientFunds"
    if left < books.reserves.get(place, 0) and not terms.urgent:
        return "ReserveTouched"
    waits = any(each.urgent and (each.asset, each.payer) == place for each in books.queue.values())
    return "UrgentWaiting" if waits and not terms.urgent and participant != terms.payer else None


def _settled(books: Books, terms: Terms, head: int, digest: bytes, legs: tuple[int, ...]) -> Log:
    books.settled.append((terms.payer, terms.sequence))
    books.move(terms.asset, terms.payer, terms.payee, terms.amount)
    return log("Settlement", "Settled", head, digest, list(legs))


def _digest(books: Books, instruction: Instruction) -> bytes:
    head, commitment, legs = instruction
    moved: list[Leg] = [leg_from_word(leg) for leg in legs]
    return instruction_digest(
        chain_id=books.contracts.deployment.chain_id,
        ledger=books.contracts.address("Ledger"),
        head=head,
        commitment=commitment,
        legs=moved,
    )


def _terms(head: int, legs: tuple[int, ...], *, urgent: bool) -> Terms:
    (leg,) = (leg_from_word(each) for each in legs)
    return Terms(
        sequence=head >> 184 & _U64,
        asset=leg.asset,
        payer=leg.payer,
        payee=leg.payee,
        amount=leg.amount,
        urgent=urgent,
    )


def _initiator(head: int) -> int:
    return head >> 152 & _U32


def _is_past(books: Books, head: int) -> bool:
    until = head >> 72 & _U40
    return until != 0 and books.now > until
