"""Days like a day: the same payments at other times, in another order, of other amounts; all by a seed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from hashlib import shake_256
from struct import unpack

from settlement.liquidity.day import OUTSIDE, Day, DayEvent, Sent

SHIFT_SECONDS_MAX = 1_800
_WORD_BYTES = 8


def varied(day: Day, *, seed: str, number: int) -> Day:
    """Return the variation of a day with a seed and number; the same on every machine.

    Each payment comes up to half an hour sooner or later, within the day; its amount is drawn from all that
    its payer paid its payee on the day. What is issued, redeemed or set stays.
    """
    amounts: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for sent in day.sent:
        amounts[sent.payment.payer, sent.payment.payee].append(sent.payment.amount)
    drawn = shake_256(f"{seed}:{number}".encode()).digest(2 * _WORD_BYTES * len(day.events))
    words = unpack(f">{2 * len(day.events)}Q", drawn)
    events: list[DayEvent] = []
    for place, event in enumerate(day.events):
        if not isinstance(event, Sent) or OUTSIDE in (event.payment.payer, event.payment.payee):
            events.append(event)
            continue
        shift = words[2 * place] % (2 * SHIFT_SECONDS_MAX + 1) - SHIFT_SECONDS_MAX
        found = amounts[event.payment.payer, event.payment.payee]
        amount = found[words[2 * place + 1] % len(found)]
        at = min(max(event.at + shift, day.opens_at), day.closes_at)
        events.append(Sent(at=at, payment=replace(event.payment, amount=amount)))
    return replace(day, events=tuple(sorted(events, key=lambda event: event.at)))


def quantile(values: Sequence[int], percent: int = 99) -> int:
    """Return the smallest of the values that at least so many percent of them do not exceed."""
    return sorted(values)[-(-percent * len(values) // 100) - 1]
