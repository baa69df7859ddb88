"""Rules that find what a person should look at: by their own words, on any history."""

from collections.abc import Sequence
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from settlement.alerting import (
    BreakAge,
    LimitNearlyUsed,
    Movement,
    QueueAge,
    RoundTrip,
    Rules,
    UnusualAmount,
    ValidatorSilent,
    Velocity,
    findings_of,
    limit_nearly_used,
    round_trip,
    silent_validators,
    too_old,
    unusual_amount,
    velocity,
)
from tests.settlement.evidence.material import (
    FOUR,
    VALIDATORS,
    Content,
    address_of,
    addresses,
    extra_data,
    header,
    seal,
)

_AMOUNTS = st.integers(1, 10**12)
_SIGNED = st.integers(-(10**12), 10**12).filter(bool)


def _movements(amounts: Sequence[int], *, step: int = 60, counterparty: int = 3) -> list[Movement]:
    return [
        Movement(place=f"{place}-0.0", at=place * step, counterparty=counterparty, amount=amount)
        for place, amount in enumerate(amounts)
    ]


@given(st.lists(_SIGNED, max_size=60), _AMOUNTS, st.integers(2, 20), st.integers(1, 30))
def test_unusual_is_above_a_multiple_of_the_median(
    earlier: list[int], amount: int, factor: int, history: int
) -> None:
    """Found exactly when at least enough payments went before and half of the last ones were far smaller."""
    rule = UnusualAmount(factor=factor, history=history, history_min=min(5, history))
    movement = Movement(place="99-0.0", at=10**6, counterparty=3, amount=-amount)
    found = unusual_amount(rule, "account", _movements(earlier), movement)
    paid = [-each for each in earlier if each < 0][-history:]
    smaller = sum(factor * each < amount for each in paid)
    expected = len(paid) >= rule.history_min and 2 * smaller > len(paid) - (len(paid) % 2 == 0)
    assert expected == (found is not None)


@given(st.lists(st.integers(0, 10_000), max_size=40), st.integers(1, 5_000), st.integers(1, 20))
def test_velocity_counts_a_window(times: list[int], seconds: int, most: int) -> None:
    """Found exactly when more payments than allowed, this one included, are within the seconds before."""
    earlier = [
        Movement(place=f"{place}", at=at, counterparty=3, amount=-1 if place % 3 else 1)
        for place, at in enumerate(sorted(times))
    ]
    movement = Movement(place="x", at=10_000, counterparty=3, amount=-1)
    found = velocity(Velocity(seconds=seconds, payments_max=most), "account", earlier, movement)
    inside = [each for each in earlier if each.amount < 0 and 10_000 - each.at < seconds]
    assert (len(inside) + 1 > most) == (found is not None)


@given(_AMOUNTS, st.integers(0, 30), st.integers(0, 7_200), st.integers(2, 4))
def test_round_trip_is_nearly_the_same_amount_back(
    received: int, percent_more: int, age: int, counterparty: int
) -> None:
    """Found exactly when the payee had paid nearly as much not long before."""
    rule = RoundTrip(seconds=3_600, percent=5, amount_min=1)
    paid = received + received * percent_more // 100
    earlier = [Movement(place="1-0.0", at=10_000 - age, counterparty=3, amount=received)]
    movement = Movement(place="2-0.0", at=10_000, counterparty=counterparty, amount=-paid)
    found = round_trip(rule, "account", earlier, movement)
    near = (paid - received) * 100 <= 5 * received
    assert (near and age <= 3_600 and counterparty == 3) == (found is not None)


@given(st.lists(_SIGNED, max_size=30), _AMOUNTS)
def test_what_comes_in_is_no_finding(earlier: list[int], amount: int) -> None:
    """Nobody is to blame for what others pay it."""
    movement = Movement(place="9-0.0", at=10**6, counterparty=3, amount=amount)
    strict = Rules(velocity=Velocity(seconds=10**7, payments_max=1))
    assert [] == findings_of(strict, "account", _movements(earlier), movement)


@given(st.lists(_SIGNED, min_size=1, max_size=30), _AMOUNTS)
def test_rules_that_are_off_find_nothing(earlier: list[int], amount: int) -> None:
    """A rule that is None says nothing; each finding names a rule that is on, its account, and a reason."""
    off = Rules(unusual_amount=None, velocity=None, round_trip=None)
    on = Rules(
        unusual_amount=UnusualAmount(factor=1, history_min=1),
        velocity=Velocity(seconds=10**7, payments_max=1),
        round_trip=RoundTrip(seconds=10**7, percent=100, amount_min=1),
    )
    movement = Movement(place="9-0.0", at=10**6, counterparty=3, amount=-amount)
    assert [] == findings_of(off, "account", _movements(earlier), movement)
    for found in findings_of(on, "account", _movements(earlier), movement):
        assert found.subject.startswith("account")
        assert str(amount) in found.explanation or found.rule == "velocity"
        assert str(amount) == found.data["amount"]


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1), st.integers(1, 100))
def test_limits(used: int, limit: int, percent: int) -> None:
    """Found exactly from so many hundredths of the limit on, without a rounding; no limit, no finding."""
    found = limit_nearly_used(LimitNearlyUsed(percent=percent), "account", used=used, limit=limit)
    assert (limit > 0 and 100 * used >= percent * limit) == (found is not None)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 10**5))
def test_ages(since: int, now: int, seconds: int) -> None:
    """Found exactly when older than allowed; a clock that was set back finds nothing."""
    assume(now != since)
    for rule, name in ((QueueAge(seconds=seconds), "queue_age"), (BreakAge(seconds=seconds), "break_age")):
        found = too_old(rule, "it", since=since, now=now)
        assert (now - since > seconds) == (found is not None)
        assert found is None or name == found.rule


@given(st.lists(st.sets(st.integers(0, 3), min_size=3), min_size=1, max_size=8), st.integers(1, 8))
def test_silent_validators_sealed_nothing(sealed: list[set[int]], blocks: int) -> None:
    """Found are exactly the validators none of whose seals is in the last blocks, once there are enough."""
    extra = extra_data(addresses(FOUR))
    headers: list[Any] = []
    for keys in sealed:
        made = header(headers[-1] if headers else None, Content(), extra=extra)
        headers.append(seal(made, [FOUR[key] for key in sorted(keys)]))
    found = silent_validators(ValidatorSilent(blocks=blocks), headers)
    silent = {0, 1, 2, 3} - set().union(*sealed[-blocks:]) if len(sealed) >= blocks else set()
    expected = {f"0x{address_of(FOUR[key]).hex()}" for key in silent}
    assert expected == {each.data["validator"] for each in found}


def test_a_new_validator_is_not_silent() -> None:
    """Who was a validator at the end only has had no time to seal."""
    first = seal(header(None, Content(), extra=extra_data(addresses(FOUR))), FOUR)
    second = header(first, Content(), extra=extra_data(addresses(VALIDATORS)))
    assert [] == silent_validators(ValidatorSilent(blocks=2), [first, seal(second, FOUR)])
