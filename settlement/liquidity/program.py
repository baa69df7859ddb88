"""The rule as a mixed-integer linear program, and what is asked of whatever solves one.

A column for each payment (1: it settles), then a gate for each account whose non-urgent, or whose whole,
outflow is allowed only under a condition (1: there is such outflow). All columns lie between 0 and 1.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from settlement.liquidity.queue import Account
from settlement.liquidity.rule import Positions

# Above this many payments of one account its gate has one row for all: weaker, but the program stays small.
_OWN_ROWS_MAX = 200
# Multipliers are rounded to multiples of this before a bound is computed of them in whole numbers.
_DENOMINATOR = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The sum of coefficient times column is at most `limit`."""

    columns: tuple[int, ...]
    coefficients: tuple[int, ...]
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Maximise the sum of `values` times columns under the rows; `barred` columns are 0, `gates` are the
    last.
    """

    values: tuple[int, ...]
    rows: tuple[Row, ...]
    barred: frozenset[int]
    gates: range

    def bound(self, multipliers: Sequence[float]) -> int:
        """Return a value that no solution exceeds, from a multiplier for each row.

        Any multipliers from 0 give one (weak duality); good ones are a relaxation's dual values. It is
        computed in whole numbers, so no rounding can make it false.
        """
        total = 0
        reduced = [value * _DENOMINATOR for value in self.values]
        for row, multiplier in zip(self.rows, multipliers, strict=True):
            whole = max(0, round(multiplier * _DENOMINATOR))
            if whole:
                total += whole * row.limit
                for column, coefficient in zip(row.columns, row.coefficients, strict=True):
                    reduced[column] -= whole * coefficient
        total += sum(each for column, each in enumerate(reduced) if each > 0 and column not in self.barred)
        return total // _DENOMINATOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was found of a program.

    `values`: of each column, None when no solution was found. `bound`: what no solution exceeds, by the
    word of the solver. `multipliers`: dual values of the rows, of a program without integral columns.
    `is_optimal`: the search ended by itself and not at its limit.
    """

    values: Sequence[float] | None
    bound: float
    multipliers: Sequence[float]
    is_optimal: bool


class Loaded(Protocol):
    """A program that a solver holds, so that many like it are solved from where the last one ended."""

    def fix(self, columns: Sequence[int], values: Sequence[int]) -> None:
        """Give columns one value."""

    def free(self, columns: Sequence[int]) -> None:
        """Let columns be anything between 0 and 1 again."""

    def solve(self, integral: Sequence[int], *, nodes_max: int, gap: float) -> Answer:
        """Solve it with these columns integral, up to a number of nodes of the search and a relative gap."""


class Optimiser(Protocol):
    """What solves programs, the same way each time."""

    def load(self, program: Program) -> Loaded:
        """Take a program."""


@dataclass(slots=True)
class _Rows:
    """Rows and gates as they are written."""

    gate: int
    rows: list[Row] = field(default_factory=list)

    def add(self, terms: Iterable[tuple[int, int]], limit: int) -> None:
        """Add a row of (column, coefficient)."""
        columns, coefficients = zip(*terms, strict=True)
        self.rows.append(Row(columns=columns, coefficients=coefficients, limit=limit))

    def new_gate(self, outflow: Sequence[int]) -> int:
        """Return a new column that is 1 where any of these is."""
        gate, self.gate = self.gate, self.gate + 1
        if len(outflow) <= _OWN_ROWS_MAX:
            for column in outflow:
                self.add([(column, 1), (gate, -1)], 0)
        else:
            self.add([*((column, 1) for column in outflow), (gate, -len(outflow))], 0)
        return gate

    def add_floor(self, outflow: Sequence[int], terms: list[tuple[int, int]], funds: int) -> None:
        """Add that terms stay within funds where there is outflow; without any they may be short from the
        start.
        """
        if funds >= 0:
            self.add(terms, funds)
        else:
            self.add([*terms, (self.new_gate(outflow), -funds)], 0)


def program_of(positions: Positions, values: Sequence[int]) -> Program:
    """Return the program of a queue for an objective: the value of each payment.

    `positions` are of any set of the queue; only what they say of the queue is read.
    """
    queue, count = positions.queue, len(positions.amounts)
    outgoing: list[list[int]] = [[] for _ in queue.accounts]
    incoming: list[list[int]] = [[] for _ in queue.accounts]
    for column in range(count):
        outgoing[positions.payers[column]].append(column)
        incoming[positions.payees[column]].append(column)
    written, barred = _Rows(count), set[int]()
    for place, account in enumerate(queue.accounts):
        if outgoing[place]:
            _add_account(written, positions, account, outgoing[place], incoming[place])
        if account.urgent_elsewhere:
            barred.update(column for column in outgoing[place] if not positions.urgent[column])
    for payer, limits in enumerate(positions.limits):
        for payee, left in limits.items():
            out = [(at, positions.amounts[at]) for at in outgoing[payer] if positions.payees[at] == payee]
            back = [(at, -positions.amounts[at]) for at in outgoing[payee] if positions.payees[at] == payer]
            if out:
                written.add([*out, *back], left)
    gates = range(count, written.gate)
    return Program(
        values=(*values, *(0 for _ in gates)),
        rows=tuple(written.rows),
        barred=frozenset(barred),
        gates=gates,
    )


def _add_account(
    written: _Rows, positions: Positions, account: Account, outgoing: list[int], incoming: list[int]
) -> None:
    """Add what is asked of one account that pays."""
    normal = [column for column in outgoing if not positions.urgent[column]]
    amounts = positions.amounts
    back = [(column, -amounts[column]) for column in incoming]
    out = [(column, amounts[column]) for column in outgoing]
    funds = account.balance + account.credit
    written.add_floor(outgoing, [*out, *back], funds)
    if account.outflow_left is not None:
        written.add(out, account.outflow_left)
    if normal and account.reserve:
        written.add_floor(normal, [*((at, amounts[at]) for at in normal), *back], funds - account.reserve)
    urgent = [column for column in outgoing if positions.urgent[column]]
    if normal and urgent:
        gate = written.new_gate(normal)
        written.add([(gate, len(urgent)), *((column, -1) for column in urgent)], 0)


def with_floor(program: Program, values: Sequence[int], least: int) -> Program:
    """Return the program with the sum of other values times payments at least `least`."""
    columns, coefficients = zip(*((at, -value) for at, value in enumerate(values) if value), strict=True)
    row = Row(columns=columns, coefficients=coefficients, limit=-least)
    return Program(
        values=program.values, rows=(*program.rows, row), barred=program.barred, gates=program.gates
    )
