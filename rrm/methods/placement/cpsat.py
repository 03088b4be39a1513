"""Constraint programming on CP-SAT, in a worker process only."""

import numpy as np

from formulations.placement import LapPlacement
from formulations.placement_model import canonical
from rrm.argument import BySearch
from rrm.cpsat_solver import add_rows, maximize, search
from rrm.incumbent import Incumbent
from rrm.methods.placement.highs import (
    in_units,
    linear_model,
    placement_of,
)
from rrm.registry import method

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

    Complexity: exponential at worst, with a boolean for each of E pairs of user and
    site.

    References
    ----------
    .. [1] L. Perron, F. Didier, "The CP-SAT-LP solver", CP 2023, LIPIcs 280.
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
    limits = linear.low, linear.high
    is_exact = add_rows(model, x, linear.rows, limits, np.ones(len(linear.low)))
    restored = maximize(model, x, linear.cost)

    def offer(values: np.ndarray) -> None:
        incumbent.offer(placement_of(values, canonical_model))

    is_empty, bound = search(model, x, offer, incumbent)
    if not is_exact:
        return
    if is_empty:
        incumbent.tighten(-np.inf, BySearch("cp-sat"))
    elif np.isfinite(bound):
        incumbent.tighten(in_units(restored(bound), scaled), BySearch("cp-sat"))
