"""How much work a run may take, counted so that every node that repeats it finds the same."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkLimits:
    """Limits of a run; each is a number of things, none a time.

    `exact_payments_max`: up to so many payments all are whole in one program, and the search goes on to the
    optimum or `exact_nodes_max`. `tranche`: how many payments are whole in the first program of a larger
    queue, of which each next one has `tranche_growth` times as many. `nodes_max`, `gap`: where a program's
    search ends. `programs_max`: how many programs there are for an objective. `loss_max`: what share of the
    objective a repair may cost before the last tranche is solved again.
    """

    exact_payments_max: int = 300
    exact_nodes_max: int = 2_000
    tranche: int = 200
    tranche_growth: float = 1.2
    nodes_max: int = 100
    gap: float = 0.001
    programs_max: int = 60
    loss_max: float = 0.002
