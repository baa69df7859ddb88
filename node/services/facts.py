"""What has happened to an instruction, and so its state: folded from attempts and mirrored events (R3).

The order is the chain's, so what is final never changes when more becomes known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import RowMapping

from node.mirror.instructions import Outcome
from node.outbox.attempts import Attempt
from settlement.errors import ImpossibleTransition
from settlement.lifecycle import Fact, State, state_of
from settlement.posting import SETTLING
from settlement.recognition import ACCEPTING, Identity, is_about


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """When an instruction without an answer is shown as `unknown`: reverted attempts, and age in seconds."""

    attempts_max: int
    unknown_after_seconds: int


# What an event that is about an instruction means for it. A refusal does in its own transaction only.
_FACTS = dict.fromkeys(SETTLING, Fact.SETTLED) | {
    "Voided": Fact.VOIDED,
    "Submitted": Fact.PROPOSED,
    "Queued": Fact.QUEUED,
    "Held": Fact.HELD,
    "Released": Fact.RELEASED,
    "Cancelled": Fact.CANCELLED,
    "Expired": Fact.EXPIRED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The instruction that facts are gathered of: what events must say of it, and when it was accepted."""

    identity: Identity
    created_at: int


def subject_of(row: RowMapping) -> Subject:
    """Return what a row of `instructions` is about."""
    identity = Identity(**{name: row[name] for name in ("terms", "commitment", "head", "digest")})
    return Subject(identity=identity, created_at=row["created_at"])


class _Ending(NamedTuple):
    """A fact that stands on the chain, and whose transaction it ended; sorts in the order of the chain."""

    height: int
    place: int
    fact: Fact
    transaction_hash: bytes


def facts_of(
    subject: Subject,
    attempts: Sequence[Attempt],
    outcomes: Sequence[Outcome],
    *,
    patience: Patience,
    now: float,
) -> list[Fact]:
    """Return what has happened, in order. `attempts` oldest first, `outcomes` in the order of the chain."""
    signed = {attempt.transaction_hash for attempt in attempts if attempt.transaction_hash is not None}
    endings = sorted(
        [*_without_effect(attempts), *_with_effect(subject.identity, signed, outcomes)],
        key=lambda found: found[:2],
    )
    awaited = _is_awaited(attempts)
    facts: list[Fact] = [Fact.AWAITED] if awaited else []
    for ending in endings:
        if signed:
            facts.append(Fact.SIGNED)
        facts.append(ending.fact)
        signed.discard(ending.transaction_hash)
    if signed:
        facts.append(Fact.SIGNED)
    if any(attempt.refused_at is not None for attempt in attempts):
        # Whatever else was tried for it, its own signer has refused it: it ends by its void.
        facts.insert(0, Fact.REFUSED)
    # What waits for a person is known where it is, at any age.
    too_old = not awaited and now - subject.created_at >= patience.unknown_after_seconds
    if too_old or _is_stalled(subject, attempts, outcomes, patience):
        facts.append(Fact.STALLED)
    return facts


def state(
    subject: Subject,
    attempts: Sequence[Attempt],
    outcomes: Sequence[Outcome],
    *,
    patience: Patience,
    now: float,
) -> State:
    """Return the state; `UNKNOWN` where chain and node contradict each other, so that nobody claims more."""
    try:
        return state_of(facts_of(subject, attempts, outcomes, patience=patience, now=now))
    except ImpossibleTransition:
        return State.UNKNOWN


def concerns(identity: Identity, outcome: Outcome) -> bool:
    """Tell whether an event says what the instruction says, not only its sequence."""
    return is_about(identity, contract=outcome.contract, name=outcome.name, data=outcome.data)


def _without_effect(attempts: Sequence[Attempt]) -> list[_Ending]:
    endings = []
    for attempt in attempts:
        if attempt.transaction_hash is not None and attempt.reverted:
            # A lost nonce has no place on the chain; before everything else it changes nothing later.
            height, place = (attempt.end.height, -1) if attempt.end else (-1, -1)
            endings.append(_Ending(height, place, Fact.REVERTED, attempt.transaction_hash))
    return endings


def _with_effect(identity: Identity, signed: set[bytes], outcomes: Sequence[Outcome]) -> list[_Ending]:
    endings = []
    for outcome in outcomes:
        fact = _FACTS.get(outcome.name)
        if outcome.name == "Refused" and outcome.transaction_hash in signed:
            # A stranger's attempt that was refused says nothing of ours.
            fact = Fact.REFUSED
        if fact is not None and concerns(identity, outcome):
            endings.append(_Ending(outcome.height, outcome.log_index, fact, outcome.transaction_hash))
    return endings


def _is_awaited(attempts: Sequence[Attempt]) -> bool:
    """Tell whether nothing was tried for it yet, because a second person has to consent first."""
    return bool(attempts) and all(attempt.held for attempt in attempts)


def _is_stalled(
    subject: Subject,
    attempts: Sequence[Attempt],
    outcomes: Sequence[Outcome],
    patience: Patience,
) -> bool:
    """Tell whether it needs a person: tried too often, or something else has its sequence."""
    too_often = sum(attempt.reverted for attempt in attempts) >= patience.attempts_max
    usurped = any(
        outcome.name in ACCEPTING and not concerns(subject.identity, outcome) for outcome in outcomes
    )
    return too_often or usurped
