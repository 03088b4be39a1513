"""Reference model: fair shares of users who may be split, as a program in CVXPY."""

from typing import Any

import numpy as np
from scipy.sparse import coo_array

from formulations.association import Association, UserAssociation
from formulations.fair_prices import FairPrices, allowed
from rrm.incumbent import Incumbent
from rrm.methods.association import fair_flow
from rrm.registry import method

TOLERANCES = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), 1e-9)


def applies(problem: UserAssociation) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    return fair_flow.applies(problem)


@method(
    UserAssociation,
    kind="decomposition",
    applies=applies,
    proves="an upper bound by the prices of the convex relaxation",
    isolated=True,
    needs=("cvxpy", "clarabel"),
    rank=92,
)
def cvxpy_fair(problem: UserAssociation, incumbent: Incumbent) -> None:
    """State parts x with ``sum x log rate - sum n log n``, n users in a cell [1]_.

    Users take their largest part; the bound is by the duals of the cells.

    Complexity: an interior-point step factors a sparse system of O(E) unknowns for E
    candidate pairs.

    References
    ----------
    .. [1] Q. Ye et al., "User association for load balancing in heterogeneous cellular
       networks", IEEE TWC 12(6), 2013. https://doi.org/10.1109/TWC.2013.040413.120676
    .. [2] S. Diamond, S. Boyd, "CVXPY: a Python-embedded modeling language for convex
       optimization", JMLR 17(83), 2016. https://jmlr.org/papers/v17/15-408.html
    """
    import cvxpy as cp

    users, cells = problem.sizes["U"], problem.sizes["B"]
    start, cell, rate, load, value = problem.candidates
    owner = np.repeat(np.arange(users), np.diff(start))
    kept = np.flatnonzero(allowed(problem))
    if not kept.size:
        return
    owner, cell, rate, load, value = (
        part[kept] for part in (owner, cell, rate, load, value)
    )
    places = np.arange(kept.size)
    by_user = coo_array((np.ones(kept.size), (owner, places)), (users, kept.size))
    by_cell = coo_array((np.ones(kept.size), (cell, places)), (cells, kept.size))
    x, company = cp.Variable(kept.size, nonneg=True), cp.Variable(cells)
    served = by_user.tocsr() @ x
    shared: Any = by_cell.tocsr() @ x == company
    reachable = np.unique(owner)
    rules: list[Any] = [served[reachable] <= 1, shared]
    outside = problem.unserved_value
    if problem.must_serve:
        rules.append(served[reachable] >= 1)
    full, toll_unit = np.flatnonzero(np.isfinite(problem.capacity)), np.ones(cells)
    np.maximum.at(toll_unit, cell, load)
    loads = coo_array((load / toll_unit[cell], (cell, places)), by_cell.shape).tocsr()
    capacity: Any = loads[full] @ x <= problem.capacity[full] / toll_unit[full]
    tight = np.flatnonzero(np.isfinite(problem.backhaul))
    fare_unit = np.maximum(problem.backhaul, np.finfo(float).tiny)
    excess = np.where(
        np.isfinite(problem.backhaul[cell]), rate / fare_unit[cell] - 1, 0
    )
    above = coo_array((excess, (cell, places)), by_cell.shape).tocsr()
    backhaul: Any = above[tight] @ x <= 0
    rules += [capacity] * bool(full.size) + [backhaul] * bool(tight.size)
    worth = (value - outside) @ x + cp.sum(cp.entr(company))
    model = cp.Problem(cp.Maximize(worth), rules)
    seconds = max(incumbent.remaining(), 1e-3)
    model.solve(solver=cp.CLARABEL, time_limit=seconds, **TOLERANCES)
    if x.value is None or shared.dual_value is None:
        return
    toll, fare = np.zeros((2, cells))
    if full.size:
        toll[full] = np.maximum(np.asarray(capacity.dual_value), 0) / toll_unit[full]
    if tight.size:
        fare[tight] = np.maximum(np.asarray(backhaul.dual_value), 0) / fare_unit[tight]
    for sign in (1.0, -1.0):  # an equation's dual has the sign that its solver chose
        argument = FairPrices(sign * np.asarray(shared.dual_value), toll, fare)
        incumbent.tighten(argument.bound(problem), argument)
    part = np.asarray(x.value)
    order = np.lexsort((part, owner))
    last = order[np.searchsorted(owner, reachable, side="right") - 1]
    last = last[(part[last] > 0.5) | problem.must_serve]
    found = np.full(users, -1, np.intp)
    found[owner[last]] = cell[last]
    incumbent.offer(Association(found))
