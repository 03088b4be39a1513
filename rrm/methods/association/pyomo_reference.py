"""Reference model in Pyomo, as a reader would write it down."""

from typing import Any

import numpy as np

from formulations.association import Association, UserAssociation
from rrm.argument import BySearch
from rrm.incumbent import Incumbent
from rrm.methods.association.highs import applies, objective_in_si
from rrm.pyomo_solver import solved
from rrm.registry import method


@method(
    UserAssociation,
    kind="exact",
    applies=applies,
    proves="an upper bound by branch and cut",
    isolated=True,
    needs=("pyomo", "highspy"),
    rank=90,
)
def pyomo_reference(problem: UserAssociation, incumbent: Incumbent) -> None:
    """State users, cells and constraints in algebra, and have HiGHS solve it [1]_.

    Complexity: exponential at worst; building takes O(E) for E candidate pairs.

    References
    ----------
    .. [1] M. L. Bynum et al., "Pyomo: Optimization Modeling in Python", 3rd ed., 2021.
       https://doi.org/10.1007/978-3-030-68928-5
    """
    import pyomo.environ

    scaled = problem.scaled()
    start, cell, utility, load, value = scaled.candidates
    users, cells = range(scaled.sizes["U"]), range(scaled.sizes["B"])
    owner = np.repeat(np.arange(len(users)), np.diff(start))
    entries_of_user = [range(start[u], start[u + 1]) for u in users]
    entries_of_cell = [np.flatnonzero(cell == b).tolist() for b in cells]
    fair = scaled.objective == "proportional_fair"
    several = scaled.max_links > 1
    worth = utility if several else value

    pyo: Any = pyomo.environ  # its classes take any expression
    m = pyo.ConcreteModel()
    m.x = pyo.Var(range(len(cell)), domain=pyo.Binary)
    m.moved = pyo.Var(users, bounds=(0, 1))
    m.company = pyo.Var(
        [(b, k) for b in cells for k in range(1, len(entries_of_cell[b]) + 1)],
        bounds=(0, 1),
    )
    m.rules = pyo.ConstraintList()
    for u in users:
        links = sum(m.x[e] for e in entries_of_user[u])
        if len(entries_of_user[u]):
            m.rules.add(links <= scaled.max_links)
        if scaled.must_serve:
            if not len(entries_of_user[u]):
                return  # nothing to state: the user has no candidate
            m.rules.add(links >= 1)
        if several and scaled.handover_cost:
            home = sum(m.x[e] for e in entries_of_user[u]
                       if cell[e] == scaled.previous[u])  # fmt: skip
            for e in entries_of_user[u]:
                if cell[e] != scaled.previous[u]:
                    m.rules.add(m.x[e] - home <= m.moved[u])
    for b in cells:
        here = entries_of_cell[b]
        if not here:
            continue
        if np.isfinite(scaled.capacity[b]):
            used = sum(float(load[e]) * m.x[e] for e in here)
            m.rules.add(used <= float(scaled.capacity[b]))
        for member, limit in zip(scaled.group, scaled.group_capacity, strict=True):
            theirs = [e for e in here if member[owner[e]]]
            if theirs and np.isfinite(limit[b]):
                used = sum(float(load[e]) * m.x[e] for e in theirs)
                m.rules.add(used <= float(limit[b]))
        if not fair and np.isfinite(scaled.backhaul[b]):
            carried = sum(float(utility[e]) * m.x[e] for e in here)
            m.rules.add(carried <= float(scaled.backhaul[b]))
        if fair:
            steps = sum(m.company[b, k] for k in range(1, len(here) + 1))
            m.rules.add(sum(m.x[e] for e in here) == steps)
    if not len(m.rules):
        return
    served = sum((float(worth[e]) - scaled.unserved_value) * m.x[e] for e in m.x)
    share = 0.0
    if fair:
        share = sum(float(k * np.log(k) - (k - 1) * np.log(max(k - 1, 1)))
                    * m.company[b, k] for b, k in m.company)  # fmt: skip
    handovers = scaled.handover_cost * sum(m.moved.values()) if several else 0.0
    m.goal = pyo.Objective(expr=served - share - handovers, sense=pyo.maximize)

    is_loaded, bound = solved(m, incumbent)
    if is_loaded:
        chosen = [e for e in m.x if pyo.value(m.x[e]) > 0.5]
        found = np.full((len(users), scaled.max_links), -1, np.intp)
        for e in chosen:
            free = int(np.argmin(found[owner[e]]))
            found[owner[e], free] = cell[e]
        incumbent.offer(Association(found if several else found[:, 0]))
    if bound is not None:
        reachable = int((np.diff(start) > 0).sum())
        bound += scaled.unserved_value * reachable
        incumbent.tighten(objective_in_si(bound, scaled), BySearch("highs"))
