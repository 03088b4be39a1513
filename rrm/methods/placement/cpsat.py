"""Constraint programming on CP-SAT, in a worker process only."""

from typing import Any

import numpy as np

from formulations.placement import LapPlacement
from formulations.placement_model import canonical
from rrm.incumbent import BySearch, Incumbent
from rrm.methods.placement.highs import (
    LinearModel,
    in_units,
    linear_model,
    placement_of,
)
from rrm.registry import method

RESOLUTION = 2.0**30  # integer steps of the largest entry of a row and the objective
MOST_PAIRS = 500_000  # its model is built entry by entry


def applies(problem: LapPlacement) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if not problem.single_source and problem.is_capacitated:
        return "serves no part of a user"
    if len(problem.reach.site) > MOST_PAIRS:
        return f"states at most {MOST_PAIRS} pairs in range"
    return None


@method(
    LapPlacement,
    kind="exact",
    applies=applies,
    proves="an upper bound by search, where rounding to integers loses nothing",
    isolated=True,
    needs=("ortools",),
    rank=91,
)
def cpsat(problem: LapPlacement, incumbent: Incumbent) -> None:
    """State the linear model in integers and search with learned clauses [1]_.

    Demands are rounded up and limits down, so what it finds is feasible. Where that
    loses nothing, its bound and infeasibility count as one engine's search.

    References
    ----------
    .. [1] L. Perron, F. Didier, S. Gay, "The CP-SAT-LP solver", CP 2023, LIPIcs 280.
       https://doi.org/10.4230/LIPIcs.CP.2023.3
    """
    from ortools.sat.python import cp_model

    scaled, canonical_model = canonical(problem)
    linear = linear_model(canonical_model)
    model = cp_model.CpModel()
    x = [
        model.new_int_var(int(low), int(high), "")
        for low, high in zip(linear.lower, linear.upper, strict=True)
    ]
    is_exact = add_rows(model, x, linear)
    steps = RESOLUTION / (float(np.abs(linear.cost).max(initial=0.0)) or 1.0)
    cost = np.rint(linear.cost * steps).astype(np.int64)
    model.maximize(cp_model.LinearExpr.weighted_sum(x, cost.tolist()))

    class Reporter(cp_model.CpSolverSolutionCallback):
        """Offers each solution as it comes."""

        def on_solution_callback(self) -> None:
            values = np.array([self.value(one) for one in x], dtype=float)
            incumbent.offer(placement_of(values, canonical_model))

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = incumbent.seed % 2**31
    solver.parameters.relative_gap_limit = 0.5 * incumbent.budget.gap
    solver.parameters.max_time_in_seconds = max(incumbent.remaining(), 1e-3)
    status = solver.solve(model, Reporter())
    if not is_exact:
        return
    if status == cp_model.INFEASIBLE:
        incumbent.tighten(-np.inf, BySearch("cp-sat"))
    elif status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        rounding = 0.5 * len(x)  # steps by which the rounded objective may differ
        bound = (solver.best_objective_bound + rounding) / steps
        incumbent.tighten(in_units(bound, scaled), BySearch("cp-sat"))


def add_rows(model: Any, x: list[Any], linear: LinearModel) -> bool:
    """Add all rows in integers, rounded to the safe side; whether nothing was lost."""
    from ortools.sat.python import cp_model

    is_exact = True
    rows: Any = linear.rows
    for row in range(rows.shape[0]):
        part = slice(rows.indptr[row], rows.indptr[row + 1])
        values = rows.data[part]
        terms = [x[column] for column in rows.indices[part]]
        limits = np.array([linear.low[row], linear.high[row]])
        steps = _steps(np.concatenate((values, limits[np.isfinite(limits)])))
        rounded = np.rint(values * steps) if steps else np.ceil(values * RESOLUTION)
        is_exact = is_exact and steps is not None
        limits = limits * (steps or RESOLUTION)
        expression = cp_model.LinearExpr.weighted_sum(
            terms, rounded.astype(np.int64).tolist()
        )
        if np.isfinite(limits[0]):
            model.add(expression >= int(np.ceil(limits[0] - 1e-6)))
        if np.isfinite(limits[1]):
            model.add(expression <= int(np.floor(limits[1] + (1e-6 if steps else 0))))
    return is_exact


def _steps(values: np.ndarray) -> float | None:
    """Multiplier that makes all ``values`` integers of moderate size, None if none."""
    sizes = np.abs(values[values != 0])
    if not sizes.size:
        return 1.0
    for divisor in (1.0, sizes.min(), sizes.max()):
        multiples = values / divisor
        near = np.rint(multiples)
        is_whole = np.abs(multiples - near) <= 1e-12 * np.maximum(np.abs(near), 1)
        if is_whole.all() and np.abs(near).max() < RESOLUTION:
            return 1.0 / divisor
    return None
