"""The portfolio: several ways to a valid set, the best of them, and what no valid set exceeds."""

from dataclasses import dataclass, replace

from settlement.liquidity.heuristics import drop_last, fill
from settlement.liquidity.limits import WorkLimits
from settlement.liquidity.program import Optimiser, Program, program_of, with_floor
from settlement.liquidity.queue import Queue
from settlement.liquidity.repair import repair
from settlement.liquidity.rule import Positions
from settlement.liquidity.tranches import RelaxAndFix

_DEFAULT = WorkLimits()
# A large queue's gap is so many times that of others, and its tranches grow so many times as fast.
_COARSER, _FASTER = 5, 1.3


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
        if optimiser is not None and len(queue.payments) <= limits.large_payments_max:
            _optimise(best, optimiser, limits)
        elif optimiser is not None:
            _optimise_largest(best, optimiser, limits)
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


def _optimise_largest(best: _Best, optimiser: Optimiser, limits: WorkLimits) -> None:
    """Search among the urgent and the large payments, and fill up with the others; the bound is of all."""
    queue, whole = best.positions.queue, best.positions
    program = program_of(whole, whole.amounts)
    relaxed = optimiser.load(program).solve((), nodes_max=0, gap=0.0)
    if relaxed.multipliers:
        best.bound = min(best.bound, program.bound(relaxed.multipliers))
    order = sorted(range(len(queue.payments)), key=lambda at: (not whole.urgent[at], -whole.amounts[at]))
    places = sorted(order[: limits.large_payments])
    largest = replace(queue, payments=tuple(queue.payments[at] for at in places))
    among = _Best(positions=drop_last(largest), method="drop-last", bound=best.bound)
    coarser = replace(
        limits,
        gap=limits.gap * _COARSER,
        tranche_growth=limits.tranche_growth * _FASTER,
        programs_max=limits.large_programs_max,
    )
    _optimise(among, optimiser, coarser)
    best.programs += 1 + among.programs
    positions = Positions(queue, (places[at] for at in among.positions.chosen))
    # Urgent payments that were not looked at bar what is not urgent of the same payer.
    repair(positions)
    fill(positions, order)
    best.offer(positions, "relax-and-fix of the largest")


def _search(best: _Best, program: Program, optimiser: Optimiser, limits: WorkLimits) -> int:
    """Offer what a program gives; return its bound."""
    run = RelaxAndFix(
        queue=best.positions.queue, program=program, loaded=optimiser.load(program), limits=limits
    )
    run.run()
    best.programs += run.programs
    best.offer(run.found, "exact" if _is_small(best, limits) else "relax-and-fix")
    return run.bound


def _is_small(best: _Best, limits: WorkLimits) -> bool:
    return len(best.positions.amounts) <= limits.exact_payments_max
