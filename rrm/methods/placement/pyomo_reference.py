"""Reference model in Pyomo, as a reader would write it down."""

from typing import Any

import numpy as np

from formulations.placement import LapPlacement, Placement
from rrm.argument import BySearch
from rrm.incumbent import Incumbent
from rrm.methods.placement.highs import applies, in_units
from rrm.pyomo_solver import solved
from rrm.registry import method


@method(
    LapPlacement,
    kind="exact",
    applies=applies,
    proves="an upper bound by branch and cut",
    isolated=True,
    needs=("pyomo", "highspy"),
    rank=92,
)
def pyomo_reference(problem: LapPlacement, incumbent: Incumbent) -> None:
    """State users, sites and constraints in algebra, and have HiGHS solve it [1]_.

    Complexity: exponential at worst; building takes O(E) for E pairs of user and site.

    References
    ----------
    .. [1] M. L. Bynum et al., "Pyomo: Optimization Modeling in Python", 3rd ed., 2021.
       https://doi.org/10.1007/978-3-030-68928-5
    """
    import pyomo.environ

    p = problem.scaled()
    reach = p.reach
    value = {
        (int(u), int(s)): float(v)
        for u, s, v in zip(p.owner, reach.site, reach.value, strict=True)
    }
    users, sites = range(p.sizes["U"]), range(p.sizes["S"])
    pyo: Any = pyomo.environ  # its classes take any expression
    m = pyo.ConcreteModel()
    m.open = pyo.Var(sites, domain=pyo.Binary)
    domain = pyo.Binary if p.single_source else pyo.UnitInterval
    m.serve = pyo.Var(list(value), domain=domain)
    m.rules = pyo.ConstraintList()
    for u in users:
        links = [m.serve[u, s] for s in sites if (u, s) in value]
        if p.must_serve:
            if not links:
                return  # nothing to state: the user is out of range
            m.rules.add(sum(links) == 1)
        elif links:
            m.rules.add(sum(links) <= 1)
    for u, s in value:
        m.rules.add(m.serve[u, s] <= m.open[s])
    load: dict[int, Any] = dict.fromkeys(sites, 0.0)
    for u, s in value:
        load[s] = load[s] + float(p.demand[u]) * m.serve[u, s]
    for s in sites:
        if np.isfinite(p.capacity[s]):
            m.rules.add(load[s] <= float(p.capacity[s]) * m.open[s])
        if p.energy[s] > p.battery:
            m.rules.add(m.open[s] == 0)
        if p.fixed[s]:
            m.rules.add(m.open[s] == 1)
    for g, limit in enumerate(p.backhaul.tolist()):
        here = [s for s in sites if p.gateway[s] == g]
        if np.isfinite(limit) and any((u, s) in value for u in users for s in here):
            m.rules.add(sum(load[s] for s in here) <= limit)
    for a, b in p.conflicts.tolist():
        m.rules.add(m.open[a] + m.open[b] <= 1)
    m.rules.add(sum(m.open[s] for s in sites) <= p.most_laps)
    served = sum(value[pair] * m.serve[pair] for pair in value)
    paid = sum(float(p.open_cost[s]) * m.open[s] for s in sites)
    m.goal = pyo.Objective(expr=served - paid, sense=pyo.maximize)

    is_loaded, bound = solved(m, incumbent)
    if is_loaded:
        incumbent.offer(_placement(m, p))
    if bound is not None:
        incumbent.tighten(in_units(bound, p), BySearch("highs"))


def _placement(m: Any, problem: LapPlacement) -> Placement:
    """Values of the variables, rounded where they are binary."""
    users, sites = problem.sizes["U"], problem.sizes["S"]
    is_open = np.array([bool(m.open[s].value > 0.5) for s in range(sites)])
    share = np.zeros((users, sites))
    for u, s in m.serve:
        share[u, s] = max(m.serve[u, s].value, 0.0) if is_open[s] else 0.0
    if problem.single_source:
        served = share.max(axis=1) > 0.5
        return Placement(is_open, np.where(served, share.argmax(axis=1), -1))
    share[share < 1e-9] = 0.0
    total = share.sum(axis=1)
    full = (total > 1) | (problem.must_serve & (total > 1 - 1e-6))
    return Placement(is_open, share=share / np.where(full, total, 1.0)[:, None])
