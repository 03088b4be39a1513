"""Mixed-integer program on HiGHS: all periods and moves in one model."""

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import block_array, coo_array, csr_array, eye_array

from formulations.forecast import LapForecast, PlacementPlan
from formulations.forecast_prices import ForecastPrices
from rrm.argument import BySearch
from rrm.forecast.periods import Periods, periods_of
from rrm.highs_solver import new_solver
from rrm.incumbent import Incumbent
from rrm.methods.forecast.benders import applies
from rrm.methods.placement.highs import (
    BOUND_SLACK,
    LP_SHARE,
    LinearModel,
    linear_model,
    placement_of,
    program_of,
)
from rrm.placement.cuts import service_prices
from rrm.registry import method


class Monolith(NamedTuple):
    """All periods as one linear model.

    Columns are the pairs of each period, then the sites of each (of all at once
    without moves), then the moves that save something, step by step.
    """

    model: LinearModel
    parts: list[LinearModel]
    pair_ends: np.ndarray  # (T + 1,) columns of the pairs of each period
    row_ends: np.ndarray  # (T + 1,) rows of each period
    site_first: int  # column of the first site
    before: np.ndarray  # (M,) site that a move leaves
    after: np.ndarray  # (M,) and the one that it goes to


def monolith(periods: Periods) -> Monolith:
    """Linear models of the periods side by side, and the moves between them."""
    models, count = periods.models, len(periods.models)
    sites = len(models[0].capacity)
    parts = [linear_model(model) for model in models]
    pairs = [len(model.site) for model in models]
    before, after = np.nonzero(periods.saved)
    steps = count - 1 if periods.moves else 0
    ranks = count if periods.moves else 1
    blocks: list[list[Any]] = []
    for t, (part, width) in enumerate(zip(parts, pairs, strict=True)):
        row: list[Any] = [None] * (count + ranks + steps)
        row[t] = part.rows[:, :width]
        row[count + (t if periods.moves else 0)] = part.rows[:, width:]
        blocks.append(row)
    moves = np.arange(len(before))
    shape = (sites, len(before))
    leaves = coo_array((np.ones(len(before)), (before, moves)), shape=shape)
    comes = coo_array((np.ones(len(before)), (after, moves)), shape=shape)
    for t in range(steps):
        for matrix, at in ((leaves, t), (comes, t + 1)):
            row = [None] * (count + ranks + steps)
            row[count + at] = -eye_array(sites)
            row[count + ranks + t] = matrix
            blocks.append(row)
    sized = list(zip(parts, pairs, strict=True))
    costs = np.array([part.cost[width:] for part, width in sized])
    site_cost = costs.ravel() if periods.moves else costs.sum(axis=0)
    number = ranks * sites
    gain = periods.saved[before, after]

    def columns(name: str, of_site: np.ndarray, of_move: Any) -> np.ndarray:
        own = [getattr(part, name)[:width] for part, width in sized]
        return np.concatenate((*own, of_site, of_move))

    nothing = np.zeros(steps * len(before))
    lower, upper = parts[0].lower[pairs[0] :], parts[0].upper[pairs[0] :]
    joined = LinearModel(
        cost=columns("cost", site_cost, np.tile(gain, steps)),
        rows=csr_array(block_array(blocks)),
        low=np.concatenate(
            [*(part.low for part in parts), np.full(2 * steps * sites, -np.inf)]
        ),
        high=np.concatenate(
            [*(part.high for part in parts), np.zeros(2 * steps * sites)]
        ),
        lower=columns("lower", np.tile(lower, ranks), nothing),
        upper=columns("upper", np.tile(upper, ranks), nothing + 1),
        integer=columns("integer", np.ones(number, bool), nothing.astype(bool)),
        **{
            name: np.empty(0)
            for name in LinearModel._fields
            if name.endswith(("_row", "_scale"))
        },
    )
    return Monolith(
        joined,
        parts,
        np.concatenate(([0], np.cumsum(pairs))),
        np.concatenate(([0], np.cumsum([len(part.low) for part in parts]))),
        int(np.sum(pairs)),
        before,
        after,
    )


@method(
    LapForecast,
    kind="exact",
    applies=applies,
    proves="an upper bound by LP duality, then by branch and cut",
    isolated=True,
    needs=("highspy",),
    rank=40,
    share=0.5,
)
def highs(problem: LapForecast, incumbent: Incumbent) -> None:
    """Bound by the duals of the strong relaxation, then branch and cut [1]_.

    Complexity: exponential at worst, with a variable for each pair of user and site in
    a period, and each move.

    References
    ----------
    .. [1] Q. Huangfu, J. A. J. Hall, "Parallelizing the dual revised simplex method",
       Mathematical Programming Computation 10, 2018.
       https://doi.org/10.1007/s12532-017-0130-5
    """
    import highspy

    periods = periods_of(problem)
    if not all(len(model.site) for model in periods.models):
        return
    whole = monolith(periods)
    solver = new_solver(incumbent)
    solver.setOptionValue("time_limit", LP_SHARE * incumbent.remaining())
    solver.passModel(program_of(whole.model, relaxed=True))
    solver.run()
    argument = prices_of(np.asarray(solver.getSolution().row_dual), whole, periods)
    if argument is not None:
        incumbent.tighten(argument.bound(problem), argument)
    if incumbent.expired():
        return
    solver = new_solver(incumbent)
    solver.setOptionValue("time_limit", max(incumbent.remaining(), 1e-3))
    solver.passModel(program_of(whole.model, relaxed=False))

    def offer(event: Any) -> None:
        values = np.asarray(event.data_out.mip_solution)
        incumbent.offer(plan_of(values, whole, periods, problem))

    solver.cbMipImprovingSolution += offer
    solver.run()
    if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        incumbent.tighten(-np.inf, BySearch("highs"))
        return
    values = np.asarray(solver.getSolution().col_value)
    if len(values) == len(whole.model.cost):
        incumbent.offer(plan_of(values, whole, periods, problem))
    bound = solver.getInfo().mip_dual_bound
    if np.isfinite(bound):
        bound += BOUND_SLACK * max(abs(bound), 1e-3)
        incumbent.tighten(bound * periods.scaled.units["value"], BySearch("highs"))


def plan_of(
    values: np.ndarray, whole: Monolith, periods: Periods, problem: LapForecast
) -> PlacementPlan:
    """Plan of the columns' values; sites are rounded, shares cleaned."""
    parts = []
    sites = len(periods.models[0].capacity)
    for t, model in enumerate(periods.models):
        at = whole.site_first + (t * sites if periods.moves else 0)
        pairs = values[whole.pair_ends[t] : whole.pair_ends[t + 1]]
        own = np.concatenate((pairs, values[at : at + sites]))
        parts.append(placement_of(own, model))
    return problem.plan(parts)


def prices_of(
    duals: np.ndarray, whole: Monolith, periods: Periods
) -> ForecastPrices | None:
    """Turn the relaxation's row duals into prices that anybody can check."""
    if duals.shape != whole.model.low.shape:
        return None
    scaled, count = periods.scaled, len(periods.models)
    sites = scaled.sizes["S"]
    user = np.zeros(scaled.sizes["R"])
    site, leave = np.zeros((count, sites)), np.zeros((count, sites))
    gateway = np.zeros((count, len(scaled.backhaul)))
    clique = np.zeros((count, len(periods.models[0].clique_start) - 1))
    for t, (part, rows) in enumerate(zip(whole.parts, scaled.rows, strict=True)):
        own = duals[whole.row_ends[t] : whole.row_ends[t + 1]]

        def at(row: np.ndarray, own: np.ndarray = own) -> np.ndarray:
            return np.where(row >= 0, np.maximum(own[row], 0.0), 0.0)

        room = at(part.site_row) / part.site_scale
        through = at(part.gateway_row) / part.gateway_scale
        one = scaled.placement_of(t).derived(units=scaled.units)
        rest = np.concatenate((room, through))
        prices = service_prices(own[: len(rows)], rest, at(part.clique_row), one)
        user[rows], site[t] = prices.user, prices.site
        gateway[t], clique[t] = prices.gateway, prices.clique
    steps = duals[whole.row_ends[-1] :].reshape(-1, sites)
    leave[: len(steps) // 2] = np.maximum(steps[::2], 0.0)
    return ForecastPrices(user, site, gateway, clique, leave * scaled.units["value"])
