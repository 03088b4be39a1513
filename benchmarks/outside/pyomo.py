"""Pyomo: a concrete model of expressions, solved by HiGHS through appsi."""

from typing import Any

import numpy as np

from benchmarks.models.linear import linear_model, reason_against
from benchmarks.outside import Claim, Limits
from formulations.problem import Problem

NEEDS = ("pyomo", "highspy")

__all__ = ["NEEDS", "reason_against", "solve"]


def solve(problem: Problem, limits: Limits) -> Claim:
    """State the rows as constraints of a concrete model [1]_.

    References
    ----------
    .. [1] M. L. Bynum et al., "Pyomo: Optimization Modeling in Python", 3rd ed., 2021.
       https://doi.org/10.1007/978-3-030-68928-5
    """
    import pyomo.environ as pyo
    from pyomo.contrib.appsi.base import TerminationCondition
    from pyomo.contrib.appsi.solvers import Highs

    known = linear_model(problem)
    model = _stated(pyo, known)
    solver: Any = Highs()
    solver.config.load_solution = False
    solver.config.mip_gap = limits.gap
    solver.config.time_limit = limits.remaining()
    solver.highs_options = {"threads": limits.threads, "random_seed": limits.seed}
    result = solver.solve(model)
    claim = Claim()
    names = TerminationCondition
    if result.termination_condition == names.infeasible:
        claim.status = "infeasible"
    elif result.best_feasible_objective is not None:
        is_optimal = result.termination_condition == names.optimal
        claim.status = "optimal" if is_optimal else "feasible"
        result.solution_loader.load_vars()
        values = np.array([model.x[k].value for k in model.x], float)
        claim.allocation = known.decode(values)
        claim.objective = float(result.best_feasible_objective)
    if result.best_objective_bound is not None:
        claim.bound = float(result.best_objective_bound)
    return claim


def _stated(pyo: Any, known: Any) -> Any:
    model = pyo.ConcreteModel()
    kinds = (pyo.Reals, pyo.Binary)
    limits = list(zip(known.lower.tolist(), known.upper.tolist(), strict=True))
    model.x = pyo.Var(
        range(len(known.cost)),
        domain=lambda _, k: kinds[int(known.integer[k])],
        bounds=lambda _, k: limits[k],
    )
    model.rows = pyo.ConstraintList()
    rows: Any = known.rows
    for row in range(rows.shape[0]):
        entries = slice(rows.indptr[row], rows.indptr[row + 1])
        names, values = rows.indices[entries].tolist(), rows.data[entries].tolist()
        if not names:
            continue
        total = pyo.quicksum(a * model.x[k] for k, a in zip(names, values, strict=True))
        low, high = float(known.low[row]), float(known.high[row])
        if low == high:
            model.rows.add(total == high)
            continue
        if np.isfinite(high):
            model.rows.add(total <= high)
        if np.isfinite(low):
            model.rows.add(total >= low)
    goal = pyo.quicksum(c * model.x[k] for k, c in enumerate(known.cost.tolist()))
    sense = pyo.maximize if known.sense > 0 else pyo.minimize
    model.goal = pyo.Objective(expr=goal + known.constant, sense=sense)
    return model
