"""HiGHS behind Pyomo as reference methods run it: silent, on one thread."""

from typing import Any

import numpy as np

from rrm.argument import BySearch
from rrm.incumbent import Incumbent


def solved(model: Any, incumbent: Incumbent) -> tuple[bool, float | None]:
    """Solve a Pyomo model in the time that is left.

    That no values fit is told to the incumbent.

    Returns
    -------
    is_loaded : bool
        Whether the variables hold a solution.
    bound : float or None
        On the model's objective, where there is a finite one.
    """
    from pyomo.contrib.appsi.base import TerminationCondition
    from pyomo.contrib.appsi.solvers import Highs

    solver: Any = Highs()
    solver.config.time_limit = max(incumbent.remaining(), 1e-3)
    solver.config.mip_gap = 0.5 * incumbent.budget.gap
    solver.config.load_solution = False
    solver.highs_options = {"threads": 1, "mip_feasibility_tolerance": 1e-9}
    result = solver.solve(model)
    if result.termination_condition == TerminationCondition.infeasible:
        none = -incumbent.problem.sense * np.inf
        incumbent.tighten(none, BySearch("highs"))
        return False, None
    is_loaded = result.best_feasible_objective is not None
    if is_loaded:
        result.solution_loader.load_vars()
    bound = result.best_objective_bound
    if bound is None or not np.isfinite(bound):
        return is_loaded, None
    return is_loaded, float(bound)
