"""Mixed-integer program on HiGHS: the strong formulation, handed over as arrays."""

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import coo_array, csr_array

from formulations.placement import LapPlacement, Placement
from formulations.placement_model import CLOSED, OPEN, SiteModel, canonical
from formulations.placement_prices import ServicePrices
from rrm.argument import BySearch
from rrm.highs_solver import linear_program, new_solver
from rrm.incumbent import Incumbent
from rrm.registry import method

LP_SHARE = 0.5  # of the time, at most, for the relaxation
BOUND_SLACK = 1e-7  # relative, for the solver's own tolerances
MOST_PAIRS = 1_000_000  # in range; more than the relaxation is solved for in minutes


def applies(problem: LapPlacement) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if len(problem.reach.site) > MOST_PAIRS:
        return f"states at most {MOST_PAIRS} pairs in range"
    return None


class LinearModel(NamedTuple):
    """Maximize ``cost x`` with ``low <= rows x <= high``, ``lower <= x <= upper``.

    Columns are the pairs, by user, then the sites. ``user_row`` is the first row of
    the users; rows of sites and gateways are numbered, -1 where there is none.
    """

    cost: np.ndarray
    rows: csr_array
    low: np.ndarray
    high: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    integer: np.ndarray
    site_row: np.ndarray
    gateway_row: np.ndarray
    clique_row: np.ndarray
    site_scale: np.ndarray
    gateway_scale: np.ndarray


def linear_model(model: SiteModel) -> LinearModel:
    """Columns and rows of a problem: each pair at most its site, limits by site."""
    users, sites, pairs = len(model.demand), len(model.capacity), len(model.site)
    owner = np.repeat(np.arange(users), np.diff(model.start))
    pair = np.arange(pairs)
    row, column, value, low, high = [owner], [pair], [np.ones(pairs)], [], []
    low.append(np.full(users, 1.0 if model.must_serve else -np.inf))
    high.append(np.ones(users))
    count = users

    def close(lows: np.ndarray, highs: np.ndarray) -> None:
        nonlocal count
        low.append(lows)
        high.append(highs)
        count += len(lows)

    def add(rows: np.ndarray, columns: np.ndarray, values: np.ndarray) -> None:
        row.append(rows + count)
        column.append(columns)
        value.append(values)

    add(pair, pair, np.ones(pairs))
    add(pair, pairs + model.site, -np.ones(pairs))
    close(np.full(pairs, -np.inf), np.zeros(pairs))
    limited = np.isfinite(model.capacity)
    number = np.where(limited, np.cumsum(limited) - 1, -1)
    site_row = np.where(limited, number + count, -1)
    scale = np.where(limited, np.maximum(model.capacity, model.demand.max()), 1.0)
    kept = limited[model.site]
    place = model.site[kept]
    add(number[place], pair[kept], model.demand[owner[kept]] / scale[place])
    at = np.flatnonzero(limited)
    add(number[at], pairs + at, -model.capacity[at] / scale[at])
    close(np.full(len(at), -np.inf), np.zeros(len(at)))
    gateways = len(model.backhaul)
    used = np.unique(model.gateway[model.gateway >= 0])
    number = np.full(gateways + 1, -1)
    number[used] = np.arange(len(used))
    gateway_row = np.where(number[:-1] >= 0, number[:-1] + count, -1)
    width = np.maximum(model.backhaul, model.demand.max())
    kept = model.gateway[model.site] >= 0
    gate = model.gateway[model.site[kept]]
    add(number[gate], pair[kept], model.demand[owner[kept]] / width[gate])
    close(np.full(len(used), -np.inf), (model.backhaul / width)[used])
    cliques = len(model.clique_start) - 1
    which = np.repeat(np.arange(cliques), np.diff(model.clique_start))
    clique_row = count + np.arange(cliques)
    add(which, pairs + model.clique_site, np.ones(len(which)))
    close(np.full(cliques, -np.inf), np.ones(cliques))
    add(np.zeros(sites, np.intp), pairs + np.arange(sites), np.ones(sites))
    close(np.array([float(model.least)]), np.array([float(model.most)]))
    entries = (np.concatenate(row), np.concatenate(column))
    rows = coo_array((np.concatenate(value), entries), shape=(count, pairs + sites))
    return LinearModel(
        cost=np.concatenate((model.value, -model.cost)),
        rows=rows.tocsr(),
        low=np.concatenate(low),
        high=np.concatenate(high),
        lower=np.concatenate((np.zeros(pairs), model.status == OPEN)),
        upper=np.concatenate((np.ones(pairs), model.status != CLOSED)),
        integer=np.concatenate((np.full(pairs, model.whole), np.ones(sites, bool))),
        site_row=site_row,
        gateway_row=gateway_row,
        clique_row=clique_row,
        site_scale=scale,
        gateway_scale=width,
    )


@method(
    LapPlacement,
    kind="exact",
    applies=applies,
    proves="an upper bound by LP duality, then by branch and cut",
    isolated=True,
    needs=("highspy",),
    rank=40,
    share=0.3,
)
def highs(problem: LapPlacement, incumbent: Incumbent) -> None:
    """Bound by the duals of the strong relaxation, then branch and cut [1]_.

    Complexity: exponential at worst, with E + S variables for E pairs of user and site.

    References
    ----------
    .. [1] Q. Huangfu, J. A. J. Hall, "Parallelizing the dual revised simplex method",
       Mathematical Programming Computation 10, 2018.
       https://doi.org/10.1007/s12532-017-0130-5
    """
    import highspy

    scaled, model = canonical(problem)
    if not len(model.site):
        return
    linear = linear_model(model)
    solver = new_solver(incumbent)
    solver.setOptionValue("time_limit", LP_SHARE * incumbent.remaining())
    solver.passModel(program_of(linear, relaxed=True))
    solver.run()
    _bound_by_duals(solver, linear, scaled, problem, incumbent)
    if incumbent.expired():
        return
    solver = new_solver(incumbent)
    solver.setOptionValue("time_limit", max(incumbent.remaining(), 1e-3))
    solver.passModel(program_of(linear, relaxed=False))

    def offer(event: Any) -> None:
        values = np.asarray(event.data_out.mip_solution)
        incumbent.offer(placement_of(values, model))

    solver.cbMipImprovingSolution += offer
    solver.run()
    if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        incumbent.tighten(-np.inf, BySearch("highs"))
        return
    values = np.asarray(solver.getSolution().col_value)
    if len(values) == len(linear.cost):
        incumbent.offer(placement_of(values, model))
    bound = solver.getInfo().mip_dual_bound
    if np.isfinite(bound):
        incumbent.tighten(in_units(bound, scaled), BySearch("highs"))


def program_of(model: LinearModel, *, relaxed: bool) -> Any:
    """The model as HiGHS takes it."""
    return linear_program(
        model.cost,
        model.rows,
        (model.low, model.high),
        (model.lower, model.upper),
        integer=None if relaxed else model.integer,
        maximize=True,
    )


def placement_of(values: np.ndarray, model: SiteModel) -> Placement:
    """Placement of the columns' values; sites are rounded, shares cleaned."""
    users, sites, pairs = len(model.demand), len(model.capacity), len(model.site)
    owner = np.repeat(np.arange(users), np.diff(model.start))
    is_open = values[pairs:] > 0.5
    share = np.where(is_open[model.site], np.clip(values[:pairs], 0.0, 1.0), 0.0)
    if model.whole:
        chosen = np.flatnonzero(share > 0.5)
        site = np.full(users, -1, np.intp)
        site[owner[chosen]] = model.site[chosen]
        return Placement(is_open, site)
    share[share < 1e-9] = 0.0
    total = np.bincount(owner, share, users)
    full = (total > 1) | (model.must_serve & (total > 1 - 1e-6))
    share = share / np.where(full & (total > 0), total, 1.0)[owner]
    dense = np.zeros((users, sites))
    dense[owner, model.site] = share
    return Placement(is_open, share=dense)


def in_units(value: float, scaled: LapPlacement) -> float:
    """Objective of the scaled problem, a little above, in the problem's own unit."""
    size = max(abs(value), 1e-3)
    return (value + BOUND_SLACK * size) * scaled.units["value"]


def _bound_by_duals(
    solver: Any,
    linear: LinearModel,
    scaled: LapPlacement,
    problem: LapPlacement,
    incumbent: Incumbent,
) -> None:
    """Turn the relaxation's row duals into prices that anybody can check."""
    duals = np.asarray(solver.getSolution().row_dual)
    if duals.shape != linear.low.shape:
        return
    unit = scaled.units["value"]
    per_demand = unit / scaled.units["demand"]
    users = problem.sizes["U"]

    def at(row: np.ndarray, scale: np.ndarray) -> np.ndarray:
        return np.where(row >= 0, np.maximum(duals[row], 0.0) / scale, 0.0)

    user = duals[:users]
    if not problem.must_serve:
        user = np.maximum(user, 0.0)
    argument = ServicePrices(
        user * unit,
        at(linear.site_row, linear.site_scale) * per_demand,
        at(linear.gateway_row, linear.gateway_scale) * per_demand,
        at(linear.clique_row, np.ones(len(linear.clique_row))) * unit,
    )
    incumbent.tighten(argument.bound(problem), argument)
