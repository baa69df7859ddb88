"""What a person should look at: rules over what an account paid and received, each with its reason.

A rule says something or nothing; it decides nothing. Amounts are minor units, times UTC seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from settlement.document import Json
from settlement.evidence.header import Header
from settlement.evidence.seals import decode, seal_digest
from settlement.evidence.signature import signer


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A payment of an account: `amount` is negative when it paid. `place` is where it stands on chain."""

    place: str
    at: int
    counterparty: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule has to say of a subject; the same of the same subject is the same finding."""

    rule: str
    subject: str
    explanation: str
    data: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusualAmount:
    """A payment of more than `factor` times the median of the last `history`, of which there are enough."""

    factor: int = 10
    history: int = 100
    history_min: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Velocity:
    """More than `payments_max` payments within `seconds`."""

    seconds: int = 3_600
    payments_max: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTrip:
    """A payment back to who has paid nearly as much within `seconds`: at most `percent` more or less."""

    seconds: int = 3_600
    percent: int = 5
    amount_min: int = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitNearlyUsed:
    """At least `percent` of the day's limit of an account is used."""

    percent: int = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueAge:
    """A payment waits in the chain's queue for more than `seconds`."""

    seconds: int = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakAge:
    """A difference that reconciliation found is open for more than `seconds`."""

    seconds: int = 14_400


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatorSilent:
    """A validator has sealed none of the last `blocks`."""

    blocks: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Which rules are held, None: not. `freeze_on`: by which of them a paying account is stopped at once."""

    unusual_amount: UnusualAmount | None = UnusualAmount()
    velocity: Velocity | None = Velocity()
    round_trip: RoundTrip | None = RoundTrip()
    limit_nearly_used: LimitNearlyUsed | None = LimitNearlyUsed()
    queue_age: QueueAge | None = QueueAge()
    break_age: BreakAge | None = BreakAge()
    validator_silent: ValidatorSilent | None = ValidatorSilent()
    freeze_on: tuple[str, ...] = ()


# The rules that look at each payment, and so know whose account to stop.
OF_PAYMENTS = ("unusual_amount", "velocity", "round_trip")


def findings_of(rules: Rules, account: str, earlier: Sequence[Movement], movement: Movement) -> list[Finding]:
    """Return what the rules say of a payment that an account made; nothing of one that it received.

    `earlier` is what it paid and received before, oldest first, at least as far back as the rules look.
    """
    if movement.amount >= 0:
        return []
    found: list[Finding | None] = []
    if rules.unusual_amount is not None:
        found.append(unusual_amount(rules.unusual_amount, account, earlier, movement))
    if rules.velocity is not None:
        found.append(velocity(rules.velocity, account, earlier, movement))
    if rules.round_trip is not None:
        found.append(round_trip(rules.round_trip, account, earlier, movement))
    return [each for each in found if each is not None]


def unusual_amount(
    rule: UnusualAmount, account: str, earlier: Sequence[Movement], movement: Movement
) -> Finding | None:
    """Say that a payment is far above what the account usually pays."""
    paid = [-each.amount for each in earlier if each.amount < 0][-rule.history :]
    if len(paid) < rule.history_min:
        return None
    # The lower of two: no fraction of a unit, and rather a finding too many.
    median, amount = sorted(paid)[(len(paid) - 1) // 2], -movement.amount
    if amount <= rule.factor * median:
        return None
    return Finding(
        rule="unusual_amount",
        subject=f"{account} {movement.place}",
        explanation=f"{account} paid {amount}, more than {rule.factor} times the median {median} of its last "
        f"{len(paid)} payments",
        data=_payment(movement) | {"median": str(median), "payments": len(paid)},
    )


def velocity(rule: Velocity, account: str, earlier: Sequence[Movement], movement: Movement) -> Finding | None:
    """Say that an account pays oftener than it should."""
    since = movement.at - rule.seconds
    count = 1 + sum(each.amount < 0 and each.at > since for each in earlier)
    if count <= rule.payments_max:
        return None
    return Finding(
        rule="velocity",
        subject=account,
        explanation=f"{account} made {count} payments within {rule.seconds} seconds, more than "
        f"{rule.payments_max}",
        data=_payment(movement) | {"payments": count, "seconds": rule.seconds},
    )


def round_trip(
    rule: RoundTrip, account: str, earlier: Sequence[Movement], movement: Movement
) -> Finding | None:
    """Say that money goes back to where it came from."""
    paid, since = -movement.amount, movement.at - rule.seconds
    if paid < rule.amount_min:
        return None
    for each in reversed(earlier):
        if each.counterparty != movement.counterparty or each.amount <= 0 or each.at < since:
            continue
        if abs(each.amount - paid) * 100 <= rule.percent * each.amount:
            return Finding(
                rule="round_trip",
                subject=f"{account} {movement.place}",
                explanation=f"{account} paid {paid} to participant {movement.counterparty}, which had "
                f"paid it {each.amount} {movement.at - each.at} seconds before",
                data=_payment(movement) | {"received": str(each.amount), "received_at": each.place},
            )
    return None


def limit_nearly_used(rule: LimitNearlyUsed, account: str, *, used: int, limit: int) -> Finding | None:
    """Say that the day's limit of an account is nearly used."""
    if limit <= 0 or used * 100 < rule.percent * limit:
        return None
    return Finding(
        rule="limit_nearly_used",
        subject=account,
        explanation=f"{account} has used {used} of its limit of {limit} for the day, {used * 100 // limit} %",
        data={"used": str(used), "limit": str(limit)},
    )


def too_old(rule: QueueAge | BreakAge, subject: str, *, since: int, now: int) -> Finding | None:
    """Say that something waits, or is open, for too long."""
    age = now - since
    if age <= rule.seconds:
        return None
    waits = isinstance(rule, QueueAge)
    return Finding(
        rule="queue_age" if waits else "break_age",
        subject=subject,
        explanation=f"{subject} {'waits in the queue' if waits else 'is open'} for {age} seconds, more than "
        f"{rule.seconds}",
        data={"age_seconds": age},
    )


def silent_validators(rule: ValidatorSilent, headers: Sequence[Header]) -> list[Finding]:
    """Say which validators have sealed none of the last blocks (oldest first); nothing of too few blocks.

    Only those who were validators all the time are looked for. Raise `InvalidSeals` for blocks without seals.
    """
    last = headers[-rule.blocks :]
    if len(last) < rule.blocks:
        return []
    bound = set.intersection(*(set(decode(each.extra_data).validators) for each in (last[0], last[-1])))
    for header in last:
        digest = seal_digest(header)
        bound -= {signer(digest, seal) for seal in decode(header.extra_data).seals}
    return [
        Finding(
            rule="validator_silent",
            subject=f"validator 0x{each.hex()}",
            explanation=f"validator 0x{each.hex()} has sealed none of the {rule.blocks} blocks up to "
            f"{last[-1].number}",
            data={"validator": f"0x{each.hex()}", "blocks": rule.blocks, "height": last[-1].number},
        )
        for each in sorted(bound)
    ]


def _payment(movement: Movement) -> dict[str, Json]:
    return {
        "place": movement.place,
        "amount": str(-movement.amount),
        "counterparty": movement.counterparty,
        "at": movement.at,
    }
