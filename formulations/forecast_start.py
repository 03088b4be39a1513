"""Plans that may be feasible, in a few passes over the pairs in range."""

from typing import TYPE_CHECKING

import numpy as np

from formulations import placement_start
from formulations.placement import LapPlacement

if TYPE_CHECKING:
    from formulations.forecast import LapForecast, PlacementPlan


def nobody(problem: "LapForecast") -> "PlacementPlan":
    """Fixed sites alone, and nobody served."""
    return problem.plan([placement_start.nobody(one) for one in problem.placements])


def promising(problem: "LapForecast") -> "PlacementPlan":
    """Sites of each step by what they would earn in it; in all scenarios together.

    Scenarios are put together as users of one problem with room for all of them.
    """
    if problem.moves:
        return problem.plan(
            [placement_start.promising(one) for one in problem.placements]
        )
    periods = problem.sizes["T"]
    together = LapPlacement(
        problem.value,
        demand=problem.demand,
        capacity=problem.capacity * periods,
        open_cost=problem.open_cost * periods,
        max_laps=problem.max_laps,
        must_serve=problem.must_serve,
        energy=problem.energy,
        battery=problem.battery,
        conflicts=problem.conflicts,
        fixed=problem.fixed,
    )
    is_open = np.array(placement_start.promising(together).open)
    return problem.plan(
        [placement_start.serve(is_open, one) for one in problem.placements]
    )
