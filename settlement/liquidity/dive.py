"""Dive: the largest of the payments that a relaxation divides are made whole, and it is solved again.

For queues too large for a search: a relaxation divides no more payments than it has rows, and after each
step those that it divides are smaller, so what making all of them whole costs is less.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from settlement.liquidity.heuristics import fill
from settlement.liquidity.limits import WorkLimits
from settlement.liquidity.program import Loaded, Program
from settlement.liquidity.queue import Queue
from settlement.liquidity.repair import repair
from settlement.liquidity.rule import Positions

# What a solver's numbers may be off by.
_TOLERANCE = 1e-6
# Ways to go: which share of the divided payments is made whole in a step, and from what part of one on up.
_WAYS = ((0.25, 0.9), (0.25, 0.98), (0.15, 0.9), (0.25, 0.8))
# How often a step is made smaller before the way ends.
_SMALLER_MAX = 3


@dataclass(slots=True, kw_only=True)
class Dives:
    """Dives over one program that a solver holds; `bound` is what no valid set's objective exceeds."""

    queue: Queue
    program: Program
    loaded: Loaded
    limits: WorkLimits
    bound: int = 0
    programs: int = 0
    _order: list[int] = field(default_factory=list)
    _values: Sequence[float] = ()
    _fixed: list[int] = field(default_factory=list)

    def sets(self) -> Iterator[Positions]:
        """Yield valid sets, in a fixed order."""
        payments = self.queue.payments
        self._order = sorted(range(len(payments)), key=lambda at: -payments[at].amount)
        relaxed = self.loaded.solve((), nodes_max=0, gap=0.0)
        self.programs += 1
        self.bound = self.program.bound(relaxed.multipliers or [0.0] * len(self.program.rows))
        if relaxed.values is None:
            return
        self._values = relaxed.values
        yield self._whole()
        for share, up_from in _WAYS:
            self._values, self._fixed = relaxed.values, []
            yield from self._dive(share, up_from)
            self.loaded.free(self._fixed)

    def _dive(self, share: float, up_from: float) -> Iterator[Positions]:
        smaller = 0
        for _ in range(self.limits.dive_steps_max):
            divided = [at for at in self._order if _TOLERANCE < self._values[at] < 1 - _TOLERANCE]
            if not divided:
                return
            if self._make_whole(divided[: max(1, int(share * len(divided)))], up_from):
                yield self._whole()
                continue
            share, smaller = share / 4, smaller + 1
            if smaller > _SMALLER_MAX:
                return

    def _make_whole(self, payments: list[int], up_from: float) -> bool:
        """Fix them and solve the rest; False when it has no solution either with none of them."""
        rounded = [int(self._values[at] >= up_from) for at in payments]
        for values in (rounded, [0] * len(payments)):
            self.loaded.fix(payments, values)
            answer = self.loaded.solve((), nodes_max=0, gap=0.0)
            self.programs += 1
            if answer.values is not None:
                self._values = answer.values
                self._fixed += payments
                return True
        self.loaded.free(payments)
        return False

    def _whole(self) -> Positions:
        """Return a valid set of what is whole by now, and of what still fits."""
        positions = Positions(self.queue, (at for at in self._order if self._values[at] >= 1 - _TOLERANCE))
        repair(positions)
        fill(positions, self._order)
        return positions
