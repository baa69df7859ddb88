"""The portfolio: several ways to a valid set, the best of them, and what no valid set exceeds."""

from dataclasses import dataclass, replace

from settlement.liquidity.dive import Dives
from settlement.liquidity.heuristics import drop_last, fill
from settlement.liquidity.limits import WorkLimits
from settlement.liquidity.program import Optimiser, Program, program_of, with_floor
from settlement.liquidity.queue import Queue
from settlement.liquidity.repair import repair
from settlement.liquidity.rule import Positions
from settlement.liquidity.tranches import RelaxAndFix

_DEFAULT = WorkLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """The best valid set that was found.

    `settled`: ids in queue order. `bound`: no valid set that settles as much urgent value has a higher
    value (minor units). `method`: what found it. `balances`: of each participant after it. `programs`: the
    work, in programs.
    """

    settled: tuple[str, ...]
    value: int
    bound: int
    method: str
    balances: dict[str, int]
    programs: int


@dataclass(slots=True)
class _Best:
    """The best set so far, by urgent value, then value, then count."""

    positions: Positions
    method: str
    bound: int
    programs: int = 0

    def offer(self, positions: Positions | None, method: str) -> None:
        """Take a set if it is better."""
        if positions is not None and positions.measure() > self.positions.measure():
            self.positions, self.method = positions, method


def resolve(queue: Queue, optimiser: Optimiser | None = None, limits: WorkLimits = _DEFAULT) -> Resolution:
    """Return the best valid set of a queue that can be found within limits; the same each time.

    Never worse than drop-last. Without an optimiser only the heuristics run, and the bound is the queue's
    value. Raise `InvalidQueue`.
    """
    queue.validate()
    total = sum(payment.amount for payment in queue.payments)
    best = _Best(positions=drop_last(queue), method="drop-last", bound=total)
    if len(best.positions.chosen) < len(queue.payments):
        _bypass(best)
        if optimiser is not None:
            _optimise(best, optimiser, limits)
    _, value, _ = best.positions.measure()
    assert not best.positions.breaches(), "every method gives valid sets"
    return Resolution(
        settled=tuple(queue.payments[at].id for at in sorted(best.positions.chosen)),
        value=value,
        bound=max(best.bound, value),
        method=best.method,
        balances=best.positions.balances(),
        programs=best.programs,
    )


def _bypass(best: _Best) -> None:
    """Let payments behind go where the ones before them do not fit."""
    queue = best.positions.queue
    largest = sorted(range(len(queue.payments)), key=lambda at: -queue.payments[at].amount)
    after_drops = Positions(queue, best.positions.chosen)
    fill(after_drops, range(len(queue.payments)))
    best.offer(after_drops, "bypass")
    repaired = Positions(queue, range(len(queue.payments)))
    repair(repaired)
    fill(repaired, largest)
    best.offer(repaired, "bypass")


def _optimise(best: _Best, optimiser: Optimiser, limits: WorkLimits) -> None:
    """Search by programs: for urgent value where any is urgent, for value, and in a small queue for count."""
    positions = best.positions
    amounts = positions.amounts
    urgent = [amount if positions.urgent[at] else 0 for at, amount in enumerate(amounts)]
    is_exact = len(amounts) <= limits.exact_payments_max
    if any(urgent):
        _search(best, program_of(positions, urgent), optimiser, limits)
    program = program_of(positions, amounts)
    if least := best.positions.measure()[0]:
        program = with_floor(program, urgent, least)
    best.bound = min(best.bound, _search(best, program, optimiser, limits))
    if is_exact:
        ones = [1] * len(amounts) + [0] * len(program.gates)
        counting = with_floor(replace(program, values=tuple(ones)), amounts, best.positions.measure()[1])
        _search(best, counting, optimiser, limits)


def _dive(best: _Best, program: Program, optimiser: Optimiser, limits: WorkLimits) -> int:
    """Offer what diving through a program gives; return its bound."""
    run = Dives(queue=best.positions.queue, program=program, loaded=optimiser.load(program), limits=limits)
    for positions in run.sets():
        best.offer(positions, "dive")
    best.programs += run.programs
    return run.bound


def _search(best: _Best, program: Program, optimiser: Optimiser, limits: WorkLimits) -> int:
    """Offer what a program gives; return its bound."""
    if len(best.positions.amounts) > limits.searched_payments_max:
        return _dive(best, program, optimiser, limits)
    run = RelaxAndFix(
        queue=best.positions.queue, program=program, loaded=optimiser.load(program), limits=limits
    )
    run.run()
    best.programs += run.programs
    best.offer(run.found, "exact" if _is_small(best, limits) else "relax-and-fix")
    return run.bound


def _is_small(best: _Best, limits: WorkLimits) -> bool:
    return len(best.positions.amounts) <= limits.exact_payments_max
