"""What goes wrong on a day: a bank in default, the money halved, a node away."""

from dataclasses import dataclass, replace

from settlement.errors import InvalidScenario
from settlement.liquidity.day import Day, DayEvent, LineSet, Sent, Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """From a time on (UTC seconds) a participant sends nothing; what it is paid still arrives."""

    participant: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """From `begins_at` a participant's node is away; what it would have sent comes at `ends_at`, in order."""

    participant: str
    begins_at: int
    ends_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What goes wrong; nothing by default. `is_halved`: balances, reserves and credit lines are halved."""

    defaults: tuple[Default, ...] = ()
    away: tuple[Away, ...] = ()
    is_halved: bool = False

    def of(self, day: Day) -> Day:
        """Return the day with it; raise `InvalidScenario`.

        A defaulter is stopped as the chain stops a suspended participant: what it has waiting is cancelled.
        """
        self._validate(day)
        if self.is_halved:
            day = _halved(day)
        away = {each.participant: each for each in self.away}
        events = sorted((_delayed(event, away) for event in day.events), key=lambda event: event.at)
        stops = {each.participant: each.at for each in self.defaults}
        kept = (
            event
            for event in events
            if not isinstance(event, Sent) or event.at < stops.get(event.payment.payer, event.at + 1)
        )
        stopped = (Stop(participant=participant, at=at) for participant, at in stops.items())
        # Sorting is stable: who stops at a time stops before what else happens then.
        return replace(day, events=tuple(sorted([*stopped, *kept], key=lambda event: event.at)))

    def _validate(self, day: Day) -> None:
        known = {account.participant for account in day.accounts}
        times = {"default": [(each.participant, each.at, each.at) for each in self.defaults]}
        times["away"] = [(each.participant, each.begins_at, each.ends_at) for each in self.away]
        for what, found in times.items():
            for participant, first, last in found:
                if participant not in known:
                    raise InvalidScenario(f"{participant!r} has no account on that day", param=what)
                if not day.opens_at <= first <= last <= day.closes_at:
                    raise InvalidScenario(
                        f"{participant!r}: {first} to {last} is not in the day, {day.opens_at} to "
                        f"{day.closes_at}",
                        param=what,
                    )
            if len({participant for participant, _, _ in found}) < len(found):
                raise InvalidScenario("a participant is named twice; name each once", param=what)


def _delayed(event: DayEvent, away: dict[str, Away]) -> DayEvent:
    absence = away.get(event.payment.payer) if isinstance(event, Sent) else None
    if absence is None or not absence.begins_at <= event.at < absence.ends_at:
        return event
    return replace(event, at=absence.ends_at)


def _halved(day: Day) -> Day:
    return replace(
        day,
        accounts=tuple(
            replace(each, balance=_half(each.balance), reserve=_half(each.reserve), credit=_half(each.credit))
            for each in day.accounts
        ),
        events=tuple(
            replace(each, reserve=_half(each.reserve), credit=_half(each.credit))
            if isinstance(each, LineSet)
            else each
            for each in day.events
        ),
    )


def _half(amount: int) -> int:
    """Return half of it, towards zero: what is above its floor stays so."""
    return amount // 2 if amount >= 0 else -(-amount // 2)
