"""What follows from the end of a transaction: nothing, another attempt, the queue, or an end.

What follows is written in the SQL transaction that concludes it, so that it follows once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from node.chain.contracts import PASSING, Contracts, refusal_name
from node.chain.protocol import Chain
from node.errors import (
    BlockNotFound,
    ChainContradiction,
    ChainUnavailable,
    ContractFault,
    ContractRefused,
    InstructionForbidden,
    OutOfGas,
)
from node.outbox.actions import Action
from node.outbox.outcomes import Ended, Said
from node.outbox.work import Row
from node.submitter.batch import batch_of

_NO_REASON = "it reverted; asked again, the contract gives no reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revert:
    """Why a transaction did nothing.

    `forbidden`: by a rule, which stays; its instruction is voided, not retried. `fault`: the contract does
    not keep its own rules.
    """

    reason: str
    forbidden: bool = False
    fault: ContractFault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """A row that must be put into the outbox."""

    action: Action
    instruction: str


def follow_ups(found: Ended, *, revert: Revert | None, attempts_max: int, tolerant: bool) -> list[FollowUp]:
    """Return what must follow for the rows of a transaction that has ended.

    `revert` is None when it succeeded. Raise `ChainContradiction` or `ContractFault` unless `tolerant`: a
    person has looked, and what makes no sense is left as it is.
    """
    if revert is not None and revert.fault is not None and not tolerant:
        raise revert.fault
    following = []
    for row in found.rows:
        if row.order is None:
            continue
        instruction = row.order.id
        nonsense = _contradiction(row, found.said, succeeded=revert is None)
        if nonsense is not None and not tolerant:
            raise ChainContradiction(nonsense)
        if nonsense is not None or found.said.is_ended(instruction) or instruction in found.busy:
            continue
        action = _next(row, found, revert, attempts_max)
        if action is not None:
            following.append(FollowUp(action=action, instruction=instruction))
    return following


def _next(row: Row, found: Ended, revert: Revert | None, attempts_max: int) -> Action | None:
    """Return what is to be done for a row's instruction, which has not ended; None: nothing."""
    said, instruction = found.said, row.due.id
    if revert is not None and not revert.forbidden:
        return row.action if found.reverted[instruction] < attempts_max else None
    if said.waits(instruction):
        if row.action is not Action.VOID:
            return None
        # The queue was first: whoever wanted it ended still does, and there it takes another verb.
        return Action.CANCEL if instruction in said.queued else Action.WITHDRAW
    if row.action is Action.PAY and row.due.queue and _passes(said, instruction):
        return Action.SUBMIT
    return Action.VOID if row.action.instructs else None


def _passes(said: Said, instruction: str) -> bool:
    return instruction in said.refused and refusal_name(said.refused[instruction]) in PASSING


def why_reverted(
    chain: Chain, contracts: Contracts, sender: bytes, rows: Sequence[Row], *, height: int
) -> Revert:
    """Ask the contract for the reason by making the same call as a view after its block.

    An RPC node that has forgotten the state of that block is asked about the newest one. Raise `ChainError`.
    """
    batch = batch_of(contracts, rows)
    try:
        try:
            chain.call(batch.to, batch.calldata, sender=sender, height=height)
        except (ChainUnavailable, BlockNotFound):
            chain.call(batch.to, batch.calldata, sender=sender)
    except OutOfGas:
        return Revert(reason=OutOfGas.__name__)
    except ContractRefused as refused:
        named = contracts.error(refused.data)
        if isinstance(named, InstructionForbidden):
            return Revert(reason=refusal_name(int(str(named.arguments[-1]))), forbidden=True)
        return Revert(reason=named.detail, fault=named if isinstance(named, ContractFault) else None)
    return Revert(reason=_NO_REASON)


def _contradiction(row: Row, said: Said, *, succeeded: bool) -> str | None:
    """Return what the chain says of the row's instruction that such an end can't mean."""
    instruction = row.due.id
    if instruction in said.usurped:
        return f"something else settled under the sequence of {instruction}: find out who signed it"
    if not succeeded or said.is_ended(instruction) or row.action is Action.SWEEP:
        # What is not over yet is passed over by a sweep without a word.
        return None
    if instruction in said.refused and row.action.instructs:
        return None
    # Whatever brings an instruction on chain, or burns its sequence, comes too late where it waits.
    if said.waits(instruction) and (row.action.instructs or row.action is Action.VOID):
        return None
    return f"the transaction for {instruction} ({row.action}) is final and its events say nothing of it"
