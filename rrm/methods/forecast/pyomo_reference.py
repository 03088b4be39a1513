"""Reference model in Pyomo, as a reader would write it down."""

from typing import Any

import numpy as np

from formulations.forecast import LapForecast, PlacementPlan
from rrm.argument import BySearch
from rrm.incumbent import Incumbent
from rrm.methods.forecast.benders import applies
from rrm.methods.placement.highs import BOUND_SLACK
from rrm.pyomo_solver import solved
from rrm.registry import method


@method(
    LapForecast,
    kind="exact",
    applies=applies,
    proves="an upper bound by branch and cut",
    isolated=True,
    needs=("pyomo", "highspy"),
    rank=92,
)
def pyomo_reference(problem: LapForecast, incumbent: Incumbent) -> None:
    """State launches, moves, returns and service in algebra for HiGHS [1]_.

    Complexity: exponential at worst; building takes O(E + T S^2) for E pairs of user
    and site and T steps.

    References
    ----------
    .. [1] M. L. Bynum et al., "Pyomo: Optimization Modeling in Python", 3rd ed., 2021.
       https://doi.org/10.1007/978-3-030-68928-5
    """
    import pyomo.environ

    p = problem.scaled()
    value = {
        (int(r), int(s)): float(v)
        for rows, one in zip(p.rows, p.placements, strict=True)
        for r, s, v in zip(
            rows[one.owner], one.reach.site, one.reach.value, strict=True
        )
    }
    sites, periods = range(p.sizes["S"]), range(p.sizes["T"])
    pyo: Any = pyomo.environ  # its classes take any expression
    m = pyo.ConcreteModel()
    m.open = pyo.Var(periods, sites, domain=pyo.Binary)
    domain = pyo.Binary if p.single_source else pyo.UnitInterval
    m.serve = pyo.Var(list(value), domain=domain)
    m.rules = pyo.ConstraintList()
    load: dict[tuple[int, int], Any] = {(t, s): 0.0 for t in periods for s in sites}
    for r, t in enumerate(p.period.tolist()):
        links = [s for s in sites if (r, s) in value]
        if p.must_serve and not links:
            return  # nothing to state: the demand point is out of range
        served = sum(m.serve[r, s] for s in links)
        if links:
            m.rules.add(served == 1 if p.must_serve else served <= 1)
        for s in links:
            m.rules.add(m.serve[r, s] <= m.open[t, s])
            load[t, s] = load[t, s] + float(p.demand[r]) * m.serve[r, s]
    for t in periods:
        for s in sites:
            if np.isfinite(p.capacity[s]):
                m.rules.add(load[t, s] <= float(p.capacity[s]) * m.open[t, s])
            if p.energy[s] > p.battery:
                m.rules.add(m.open[t, s] == 0)
            if p.fixed[s]:
                m.rules.add(m.open[t, s] == 1)
            if not p.moves and t > 0:
                m.rules.add(m.open[t, s] == m.open[0, s])
        for g, limit in enumerate(p.backhaul.tolist()):
            carried = sum(load[t, s] for s in sites if p.gateway[s] == g)
            if np.isfinite(limit) and not isinstance(carried, (int, float)):
                m.rules.add(carried <= limit)
        for a, b in p.conflicts.tolist():
            m.rules.add(m.open[t, a] + m.open[t, b] <= 1)
        m.rules.add(sum(m.open[t, s] for s in sites) <= p.placement_of(0).most_laps)
    gained = sum(
        float(p.weight[p.period[r]]) * v * m.serve[r, s] for (r, s), v in value.items()
    )
    paid = sum(
        float(p.weight[t] * p.open_cost[s]) * m.open[t, s]
        for t in periods
        for s in sites
    )
    flown = _energy(m, p, pyo) if p.moves else 0.0
    m.goal = pyo.Objective(
        expr=gained - paid - p.energy_cost * flown, sense=pyo.maximize
    )
    is_loaded, bound = solved(m, incumbent)
    if is_loaded:
        incumbent.offer(_plan(m, p))
    if bound is not None:
        bound += BOUND_SLACK * max(abs(bound), 1e-3)
        incumbent.tighten(bound * p.units["value"], BySearch("highs"))


def _energy(m: Any, p: LapForecast, pyo: Any) -> Any:
    """Energy of launches, moves and returns; platforms are conserved at each site."""
    sites, last = range(p.sizes["S"]), p.sizes["T"] - 1
    ways = [
        (t, a, b)
        for t in range(last)
        for a in sites
        for b in sites
        if p.move_energy[a, b] <= p.battery and np.isfinite(p.move_energy[a, b])
    ]
    m.move = pyo.Var(ways, domain=pyo.UnitInterval)
    m.launch = pyo.Var(range(last + 1), sites, domain=pyo.UnitInterval)
    m.back = pyo.Var(range(last + 1), sites, domain=pyo.UnitInterval)
    into: dict[tuple[int, int], Any] = {}
    out: dict[tuple[int, int], Any] = {}
    for t, a, b in ways:
        out[t, a] = out.get((t, a), 0.0) + m.move[t, a, b]
        into[t + 1, b] = into.get((t + 1, b), 0.0) + m.move[t, a, b]
    total: Any = 0.0
    for t in range(last + 1):
        for s in sites:
            m.rules.add(m.launch[t, s] + into.get((t, s), 0.0) == m.open[t, s])
            m.rules.add(m.back[t, s] + out.get((t, s), 0.0) == m.open[t, s])
            half = 0.5 * float(p.energy[s])
            total = total + half * m.launch[t, s] + half * m.back[t, s]
    for t, a, b in ways:
        total = total + float(p.move_energy[a, b]) * m.move[t, a, b]
    return total


def _plan(m: Any, problem: LapForecast) -> PlacementPlan:
    """Values of the variables, rounded where they are binary."""
    sites, periods = range(problem.sizes["S"]), range(problem.sizes["T"])
    is_open = np.array([[m.open[t, s].value > 0.5 for s in sites] for t in periods])
    share = np.zeros((problem.sizes["R"], problem.sizes["S"]))
    for r, s in m.serve:
        if is_open[problem.period[r], s]:
            share[r, s] = max(m.serve[r, s].value, 0.0)
    if problem.single_source:
        served = share.max(axis=1) > 0.5
        return PlacementPlan(is_open, np.where(served, share.argmax(axis=1), -1))
    share[share < 1e-9] = 0.0
    total = share.sum(axis=1)
    full = (total > 1) | (problem.must_serve & (total > 1 - 1e-6))
    return PlacementPlan(is_open, share=share / np.where(full, total, 1.0)[:, None])
