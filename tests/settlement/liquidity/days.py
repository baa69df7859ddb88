"""Small days of every kind: reserves, credit, urgency, money issued and redeemed, lines that change."""

from hypothesis import strategies as st

from settlement.liquidity.day import OUTSIDE, Day, DayEvent, LineSet, Sent
from settlement.liquidity.queue import Account, Payment
from settlement.liquidity.scenario import Away, Default, Scenario

_NAMES = "ABCD"
# Four intervals of the replay.
CLOSES_AT = 3_600


@st.composite
def days(draw: st.DrawFn, *, plain: bool = False, events_max: int = 10) -> Day:
    """A day of up to four participants; a plain one without reserves, credit, urgency and lines."""
    names = _NAMES[: draw(st.integers(min_value=2, max_value=len(_NAMES)))]
    accounts = tuple(
        Account(
            participant=name,
            balance=draw(st.integers(min_value=0, max_value=12)),
            reserve=0 if plain else draw(st.sampled_from([0, 0, 3])),
            credit=0 if plain else draw(st.sampled_from([0, 0, 4])),
        )
        for name in names
    )
    times = sorted(draw(st.lists(st.integers(min_value=0, max_value=CLOSES_AT), max_size=events_max)))
    events = [draw(_events(names, number, at, plain=plain)) for number, at in enumerate(times)]
    return Day(asset="USD", opens_at=0, closes_at=CLOSES_AT, accounts=accounts, events=tuple(events))


@st.composite
def _events(draw: st.DrawFn, names: str, number: int, at: int, *, plain: bool) -> DayEvent:
    if not plain and draw(st.integers(min_value=0, max_value=7)) == 0:
        return LineSet(
            at=at,
            participant=draw(st.sampled_from(names)),
            reserve=draw(st.sampled_from([0, 3])),
            credit=draw(st.sampled_from([0, 4, 9])),
        )
    payer, payee = draw(st.permutations(names if plain else [*names, OUTSIDE]))[:2]
    amount = draw(st.integers(min_value=1, max_value=15))
    is_urgent = not plain and draw(st.booleans())
    payment = Payment(id=f"T{number}", payer=payer, payee=payee, amount=amount, urgent=is_urgent)
    return Sent(at=at, payment=payment)


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """What goes wrong with A or B, who are there on each day."""
    times = st.integers(min_value=0, max_value=CLOSES_AT)
    begins_at, ends_at = sorted(draw(st.tuples(times, times)))
    return Scenario(
        defaults=tuple(draw(st.lists(st.builds(Default, participant=st.just("A"), at=times), max_size=1))),
        away=(Away(participant="B", begins_at=begins_at, ends_at=ends_at),) if draw(st.booleans()) else (),
        is_halved=draw(st.booleans()),
    )
