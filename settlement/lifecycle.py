"""The life of an instruction: one table `(state, fact) → state`.

A state is never stored. It is folded from facts that stand elsewhere: the outbox says what was
signed, the mirror says what is final on chain. So "settled" can't be set by hand (R3).
"""

from collections.abc import Iterable
from enum import StrEnum

from settlement.errors import ImpossibleTransition


class Fact(StrEnum):
    """Something that has happened to an instruction, in the order in which it can happen."""

    AWAITED = "awaited"  # a second person of its bank has yet to consent; nothing is signed before
    SIGNED = "signed"  # a transaction that carries it is committed to the store
    REVERTED = "reverted"  # that transaction is final and did nothing
    STALLED = "stalled"  # attempts or deadline are used up and the chain gave no answer
    REFUSED = "refused"  # the contract, finally, or its own signer; its sequence is still unused
    PROPOSED = "proposed"  # final: the queue has accepted it, and somebody else's consent is missing
    QUEUED = "queued"  # final: it waits on chain for money
    HELD = "held"  # final: it waits, and does not settle before its debtor or the operator lets it go
    RELEASED = "released"  # final: it waits for money again
    SETTLED = "settled"  # final
    VOIDED = "voided"  # final: its sequence is burnt, it can never settle
    CANCELLED = "cancelled"  # final: taken from the queue
    EXPIRED = "expired"  # final: its time in the queue was over


class State(StrEnum):
    """Where an instruction is. `shown` is the word people and programs see."""

    ACCEPTED = "accepted"
    AWAITING_APPROVAL = "awaiting_approval"
    SUBMITTED = "submitted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    PROPOSED = "proposed"
    QUEUED = "queued"
    HELD = "held"
    SETTLED = "settled"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def shown(self) -> str:
        """Return the public word: a refused one is still `submitted` until its sequence is burnt (R3)."""
        return _SHOWN.get(self, self.value)

    @property
    def final(self) -> bool:
        """Tell whether nothing can happen to it any more."""
        return self in _FINAL

    @property
    def waits(self) -> bool:
        """Tell whether it stands on chain and waits: its sequence is used, and it is known where it is."""
        return self in _WAITING.values()


_SHOWN = {State.REFUSED: State.SUBMITTED.value, State.PROPOSED: State.AWAITING_APPROVAL.value}
_FINAL = frozenset({State.SETTLED, State.REJECTED, State.CANCELLED, State.EXPIRED})
# What the queue says of what it has accepted, the last word counts.
_WAITING = {
    Fact.PROPOSED: State.PROPOSED,
    Fact.QUEUED: State.QUEUED,
    Fact.HELD: State.HELD,
    Fact.RELEASED: State.QUEUED,
}
_ENDS = {Fact.SETTLED: State.SETTLED, Fact.CANCELLED: State.CANCELLED, Fact.EXPIRED: State.EXPIRED}
_ATTEMPTS = (Fact.SIGNED, Fact.REVERTED, Fact.STALLED, Fact.REFUSED)

TABLE: dict[tuple[State, Fact], State] = {
    (State.ACCEPTED, Fact.SIGNED): State.SUBMITTED,
    # By its own signer: nothing was sent.
    (State.ACCEPTED, Fact.REFUSED): State.REFUSED,
    # Voided before it was ever sent: nobody refused it, its bank took it back.
    (State.ACCEPTED, Fact.VOIDED): State.CANCELLED,
    (State.ACCEPTED, Fact.STALLED): State.UNKNOWN,
    (State.ACCEPTED, Fact.AWAITED): State.AWAITING_APPROVAL,
    # Something else has its sequence.
    (State.AWAITING_APPROVAL, Fact.STALLED): State.UNKNOWN,
    (State.AWAITING_APPROVAL, Fact.VOIDED): State.CANCELLED,
    (State.SUBMITTED, Fact.SIGNED): State.SUBMITTED,
    (State.SUBMITTED, Fact.REFUSED): State.REFUSED,
    (State.SUBMITTED, Fact.REVERTED): State.ACCEPTED,
    (State.SUBMITTED, Fact.STALLED): State.UNKNOWN,
    (State.SUBMITTED, Fact.VOIDED): State.CANCELLED,
    # A refusal burns no sequence: what was refused may yet be sent again, settle, or be voided.
    (State.REFUSED, Fact.SIGNED): State.REFUSED,
    (State.REFUSED, Fact.REFUSED): State.REFUSED,
    (State.REFUSED, Fact.REVERTED): State.REFUSED,
    (State.REFUSED, Fact.STALLED): State.UNKNOWN,
    (State.REFUSED, Fact.VOIDED): State.REJECTED,
    (State.UNKNOWN, Fact.SIGNED): State.UNKNOWN,
    (State.UNKNOWN, Fact.REVERTED): State.UNKNOWN,
    (State.UNKNOWN, Fact.STALLED): State.UNKNOWN,
    (State.UNKNOWN, Fact.REFUSED): State.REFUSED,
    (State.UNKNOWN, Fact.VOIDED): State.CANCELLED,
    # What the chain says of it is true in every state without an end: also of a transaction that its node
    # knows nothing of, because its store was set back (R3).
    **{
        (state, fact): after
        for state in State
        if state not in _FINAL
        for fact, after in (_WAITING | _ENDS).items()
    },
    # An attempt to take it back that fails, or is on its way, changes nothing where it waits. Nor does age:
    # it is known where it is. It can't be voided any more, for its sequence is used.
    # The transaction that lost a race reverts or is refused after the end; that changes nothing.
    **{(state, fact): state for state in _FINAL | frozenset(_WAITING.values()) for fact in _ATTEMPTS},
}


def apply(state: State, fact: Fact) -> State:
    """Return the state after `fact`; raise `ImpossibleTransition`, which stops the writer (R10)."""
    try:
        return TABLE[state, fact]
    except KeyError:
        raise ImpossibleTransition(
            f"an instruction that is {state} can't be {fact}: stop and compare"
        ) from None


def state_of(facts: Iterable[Fact]) -> State:
    """Fold facts, oldest first, into the state of an accepted instruction."""
    state = State.ACCEPTED
    for fact in facts:
        state = apply(state, fact)
    return state
