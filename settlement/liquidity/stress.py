"""Liquidity stress: a day replayed with something gone wrong; what settles, who is short, what it takes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from settlement.errors import InvalidScenario
from settlement.liquidity.day import OUTSIDE, Day, LineSet
from settlement.liquidity.need import Need, needs, shortfall
from settlement.liquidity.replay import Replay, replay
from settlement.liquidity.scenario import Scenario
from settlement.liquidity.variation import quantile, varied

VARIATIONS_MAX = 1_000
# Of all variations together, accounts and events.
_VARIED_MAX = 20_000_000
_SEED_CHARACTERS_MAX = 100
_NOTHING = Scenario()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A participant on such a day, in minor units.

    `credit`: its line when the day opens. `left`: what of its own waits when it closes; `short`: how much it
    lacks then to pay that by itself. `quantiles`: of its needs over the variations, each by itself; None
    without any.
    """

    participant: str
    opening: int
    credit: int
    sent: int
    settled: int
    received: int
    closing: int
    lowest: int
    left_count: int
    left: int
    short: int
    need: Need
    quantiles: Need | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stress:
    """What a scenario makes of a day. `unsent`: ids of what a defaulter did not send.

    `need` and `quantiles` are of all participants together; a quantile is of the sums, not the sum of the
    participants' own, which are not all needed on one day.
    """

    day: Day
    replay: Replay
    unsent: tuple[str, ...]
    standings: tuple[Standing, ...]
    need: Need
    quantiles: Need | None


def stress(
    day: Day, scenario: Scenario = _NOTHING, *, variations: int = 0, seed: str = "1", percent: int = 99
) -> Stress:
    """Return what a scenario makes of a day; the same for the same seed, everywhere.

    Each variation is of the day as it was, with the scenario on it. Raise `InvalidQueue`, `InvalidScenario`.
    """
    day.validate()
    _require_work(day, variations, seed)
    changed = scenario.of(day)
    found = replay(changed)
    needed = needs(changed)
    drawn = [needs(scenario.of(varied(day, seed=seed, number=each))) for each in range(variations)]
    sent = {each.payment.id for each in changed.sent}
    return Stress(
        day=changed,
        replay=found,
        unsent=tuple(each.payment.id for each in day.sent if each.payment.id not in sent),
        standings=_standings(changed, found, needed, drawn, percent),
        need=_total(needed),
        quantiles=_quantiles([_total(each) for each in drawn], percent),
    )


def _require_work(day: Day, variations: int, seed: str) -> None:
    if not 0 <= variations <= VARIATIONS_MAX:
        raise InvalidScenario(f"{variations} variations; 0 to {VARIATIONS_MAX} are made", param="variations")
    if variations * (len(day.accounts) + len(day.events)) > _VARIED_MAX:
        raise InvalidScenario("too many variations of so large a day; ask for fewer", param="variations")
    if len(seed) > _SEED_CHARACTERS_MAX:
        raise InvalidScenario(f"the seed is longer than {_SEED_CHARACTERS_MAX} characters", param="seed")


def _standings(
    day: Day, found: Replay, needed: dict[str, Need], drawn: Sequence[dict[str, Need]], percent: int
) -> tuple[Standing, ...]:
    by_id = {each.payment.id: each.payment for each in day.sent}
    settled = [by_id[each] for step in found.steps for each in step.settled]
    sent, paid = (_sums((each.payer, each.amount) for each in some) for some in (by_id.values(), settled))
    received = _sums((each.payee, each.amount) for each in settled)
    left = found.left_by_payer()
    lines = {account.participant: (account.reserve, account.credit) for account in day.accounts}
    for event in day.events:
        if isinstance(event, LineSet):
            lines[event.participant] = event.reserve, event.credit
    standings = []
    for account in day.accounts:
        name = account.participant
        waiting = sum(payment.amount for payment in left[name])
        reserve, credit = lines[name]
        lacking = shortfall(left[name], balance=found.balances[name] - waiting, reserve=reserve)
        standings.append(
            Standing(
                participant=name,
                opening=account.balance,
                credit=account.credit,
                sent=sent[name],
                settled=paid[name],
                received=received[name],
                closing=found.balances[name],
                lowest=found.lowest[name],
                left_count=len(left[name]),
                left=waiting,
                short=max(0, lacking - credit),
                need=needed[name],
                quantiles=_quantiles([each[name] for each in drawn], percent),
            )
        )
    return tuple(standings)


def _sums(amounts: Iterable[tuple[str, int]]) -> defaultdict[str, int]:
    sums: defaultdict[str, int] = defaultdict(int)
    for name, amount in amounts:
        if name != OUTSIDE:
            sums[name] += amount
    return sums


def _total(needed: dict[str, Need]) -> Need:
    return Need(
        at_once=sum(each.at_once for each in needed.values()),
        least=sum(each.least for each in needed.values()),
    )


def _quantiles(found: Sequence[Need], percent: int) -> Need | None:
    if not found:
        return None
    return Need(
        at_once=quantile([each.at_once for each in found], percent),
        least=quantile([each.least for each in found], percent),
    )
