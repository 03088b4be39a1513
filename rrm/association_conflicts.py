"""Why not everybody can be served: who fits nowhere, or prices on what is scarce."""

import numpy as np

from formulations.association import UserAssociation
from formulations.association_prices import (
    CapacityRay,
    NoCandidate,
    fits,
    segment_max,
)
from rrm.incumbent import Incumbent

STEP = 1.0
"""Largest change of a logarithm of prices in the first iterations."""
SHRINK = 50
"""Iterations after which steps have shrunk to 70%."""
FIRST_ENTRIES, FIRST_ITERATIONS = 1_000_000, 30
"""Candidates looked at, and iterations, before searches for an association begin."""


def first_conflict(problem: UserAssociation, incumbent: Incumbent) -> bool:
    """Look for a conflict before anything else is tried, if nothing is known yet.

    Whether one was found.
    """
    if not problem.must_serve or incumbent.allocation is not None:
        return False
    iterations = FIRST_ENTRIES // (1 + len(problem.candidates.cell))
    return find_conflict(problem, incumbent, min(FIRST_ITERATIONS, iterations))


def find_conflict(
    problem: UserAssociation, incumbent: Incumbent, iterations: int
) -> bool:
    """Look for a user who fits nowhere, and for prices at which all need too much [1]_.

    Users who must be served take the link that costs them least; what is asked for more
    than it has grows dearer, by multiplication. Whether one was found.

    References
    ----------
    .. [1] S. Arora, E. Hazan, S. Kale, "The multiplicative weights update method",
       Theory of Computing 8, 2012, section 3.2 (covering and packing).
       https://doi.org/10.4086/toc.2012.v008a006
    """
    start, cell, _, load, value = problem.candidates
    users, cells = len(start) - 1, problem.sizes["B"]
    owner = np.repeat(np.arange(users), np.diff(start))
    able = fits(problem)
    alone = np.bincount(owner, able, users) == 0
    if alone.any():
        return incumbent.tighten(-np.inf, NoCandidate(int(alone.argmax())))
    limits = np.array([problem.capacity, problem.backhaul])
    if problem.objective == "proportional_fair":
        limits[1] = np.inf  # the mean of a cell is no sum over users
    counts = np.isfinite(limits) & (limits > 0)
    parts = np.zeros((2, len(cell)))
    np.divide([load, value], limits[:, cell], out=parts, where=counts[:, cell])
    weight = np.where(counts, 1.0, 0.0)
    for iteration in range(iterations):
        if incumbent.expired() or not weight.any():
            return False
        weight /= weight.sum()
        cost = np.where(able, (weight[:, cell] * parts).sum(axis=0), np.inf)
        least = -segment_max(-cost, start)
        if least.sum() > 1.0:
            prices = np.divide(weight, limits, out=np.zeros_like(weight), where=counts)
            if incumbent.tighten(-np.inf, CapacityRay(prices[0], prices[1])):
                return True
        chosen = np.flatnonzero(cost <= least[owner])
        chosen = chosen[np.diff(owner[chosen], prepend=-1) > 0]  # one of each user
        taken = [np.bincount(cell[chosen], part[chosen], cells) for part in parts]
        excess = np.array(taken) - 1.0
        step = STEP / max(1.0, float(np.abs(excess).max()))
        weight *= np.exp(step / np.sqrt(1 + iteration / SHRINK) * excess)
    return False
