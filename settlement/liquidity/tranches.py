"""Relax and fix: the largest payments whole and the smaller ones divisible, fix those, go on with the next.

The first program's bound is the whole queue's, for dividing payments only allows more. Where what was fixed
leaves no room for the next tranche, the set so far is repaired; where that costs too much the last tranche
is freed again and solved together with the next. A queue that fits the first tranche is solved exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from settlement.liquidity.heuristics import fill
from settlement.liquidity.limits import WorkLimits
from settlement.liquidity.program import Answer, Loaded, Program
from settlement.liquidity.queue import Queue
from settlement.liquidity.repair import repair
from settlement.liquidity.rule import Positions

# What a solver's numbers may be off by.
_TOLERANCE = 1e-6


@dataclass(slots=True, kw_only=True)
class RelaxAndFix:
    """A run over one program that a solver holds.

    `found` is the best valid set by the program's objective, `bound` what no valid set's objective exceeds.
    """

    queue: Queue
    program: Program
    loaded: Loaded
    limits: WorkLimits
    found: Positions | None = None
    bound: int = 0
    programs: int = 0
    _order: list[int] = field(default_factory=list)
    _values: Sequence[float] = ()

    def run(self) -> None:
        """Fix tranche after tranche, with a way back, until all are or the work is used up."""
        count = len(self.queue.payments)
        self._order = sorted(range(count), key=lambda at: -self.queue.payments[at].amount)
        self._relax()
        size = float(count if count <= self.limits.exact_payments_max else self.limits.tranche)
        fixed: list[int] = []
        start, end = 0, int(size)
        while start < count and self.programs < self.limits.programs_max:
            if self._solve(start, end):
                fixed.append(start)
                size *= self.limits.tranche_growth
                start, end = end, end + int(size)
                continue
            if not fixed or self._finish():
                return
            start = fixed.pop()
            self.loaded.free(self._order[start:end])
        self._finish()

    def _relax(self) -> None:
        """Solve it with all payments divisible; its dual values give a bound in whole numbers."""
        answer = self.loaded.solve((), nodes_max=0, gap=0.0)
        self.programs += 1
        self._values = answer.values or [0.0] * len(self.program.values)
        multipliers = answer.multipliers or [0.0] * len(self.program.rows)
        self.bound = self.program.bound(multipliers)

    def _solve(self, start: int, end: int) -> bool:
        """Solve it with a tranche whole, and fix that; False when no solution was found."""
        tranche = self._order[start:end]
        is_exact = len(tranche) == len(self._order) and len(tranche) <= self.limits.exact_payments_max
        nodes_max = self.limits.nodes_max if start else self.limits.first_nodes_max
        answer = self.loaded.solve(
            [*tranche, *self.program.gates],
            nodes_max=self.limits.exact_nodes_max if is_exact else nodes_max,
            gap=0.0 if is_exact else self.limits.gap,
        )
        self.programs += 1
        if start == 0:
            self._believe(answer)
        if answer.values is None:
            return False
        self._values = answer.values
        self.loaded.fix(tranche, [round(answer.values[at]) for at in tranche])
        return True

    def _believe(self, answer: Answer) -> None:
        """Take the bound of a search, less what its tolerances may have hidden."""
        if abs(answer.bound) < float("inf"):
            self.bound = min(self.bound, int(answer.bound * (1 + _TOLERANCE) + _TOLERANCE))

    def _finish(self) -> bool:
        """Make a valid set of what is whole by now; tell whether it is worth about as much as the divided
        one.
        """
        whole = [at for at in self._order if self._values[at] >= 1 - _TOLERANCE]
        positions = Positions(self.queue, whole)
        repair(positions)
        fill(positions, self._order)
        worth = self._worth(positions)
        if self.found is None or worth > self._worth(self.found):
            self.found = positions
        divided = sum(value * self._values[at] for at, value in enumerate(self.program.values))
        return worth >= divided * (1 - self.limits.loss_max)

    def _worth(self, positions: Positions) -> int:
        return sum(self.program.values[at] for at in positions.chosen)
