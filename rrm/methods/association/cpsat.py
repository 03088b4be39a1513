"""Constraint programming on CP-SAT, in a worker process only."""

from typing import Any

import numpy as np

from formulations.association import UserAssociation
from rrm.argument import BySearch
from rrm.cpsat_solver import add_rows, maximize, search
from rrm.incumbent import Incumbent
from rrm.methods.association.highs import (
    applies,
    association_of,
    linear_model,
    objective_in_si,
)
from rrm.registry import method

SMALLEST_UNIT = 1e-6  # of a row in which whole loads are looked for


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

    Complexity: exponential at worst, with a boolean for each of the E candidate pairs.

    References
    ----------
    .. [1] L. Perron, F. Didier, "The CP-SAT-LP solver", CP 2023, LIPIcs 280.
       https://doi.org/10.4230/LIPIcs.CP.2023.3
    """
    from ortools.sat.python import cp_model

    scaled = problem.scaled()
    linear = linear_model(scaled)
    model = cp_model.CpModel()
    x = [model.new_bool_var("") for _ in linear.cost]
    most = linear.rows.maximum(0.0).sum(axis=1)
    limits = linear.low, np.where(linear.high >= most, np.inf, linear.high)
    units = np.where(linear.row_scale < SMALLEST_UNIT, 1.0, linear.row_scale)
    is_exact = add_rows(model, x, linear.rows, limits, units)
    restored = maximize(model, x, linear.cost)
    if incumbent.allocation is not None:
        _hint(model, x, incumbent.allocation.cell, problem)

    def offer(values: np.ndarray) -> None:
        incumbent.offer(association_of(values, problem))

    is_empty, bound = search(model, x, offer, incumbent)
    if not is_exact:
        return
    if is_empty:
        incumbent.tighten(-np.inf, BySearch("cp-sat"))
    elif np.isfinite(bound):
        bound = restored(bound) + linear.constant
        incumbent.tighten(objective_in_si(bound, scaled), BySearch("cp-sat"))


def _hint(model: Any, x: list[Any], cell: np.ndarray, problem: UserAssociation) -> None:
    """Start from the best allocation so far."""
    start, cells = problem.candidates.start, problem.candidates.cell
    owner = np.repeat(np.arange(problem.sizes["U"]), np.diff(start))
    served = cell if cell.ndim == 2 else cell[:, None]
    chosen = (served[owner] == cells[:, None]).any(axis=1)
    for one, value in zip(x, chosen, strict=False):
        model.add_hint(one, bool(value))
