"""Everything that happened to an instruction, in words and times, with the transaction that did it."""

from collections.abc import Sequence
from dataclasses import dataclass

from node.chain.contracts import refusal_name
from node.mirror.instructions import Outcome
from node.outbox.actions import Action
from node.outbox.attempts import Attempt
from node.services.facts import Identity, is_about
from settlement.posting import SETTLING

_WORDS = {
    "Refused": "refused",
    "Voided": "voided",
    "Redeemed": "redeemed",
    "RedemptionRefused": "redemption_refused",
    "RedemptionWithdrawn": "redemption_withdrawn",
} | dict.fromkeys(SETTLING, "settled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened. `event`: accepted · signed · unsigned (its own signer refused it) · reverted ·
    abandoned · refused · settled · voided · redeemed · redemption_refused · redemption_withdrawn · usurped
    (another instruction settled under its sequence).

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
) -> tuple[Entry, ...]:
    """Return what happened, in the order of cause and effect.

    That is the outbox's, each attempt with what it led to; what strangers' transactions did comes last.
    Clocks are not asked: a block's may be ahead of the node's.
    """
    own = {attempt.transaction_hash for attempt in attempts}
    shown = [found for found in outcomes if _concerns(identity, own, found)]
    entries = [Entry(event="accepted", at=created_at, by=created_by)]
    for attempt in attempts:
        entries += _attempt(attempt)
        entries += [
            _outcome(identity, found) for found in shown if found.transaction_hash == attempt.transaction_hash
        ]
    entries += [_outcome(identity, found) for found in shown if found.transaction_hash not in own]
    return tuple(entries)


def last_reason(identity: Identity, attempts: Sequence[Attempt], outcomes: Sequence[Outcome]) -> str | None:
    """Return why it was refused last, by chain or signer, else why its last transaction reverted, or None."""
    own = {attempt.transaction_hash for attempt in attempts}
    refusals = [
        found.reason for found in outcomes if found.reason is not None and _concerns(identity, own, found)
    ]
    if refusals:
        return refusal_name(refusals[-1])
    unsigned = [attempt.refusal for attempt in attempts if attempt.refusal is not None]
    if unsigned:
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
    return outcome.name != "Refused" or (outcome.transaction_hash in own and is_about(identity, outcome))


def _outcome(identity: Identity, outcome: Outcome) -> Entry:
    word = _WORDS[outcome.name] if is_about(identity, outcome) else "usurped"
    return Entry(
        event=word,
        at=outcome.timestamp,
        transaction_hash=outcome.transaction_hash,
        height=outcome.height,
        reason=None if outcome.reason is None else refusal_name(outcome.reason),
    )
