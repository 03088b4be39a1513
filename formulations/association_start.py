"""Associations that may be feasible, in a few passes over the candidates."""

from typing import TYPE_CHECKING

import numpy as np

from formulations.association_tally import tally
from formulations.reach import read_only

if TYPE_CHECKING:
    from formulations.association import UserAssociation

MANY = 100_000  # entries looked at while weights are tried, about 1 ms
MOST_TRIES = 5  # weights of load


def greedy_cells(problem: "UserAssociation") -> np.ndarray:
    """Best cell (U,) of everybody, without those who earn least by load; -1: none."""
    from formulations.kernels.pairs import crowded_last, favourites

    start, cell, _, load, value = problem.candidates
    least, outside = least_value(problem), problem.unserved_value
    best, density = favourites(start, value, load, least, outside)
    order = crowded_last(best, density, cell, load, problem.capacity)
    return filled(problem, order, best)


def repaired_cells(problem: "UserAssociation", given: np.ndarray) -> np.ndarray:
    """Cells (U,) of ``given`` that still fit, the smallest loads first; others anew."""
    found = tally(problem, given)
    best = np.full(problem.sizes["U"], -1)
    best[found.user] = found.entry
    taken = np.zeros(len(best))
    taken[best >= 0] = problem.candidates.load[best[best >= 0]]
    is_even = taken.size and taken.min() == taken.max()
    order = np.arange(len(best)) if is_even else np.argsort(taken, kind="stable")
    return filled(problem, order, best)


def no_cells(problem: "UserAssociation") -> np.ndarray:
    """-1 (U,) for everybody."""
    return np.full(problem.sizes["U"], -1, np.intp)


def packed_cells(problem: "UserAssociation") -> np.ndarray:
    """Cells (U,) of all users, -1 for those that found no room or do not pay.

    Load and traffic count the more, the tighter the limits are, and who would lose most
    by the second best cell comes first [1]_.

    References
    ----------
    .. [1] S. Martello, P. Toth, "An algorithm for the generalized assignment problem",
       Operational Research 81, 1981 (regret); prices on load as in the Lagrangian.
    """
    from formulations.kernels.packing import pack_best
    from formulations.kernels.pairs import cells_of

    start, cell, utility, load, value = problem.candidates
    adds = problem.objective == "sum" and np.isfinite(problem.backhaul).any()
    gate = cell if adds else read_only(np.full(len(cell), -1, np.intp))
    limits = problem.capacity, problem.backhaul
    tries = packing_tries(len(cell))
    least = least_value(problem)
    chosen = pack_best(start, cell, gate, value, load, utility, *limits, least, tries)
    return cells_of(chosen, cell)


def packing_tries(entries: int) -> int:
    """How many weights of load are worth their time with so many candidates."""
    return int(np.clip(MANY // max(entries, 1), 1, MOST_TRIES))


def least_value(problem: "UserAssociation") -> float:
    """Value above which it is worth to serve a user at all."""
    is_optional = problem.objective == "sum" and not problem.must_serve
    return 0.0 if is_optional else -np.inf


def filled(
    problem: "UserAssociation", order: np.ndarray, best: np.ndarray
) -> np.ndarray:
    """Cells (U,) by turns: the entry ``best`` (U,) of each user, else one that fits.

    Only where there are groups, backhaul is kept to as well.
    """
    from formulations.kernels import pairs

    start, cell, utility, load, value = problem.candidates
    room, chosen = problem.capacity.copy(), np.full(len(best), -1)
    if len(problem.group):
        from formulations.kernels.group_fill import group_fill

        traffic, backhaul = utility, problem.backhaul.copy()
        if problem.objective == "proportional_fair":  # of a mean: what is above it
            traffic = read_only(utility - backhaul[cell])
            backhaul = np.zeros(len(backhaul))
        limits = room, backhaul, problem.group_capacity.copy()
        entries = start, cell, value, load, traffic, least_value(problem)
        group_fill(order, best, *entries, problem.group, limits, chosen)
    elif problem.objective == "proportional_fair":
        from formulations.kernels.fair_start import fill

        fill(order, best, start, cell, value, load, room, chosen)
    else:
        least = least_value(problem)
        pairs.fill(order, best, start, cell, value, load, least, room, chosen)
    return pairs.cells_of(chosen, cell)
