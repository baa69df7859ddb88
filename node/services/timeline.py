"""Everything that happened to an instruction, in words and times, with the transaction that did it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from node.chain.contracts import refusal_name
from node.mirror.instructions import Outcome
from node.outbox.actions import Action
from node.outbox.attempts import Attempt
from node.services.facts import concerns
from settlement.posting import SETTLING
from settlement.recognition import ACCEPTING, Identity

_WORDS = {
    "Refused": "refused",
    "Voided": "voided",
    "Submitted": "proposed",
    "Queued": "queued",
    "Held": "held",
    "Released": "released",
    "Cancelled": "cancelled",
    "Expired": "expired",
    "Redeemed": "redeemed",
    "RedemptionRefused": "redemption_refused",
    "RedemptionWithdrawn": "redemption_withdrawn",
} | dict.fromkeys(SETTLING, "settled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened. `event`: accepted · awaiting_approval · approved · disapproved · signed ·
    unsigned (its own node did not sign it) · reverted · abandoned · refused · proposed · queued · held ·
    released · settled · voided · cancelled · expired · redeemed · redemption_refused ·
    redemption_withdrawn · usurped (another instruction has its sequence).

    `at` in UTC seconds: of the block for what is on chain, which is final, else of this node. `by`: who
    asked; `action`: what was signed.
    """

    event: str
    at: int
    transaction_hash: bytes | None = None
    height: int | None = None
    reason: str | None = None
    action: str | None = None
    by: str | None = None


def timeline(
    *,
    created_at: int,
    created_by: str,
    identity: Identity,
    attempts: Sequence[Attempt],
    outcomes: Sequence[Outcome],
    answers: Sequence[Entry] = (),
) -> tuple[Entry, ...]:
    """Return what happened, in the order of cause and effect.

    That is the outbox's, each attempt with what it led to; what strangers' transactions did comes last.
    Clocks are not asked: a block's may be ahead of the node's. `answers`: what a second person said.
    """
    own = {attempt.transaction_hash for attempt in attempts}
    shown = [found for found in _telling(identity, outcomes) if _concerns(identity, own, found)]
    entries = [Entry(event="accepted", at=created_at, by=created_by), *answers]
    for attempt in attempts:
        entries += _attempt(attempt)
        entries += [
            _outcome(identity, found) for found in shown if found.transaction_hash == attempt.transaction_hash
        ]
    entries += [_outcome(identity, found) for found in shown if found.transaction_hash not in own]
    return tuple(entries)


def last_reason(identity: Identity, attempts: Sequence[Attempt], outcomes: Sequence[Outcome]) -> str | None:
    """Return why its node did not sign it, else why it was cancelled in the queue or refused last, else why
    its last transaction reverted; or None.
    """
    instructing = [attempt for attempt in attempts if attempt.action.instructs]
    if instructing and instructing[-1].refusal is not None:
        return instructing[-1].refusal
    own = {attempt.transaction_hash for attempt in attempts}
    said = [reason for found in outcomes if _concerns(identity, own, found) and (reason := _reason(found))]
    if said:
        return said[-1]
    unsigned = [attempt.refusal for attempt in attempts if attempt.refusal is not None]
    if unsigned:
        # Its void was.
        return unsigned[-1]
    errors = [attempt.error for attempt in attempts if attempt.reverted and attempt.action is not Action.VOID]
    return errors[-1] if errors else None


def _attempt(attempt: Attempt) -> list[Entry]:
    if attempt.refused_at is not None:
        return [Entry(event="unsigned", at=attempt.refused_at, reason=attempt.refusal)]
    if attempt.signed_at is None:
        return []
    entries = [
        Entry(
            event="signed",
            at=attempt.signed_at,
            transaction_hash=attempt.transaction_hash,
            action=attempt.action.value,
        )
    ]
    if attempt.abandoned:
        entries.append(
            Entry(event="abandoned", at=attempt.signed_at, transaction_hash=attempt.transaction_hash)
        )
    elif attempt.end is not None and not attempt.end.succeeded:
        entries.append(
            Entry(
                event="reverted",
                at=attempt.end.timestamp,
                transaction_hash=attempt.transaction_hash,
                height=attempt.end.height,
                reason=attempt.error,
            )
        )
    return entries


def _concerns(identity: Identity, own: set[bytes | None], outcome: Outcome) -> bool:
    """Tell whether an event belongs into its timeline: a stranger's refused attempt does not."""
    if outcome.name == "Refused" and outcome.transaction_hash not in own:
        return False
    return outcome.name in ACCEPTING or concerns(identity, outcome)


def _telling(identity: Identity, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the events without a submission where the next one says what came of it at the same moment."""
    return [
        found
        for found, after in zip_longest(outcomes, outcomes[1:])
        if found.name != "Submitted"
        or after is None
        or after.transaction_hash != found.transaction_hash
        # What another instruction became in the queue is not told: only that it has the sequence.
        or not (concerns(identity, after) or after.name in ACCEPTING)
    ]


def _reason(outcome: Outcome) -> str | None:
    if outcome.refusal is not None:
        return refusal_name(outcome.refusal)
    return outcome.cancellation


def _outcome(identity: Identity, outcome: Outcome) -> Entry:
    word = _WORDS[outcome.name] if concerns(identity, outcome) else "usurped"
    return Entry(
        event=word,
        at=outcome.timestamp,
        transaction_hash=outcome.transaction_hash,
        height=outcome.height,
        reason=_reason(outcome),
    )
