"""Constraint programming on CP-SAT, in a worker process only."""

from typing import Any

import numpy as np

from formulations.association import UserAssociation
from rrm.incumbent import BySearch, Incumbent
from rrm.methods.association.highs import (
    LinearModel,
    applies,
    association_of,
    linear_model,
    objective_in_si,
)
from rrm.registry import method

RESOLUTION = (
    2.0**30
)  # integer steps of the largest entry of a row, and of the objective


@method(
    UserAssociation,
    kind="exact",
    applies=applies,
    proves="an upper bound by search, where rounding to integers loses nothing",
    isolated=True,
    needs=("ortools",),
    rank=50,
)
def cpsat(problem: UserAssociation, incumbent: Incumbent) -> None:
    """State the linear model in integers and search with learned clauses [1]_.

    Loads are rounded up and capacities down, so what it finds is feasible. Where that
    loses nothing, its bound and infeasibility count as one engine's search.

    References
    ----------
    .. [1] L. Perron, F. Didier, S. Gay, "The CP-SAT-LP solver", CP 2023, LIPIcs 280.
       https://doi.org/10.4230/LIPIcs.CP.2023.3
    """
    from ortools.sat.python import cp_model

    scaled = problem.scaled()
    linear = linear_model(scaled)
    model = cp_model.CpModel()
    x = [model.new_bool_var("") for _ in linear.cost]
    is_exact = add_rows(model, x, linear)
    largest = float(np.abs(linear.cost).max(initial=0.0)) or 1.0
    steps = RESOLUTION / largest
    cost = np.rint(linear.cost * steps).astype(np.int64)
    model.maximize(cp_model.LinearExpr.weighted_sum(x, cost.tolist()))
    if incumbent.allocation is not None:
        _hint(model, x, incumbent.allocation.cell, problem)

    class Reporter(cp_model.CpSolverSolutionCallback):
        """Offers each solution as it comes."""

        def on_solution_callback(self) -> None:
            values = np.array([self.value(one) for one in x], dtype=float)
            incumbent.offer(association_of(values, problem))

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
        bound = (solver.best_objective_bound + rounding) / steps + linear.constant
        incumbent.tighten(objective_in_si(bound, scaled), BySearch("cp-sat"))


def add_rows(model: Any, x: list[Any], linear: LinearModel) -> bool:
    """Add all rows in integers, rounded to the safe side; whether nothing was lost."""
    from ortools.sat.python import cp_model

    is_exact = True
    rows: Any = linear.rows
    for row in range(rows.shape[0]):
        part = slice(rows.indptr[row], rows.indptr[row + 1])
        terms = [x[column] for column in rows.indices[part]]
        low, high = linear.low[row], linear.high[row]
        values = rows.data[part] * linear.row_scale[row]
        limits = np.array([low, high]) * linear.row_scale[row]
        finite = limits[np.isfinite(limits)]
        steps = _steps(np.concatenate((values, finite)))
        if steps is None:
            steps = RESOLUTION / linear.row_scale[row]
            is_exact = False
            rounded = np.ceil(values * steps - 1e-6)
        else:
            rounded = np.rint(values * steps)
        bottom = None if np.isinf(low) else int(np.ceil(limits[0] * steps - 1e-6))
        top = None if np.isinf(high) else int(np.floor(limits[1] * steps + 1e-6))
        expression = cp_model.LinearExpr.weighted_sum(
            terms, rounded.astype(np.int64).tolist()
        )
        if bottom is not None:
            model.add(expression >= bottom)
        if top is not None:
            model.add(expression <= top)
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


def _hint(model: Any, x: list[Any], cell: np.ndarray, problem: UserAssociation) -> None:
    """Start from the best allocation so far."""
    start, cells = problem.candidates.start, problem.candidates.cell
    owner = np.repeat(np.arange(problem.sizes["U"]), np.diff(start))
    served = cell if cell.ndim == 2 else cell[:, None]
    chosen = (served[owner] == cells[:, None]).any(axis=1)
    for one, value in zip(x, chosen, strict=False):
        model.add_hint(one, bool(value))
