"""What a participant changes about itself and its accounts, and how an issuer answers a redemption.

What gains power takes two administer keys: the same call, made by one and then by another (see
`ITwoKeyChanges`), so each is put into the outbox for its key by name.
"""

from collections.abc import Sequence
from typing import TypeAlias

from node.chain.calls import Call, KeyTerms
from node.chain.contracts import Contracts
from settlement.instruction import OneLeg, Terms
from settlement.netting import Cycle

# ISO 20022 external cancellation reason: the customer asked for it; the queue's customer is the debtor.
_CANCELLATION = b"CUST"
# An instruction as the contract takes it: head, commitment, legs.
Words: TypeAlias = tuple[int, bytes, list[int]]


def add_key(contracts: Contracts, key: KeyTerms) -> Call:
    """Add a key. Two administer keys."""
    terms = (key.address, int(key.role), key.valid_from, key.valid_until)
    return _call(contracts, "Participants", "addKey", terms)


def rotate_key(contracts: Contracts, number: int, successor: KeyTerms, *, overlap_seconds: int) -> Call:
    """Add a key in the role of an old one, which stays valid for some seconds. Two administer keys."""
    terms = (successor.address, int(successor.role), successor.valid_from, successor.valid_until)
    return _call(contracts, "Participants", "rotateKey", number, terms, overlap_seconds)


def set_key_expiry(contracts: Contracts, number: int, valid_until: int) -> Call:
    """Shorten a key's validity (UTC seconds). One administer key."""
    return _call(contracts, "Participants", "setKeyExpiry", number, valid_until)


def revoke_key(contracts: Contracts, number: int) -> Call:
    """End a key for ever. One administer key."""
    return _call(contracts, "Participants", "revokeKey", number)


def set_encryption_key(contracts: Contracts, key: bytes) -> Call:
    """Set the key that documents for the participant are encrypted to. Two administer keys; none removes."""
    return _call(contracts, "Participants", "setEncryptionKey", key)


def set_endpoint(contracts: Contracts, endpoint: str) -> Call:
    """Set where the participant takes letters (https://…). Two administer keys; nothing removes."""
    return _call(contracts, "Participants", "setEndpoint", endpoint)


def stop_outgoing(contracts: Contracts) -> Call:
    """Block the participant's own debits. One administer key."""
    return _call(contracts, "Participants", "stopOutgoing")


def resume_outgoing(contracts: Contracts) -> Call:
    """Lift the participant's own stop. Two administer keys."""
    return _call(contracts, "Participants", "resumeOutgoing")


def set_reserve(contracts: Contracts, *, asset: int, amount: int) -> Call:
    """Set what only urgent payments may use. The holder's pay key."""
    return _call(contracts, "Ledger", "setReserve", asset, amount)


def set_credit(contracts: Contracts, *, asset: int, holder: int, amount: int) -> Call:
    """Set a holder's credit line. The issuer's administer keys: one lowers, two raise."""
    return _call(contracts, "Ledger", "setCredit", asset, holder, amount)


def set_limits(contracts: Contracts, *, asset: int, per_instruction: int, per_day: int) -> Call:
    """Set the holder's own limits. Its administer keys: one lowers, two raise."""
    return _call(contracts, "Ledger", "setLimits", asset, per_instruction, per_day)


def set_bilateral_limit(contracts: Contracts, *, asset: int, counterparty: int, amount: int) -> Call:
    """Set the net outflow of a day towards a counterparty. Administer keys: one lowers, two raise."""
    return _call(contracts, "Ledger", "setBilateralLimit", asset, counterparty, amount)


def set_threshold(contracts: Contracts, *, currency: int, amount: int) -> Call:
    """Set up to which day total one key is enough. Administer keys: one lowers, two raise."""
    return _call(contracts, "Ledger", "setThreshold", currency, amount)


def close_day(contracts: Contracts, *, asset: int) -> Call:
    """End an asset's business day. The issuer's administer key, or the operator."""
    return _call(contracts, "Ledger", "close", asset)


def confirm_redemption(contracts: Contracts, terms: Terms, commitment: bytes) -> Call:
    """End a requested redemption: the locked units cease to be. The issuer's pay key."""
    return _call(contracts, "Ledger", "confirmRedemption", terms.word(), commitment, [])


def refuse_redemption(contracts: Contracts, terms: Terms, commitment: bytes) -> Call:
    """End a requested redemption: the locked units go back. The issuer's pay key."""
    return _call(contracts, "Ledger", "refuseRedemption", terms.word(), commitment)


def withdraw_redemption(contracts: Contracts, terms: Terms, commitment: bytes) -> Call:
    """End a redemption that its issuer has not answered: the units come back. The holder's pay key."""
    return _call(contracts, "Ledger", "withdrawRedemption", terms.word(), commitment)


def submit(
    contracts: Contracts,
    payments: Sequence[tuple[OneLeg, bytes]],
    approvals: Sequence[tuple[int, int, bytes]] = (),
) -> Call:
    """Bring payments (with their commitments) to the queue, which settles those it can. The payer's key.

    `approvals`: (index, deadline, signature) for those that take a second key.
    """
    urgent = sum(1 << place for place, (payment, _) in enumerate(payments) if payment.terms.urgent)
    instructions = [_instruction(*payment) for payment in payments]
    return _call(contracts, "Settlement", "submit", instructions, urgent, approvals)


def propose(
    contracts: Contracts, trade: Words, *, urgent: bool, approvals: Sequence[tuple[int, int, bytes]] = ()
) -> Call:
    """Bring a trade on chain, with its initiator's consent. The initiator's pay key."""
    return _call(contracts, "Settlement", "submit", [trade], int(urgent), approvals)


def affirm(
    contracts: Contracts, trade: Words, *, urgent: bool, approvals: Sequence[tuple[int, int, bytes]] = ()
) -> Call:
    """Consent to what another proposed. A party's pay key; an approval has the index 0."""
    return _call(contracts, "Settlement", "affirm", trade, urgent, approvals)


def withdraw_consent(contracts: Contracts, trade: Words) -> Call:
    """Take back the own consent while another is missing; its initiator's ends it. A party's pay key."""
    return _call(contracts, "Settlement", "withdraw", trade)


def consent_to_cancel(contracts: Contracts, trade: Words, *, reason: bytes = _CANCELLATION) -> Call:
    """Ask that what is queued ends; with the last of its debtors it does. A debtor's pay key.

    The operator ends it alone; `reason`: four letters.
    """
    return _call(contracts, "Settlement", "cancel", trade, reason)


def sweep_trade(contracts: Contracts, trade: Words) -> Call:
    """End what waits and whose time is over. Anybody."""
    return _call(contracts, "Settlement", "sweep", [trade])


def cancel(contracts: Contracts, payment: OneLeg, commitment: bytes) -> Call:
    """Take a payment from the queue. The payer's pay key."""
    return consent_to_cancel(contracts, _instruction(payment, commitment))


def withdraw(contracts: Contracts, payment: OneLeg, commitment: bytes) -> Call:
    """Take back a payment to which its payee has yet to consent. The payer's pay key."""
    return withdraw_consent(contracts, _instruction(payment, commitment))


def hold(contracts: Contracts, waiting: Words) -> Call:
    """Keep what is queued from settling. The pay key of a debtor; its bit only."""
    return _call(contracts, "Settlement", "hold", waiting)


def release(contracts: Contracts, waiting: Words) -> Call:
    """Lift the sender's hold. The pay key of the debtor that set it, or the operator: all of them."""
    return _call(contracts, "Settlement", "release", waiting)


def set_urgency(contracts: Contracts, waiting: Words, *, urgent: bool) -> Call:
    """Say whether what is queued is urgent. The pay key of a debtor; its bit only."""
    return _call(contracts, "Settlement", "setUrgency", waiting, urgent)


def settle(contracts: Contracts, sets: Sequence[Sequence[Words]]) -> Call:
    """Settle sets of what is queued, each whole or not at all. Anybody; each set in the order of digests."""
    return _call(contracts, "Settlement", "settle", [(list(each),) for each in sets])


def sweep(contracts: Contracts, payments: Sequence[tuple[OneLeg, bytes]]) -> Call:
    """End those of the payments in the queue whose time is over. Anybody."""
    return _call(contracts, "Settlement", "sweep", [_instruction(*payment) for payment in payments])


def propose_cycle(contracts: Contracts, cycle: Cycle, approval: tuple[int, int, bytes]) -> Call:
    """Open a netting cycle and affirm it. The proposer's pay key; approval: (0, deadline, signature)."""
    return _call(contracts, "Netting", "propose", cycle.arguments, approval)


def affirm_cycle(contracts: Contracts, cycle: Cycle, approval: tuple[int, int, bytes]) -> Call:
    """Affirm an open cycle. A member's pay key; approval as in `propose_cycle`."""
    return _call(contracts, "Netting", "affirm", cycle.arguments, approval)


def withdraw_cycle(contracts: Contracts, cycle: Cycle) -> Call:
    """End an open cycle. The pay key of any member."""
    return _call(contracts, "Netting", "withdraw", cycle.arguments)


def sweep_cycle(contracts: Contracts, cycle: Cycle) -> Call:
    """End a cycle whose time is over. Anybody."""
    return _call(contracts, "Netting", "sweep", cycle.arguments)


def _instruction(payment: OneLeg, commitment: bytes) -> Words:
    return payment.head, commitment, [payment.leg.word()]


def _call(contracts: Contracts, contract: str, function: str, *arguments: object) -> Call:
    return Call(contract=contract, calldata=contracts.calldata(contract, function, *arguments))
