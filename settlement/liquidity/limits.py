"""How much work a run may take, counted so that every node that repeats it finds the same."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkLimits:
    """Limits of a run; each is a number of things, none a time.

    `exact_payments_max`: up to so many payments all are whole in one program, whose search goes on to the
    optimum or `exact_nodes_max`. `tranche`: how many payments are whole in the first program of a larger
    queue; each next one has `tranche_growth` times as many. `first_nodes_max`, `nodes_max`, `gap`: where
    the search of the first and of later programs ends. `programs_max`: how many programs there are for an
    objective. `loss_max`: what share of the objective a repair may cost before the last tranche is solved
    again. `searched_payments_max`: a queue of more payments is dived through instead, `dive_steps_max`
    steps each way, with a set made after each.
    """

    exact_payments_max: int = 300
    exact_nodes_max: int = 2_000
    tranche: int = 200
    tranche_growth: float = 1.2
    first_nodes_max: int = 200
    nodes_max: int = 20
    gap: float = 0.001
    programs_max: int = 60
    loss_max: float = 0.002
    searched_payments_max: int = 20_000
    dive_steps_max: int = 12
