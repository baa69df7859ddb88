"""What has happened to an instruction, and so its state: folded from attempts and mirrored events (R3).

The order is the chain's, so what is final never changes when more becomes known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from node.mirror.instructions import Outcome
from node.outbox.attempts import Attempt
from settlement.errors import ImpossibleTransition
from settlement.lifecycle import Fact, State, state_of
from settlement.posting import SETTLING


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """When an instruction without an answer is shown as `unknown`: reverted attempts, and age in seconds."""

    attempts_max: int
    unknown_after_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What an event must say to be about an instruction: its word (32 bytes) and its commitment."""

    terms: bytes
    commitment: bytes
    created_at: int


class _Ending(NamedTuple):
    """A fact that stands on the chain, and whose transaction it ended; sorts in the order of the chain."""

    height: int
    place: int
    fact: Fact
    transaction_hash: bytes


def facts_of(
    identity: Identity,
    attempts: Sequence[Attempt],
    outcomes: Sequence[Outcome],
    *,
    patience: Patience,
    now: float,
) -> list[Fact]:
    """Return what has happened, in order. `attempts` oldest first, `outcomes` in the order of the chain."""
    signed = {attempt.transaction_hash for attempt in attempts if attempt.transaction_hash is not None}
    endings = sorted(
        [*_without_effect(attempts), *_with_effect(identity, signed, outcomes)], key=lambda found: found[:2]
    )
    facts: list[Fact] = []
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
    if _is_stalled(identity, attempts, outcomes, patience, now):
        facts.append(Fact.STALLED)
    return facts


def state(
    identity: Identity,
    attempts: Sequence[Attempt],
    outcomes: Sequence[Outcome],
    *,
    patience: Patience,
    now: float,
) -> State:
    """Return the state; `UNKNOWN` where chain and node contradict each other, so that nobody claims more."""
    try:
        return state_of(facts_of(identity, attempts, outcomes, patience=patience, now=now))
    except ImpossibleTransition:
        return State.UNKNOWN


def is_about(identity: Identity, outcome: Outcome) -> bool:
    """Tell whether an event says what the instruction says, not only its sequence."""
    if outcome.word is not None and outcome.word != int.from_bytes(identity.terms, "big"):
        return False
    return outcome.commitment is None or outcome.commitment == identity.commitment


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
        fact = None
        if outcome.name == "Voided":
            fact = Fact.VOIDED
        elif not is_about(identity, outcome):
            continue
        elif outcome.name in SETTLING:
            fact = Fact.SETTLED
        elif outcome.name == "Refused" and outcome.transaction_hash in signed:
            # A stranger's attempt that was refused says nothing of ours.
            fact = Fact.REFUSED
        if fact is not None:
            endings.append(_Ending(outcome.height, outcome.log_index, fact, outcome.transaction_hash))
    return endings


def _is_stalled(
    identity: Identity,
    attempts: Sequence[Attempt],
    outcomes: Sequence[Outcome],
    patience: Patience,
    now: float,
) -> bool:
    """Tell whether it needs a person: too old, tried too often, or its sequence settled something else."""
    too_old = now - identity.created_at >= patience.unknown_after_seconds
    too_often = sum(attempt.reverted for attempt in attempts) >= patience.attempts_max
    usurped = any(outcome.name in SETTLING and not is_about(identity, outcome) for outcome in outcomes)
    return too_old or too_often or usurped
