"""HiGHS as the optimiser of queue resolution: one thread, a fixed seed, limits counted in work.

The same program, asked the same way, has the same answer on each run. Amounts are scaled to what its
tolerances are made for; what that loses, the caller finds by the ledger's rule in whole numbers.
"""

from collections.abc import Sequence

import highspy
import numpy as np

from settlement.liquidity.program import Answer, Program

_LARGEST = 1e4
_OPTIONS: dict[str, bool | int | float | str] = {
    "output_flag": False,
    "threads": 1,
    "random_seed": 1,
    "parallel": "off",
    "mip_abs_gap": 0.0,
}


class Highs:
    """The optimiser."""

    def load(self, program: Program) -> "LoadedProgram":
        """Take a program."""
        return LoadedProgram(program)


class LoadedProgram:
    """A program inside HiGHS."""

    def __init__(self, program: Program) -> None:
        self._value_scale = _scale(program.values)
        self._row_scales = np.array([_scale(row.coefficients) for row in program.rows])
        self._upper = np.ones(len(program.values))
        self._upper[sorted(program.barred)] = 0.0
        self._integral: Sequence[int] = ()
        self._highs = highspy.Highs()  # type: ignore[no-untyped-call]
        for name, value in _OPTIONS.items():
            self._highs.setOptionValue(name, value)
        self._highs.passModel(self._model(program))

    def _model(self, program: Program) -> highspy.HighsLp:
        model, rows = highspy.HighsLp(), program.rows
        model.num_col_, model.num_row_ = len(program.values), len(rows)
        model.sense_ = highspy.ObjSense.kMaximize
        model.col_cost_ = np.array(program.values, dtype=float) / self._value_scale
        model.col_lower_, model.col_upper_ = np.zeros(len(program.values)), self._upper
        model.row_lower_ = np.full(len(rows), -highspy.kHighsInf)
        model.row_upper_ = np.array([row.limit for row in rows], dtype=float) / self._row_scales
        sizes = [len(row.columns) for row in rows]
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.concatenate(([0], np.cumsum(sizes))).astype(np.int32)
        model.a_matrix_.index_ = np.array([at for row in rows for at in row.columns], dtype=np.int32)
        coefficients = np.array([each for row in rows for each in row.coefficients], dtype=float)
        model.a_matrix_.value_ = coefficients / np.repeat(self._row_scales, sizes)
        return model

    def fix(self, columns: Sequence[int], values: Sequence[int]) -> None:
        """Give columns one value."""
        bounds = np.array(values, dtype=float)
        self._highs.changeColsBounds(len(columns), np.array(columns, dtype=np.int32), bounds, bounds)

    def free(self, columns: Sequence[int]) -> None:
        """Let columns be anything between 0 and 1 again."""
        places = np.array(columns, dtype=np.int32)
        self._highs.changeColsBounds(len(places), places, np.zeros(len(places)), self._upper[places])

    def solve(self, integral: Sequence[int], *, nodes_max: int, gap: float) -> Answer:
        """Solve it with these columns integral, up to a number of nodes of the search and a relative gap."""
        self._be(self._integral, highspy.HighsVarType.kContinuous)
        self._be(integral, highspy.HighsVarType.kInteger)
        self._integral = integral
        self._highs.setOptionValue("mip_max_nodes", nodes_max)
        self._highs.setOptionValue("mip_rel_gap", gap)
        self._highs.run()
        facts, solution = self._highs.getInfo(), self._highs.getSolution()
        is_found = facts.primal_solution_status == int(highspy.SolutionStatus.kSolutionStatusFeasible)
        bound = facts.mip_dual_bound if integral else facts.objective_function_value
        duals = np.abs(np.array(solution.row_dual)) * self._value_scale / self._row_scales
        return Answer(
            values=list(solution.col_value) if is_found else None,
            bound=bound * self._value_scale,
            multipliers=[] if integral or not solution.dual_valid else duals.tolist(),
            is_optimal=self._highs.getModelStatus() == highspy.HighsModelStatus.kOptimal,
        )

    def _be(self, columns: Sequence[int], kind: highspy.HighsVarType) -> None:
        if columns:
            places = np.array(columns, dtype=np.int32)
            self._highs.changeColsIntegrality(len(places), places, np.array([kind] * len(places)))


def _scale(numbers: Sequence[int]) -> float:
    """Return by what to divide, so that the largest is no longer large."""
    return max(1.0, max(map(abs, numbers), default=0) / _LARGEST)
