"""Reference model in Pyomo, as a reader would write it down."""

from typing import Any

import numpy as np

from formulations.channels import ChannelAssignment, Channels
from rrm.argument import BySearch
from rrm.incumbent import Incumbent
from rrm.methods.channels.highs import in_units
from rrm.pyomo_solver import solved
from rrm.registry import method

MOST_CONFLICTS = 100_000  # pairs of channels that are stated one by one


def applies(problem: ChannelAssignment) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.pairs_of_channels > MOST_CONFLICTS:
        return f"states at most {MOST_CONFLICTS} pairs of channels"
    return None


@method(
    ChannelAssignment,
    kind="exact",
    applies=applies,
    proves="a lower bound by branch and cut",
    isolated=True,
    needs=("pyomo", "highspy"),
    rank=90,
)
def pyomo_reference(problem: ChannelAssignment, incumbent: Incumbent) -> None:
    """State channels, pairs and the goal in algebra, and have HiGHS solve it [1]_.

    Complexity: exponential at worst; building takes O(E C^2) for E pairs and C
    channels.

    References
    ----------
    .. [1] M. L. Bynum et al., "Pyomo: Optimization Modeling in Python", 3rd ed., 2021.
       https://doi.org/10.1007/978-3-030-68928-5
    """
    import pyomo.environ

    p = problem.scaled()
    domains = [np.unique(domain).tolist() for domain in p.domains]
    if not all(domains):
        return  # nothing to state: a transmitter has no channel
    pyo: Any = pyomo.environ  # its classes take any expression
    m = pyo.ConcreteModel()
    takes = [(v, c) for v, domain in enumerate(domains) for c in domain]
    m.x = pyo.Var(takes, domain=pyo.Binary)
    m.missed = pyo.Var(range(p.sizes["E"]), bounds=(0, 1))
    m.rules = pyo.ConstraintList()
    for v, domain in enumerate(domains):
        m.rules.add(sum(m.x[v, c] for c in domain) == 1)
    soft = p.objective == "min_interference"
    for e, (u, v) in enumerate(p.pairs.tolist()):
        if not (p.is_hard[e] or soft):
            continue
        for a in domains[u]:
            for b in domains[v]:
                apart, gap = abs(a - b), int(p.separation[e])
                if apart != gap if p.exact[e] else apart < gap:
                    missed = 0 if p.is_hard[e] else m.missed[e]
                    m.rules.add(m.x[u, a] + m.x[v, b] <= 1 + missed)
    m.goal = pyo.Objective(expr=_goal(pyo, m, p, domains))
    is_loaded, bound = solved(m, incumbent)
    if is_loaded:
        chosen = [
            max(domain, key=lambda c, v=v: m.x[v, c].value)
            for v, domain in enumerate(domains)
        ]
        incumbent.offer(Channels(np.array(chosen)))
    if bound is not None:
        incumbent.tighten(in_units(bound, p), BySearch("highs"))


def _goal(pyo: Any, m: Any, p: ChannelAssignment, domains: list[list[int]]) -> Any:
    """What is minimized, with the variables and rules that it needs."""
    if p.objective == "min_span":
        m.top = pyo.Var(bounds=(0, None))
        for v, domain in enumerate(domains):
            m.rules.add(sum(c * m.x[v, c] for c in domain) <= m.top)
        return m.top
    if p.objective == "min_order":
        used = sorted({c for domain in domains for c in domain})
        m.used = pyo.Var(used, domain=pyo.Binary)
        for v, domain in enumerate(domains):
            for c in domain:
                m.rules.add(m.x[v, c] <= m.used[c])
        return sum(m.used[c] for c in used)
    if p.objective == "min_interference":
        soft = np.flatnonzero(~p.is_hard).tolist()
        paid = sum(float(p.penalty[e]) * m.missed[e] for e in soft)
        return paid + sum(
            float(p.preferred_cost[v]) * m.x[v, c]
            for v, domain in enumerate(domains)
            for c in domain
            if p.preferred[v] >= 0 and c != p.preferred[v]
        )
    return 0.0 * m.missed[0] if p.sizes["E"] else pyo.Expression(expr=0.0)
