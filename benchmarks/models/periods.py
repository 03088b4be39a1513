"""Linear model of placement over a forecast: all periods, and moves between steps."""

from typing import Any

import numpy as np
from scipy.sparse import coo_array, csr_array, vstack

from benchmarks.models.linear import LinearModel, placement_model
from formulations.forecast import LapForecast, PlacementPlan


def forecast_model(problem: LapForecast) -> LinearModel:
    """Models of the periods side by side; scenarios share their sites.

    Columns are the pairs of each period, the sites of each step (of all scenarios at
    once), and the moves between two steps that save something.
    """
    parts = [placement_model(one) for one in problem.placements]
    sites, steps = problem.sizes["S"], len(parts) if problem.moves else 1
    pairs = [len(part.cost) - sites for part in parts]
    ends = np.concatenate(([0], np.cumsum(pairs)))
    opened = ends[-1] + np.arange(steps * sites).reshape(steps, sites)
    saved = problem.saved if problem.moves else np.zeros((sites, sites))
    before, after = np.nonzero(saved)
    moved = opened[-1, -1] + 1 + np.arange((steps - 1) * len(before))
    moved = moved.reshape(steps - 1, len(before))
    columns = int(ends[-1]) + opened.size + moved.size
    cost, lower, upper = np.zeros(columns), np.zeros(columns), np.ones(columns)
    integer = np.ones(columns, bool)
    places, rows, low, high = [], [], [], []
    for t, part in enumerate(parts):
        own = opened[t if problem.moves else 0]
        places.append(np.concatenate((np.arange(ends[t], ends[t + 1]), own)))
        count = len(part.cost) - sites
        cost[places[t][:count]] = problem.weight[t] * part.cost[:count]
        cost[own] -= problem.upkeep[t]
        for name, whole in (("lower", lower), ("upper", upper), ("integer", integer)):
            whole[places[t]] = getattr(part, name)
        entries = coo_array(part.rows)
        wide = (entries.data, (entries.row, places[t][entries.col]))
        rows.append(coo_array(wide, shape=(len(part.low), columns)))
        low.append(part.low)
        high.append(part.high)
    cost[moved] = saved[before, after]
    for t in range(steps - 1):
        for site, at in ((before, t), (after, t + 1)):
            parted = np.concatenate((np.ones(len(site)), -np.ones(sites)))
            row = np.concatenate((site, np.arange(sites)))
            wide = (parted, (row, np.concatenate((moved[t], opened[at]))))
            rows.append(coo_array(wide, shape=(sites, columns)))
            low.append(np.full(sites, -np.inf))
            high.append(np.zeros(sites))

    def decode(x: np.ndarray) -> PlacementPlan:
        whole = zip(parts, places, strict=True)
        return problem.plan([part.decode(x[place]) for part, place in whole])

    whole: Any = vstack(rows)
    limits = csr_array(whole), np.concatenate(low), np.concatenate(high)
    return LinearModel(1, cost, lower, upper, integer, *limits, decode=decode)
