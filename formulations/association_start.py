"""Associations that may be feasible, in a few passes over the candidates."""

from typing import TYPE_CHECKING

import numpy as np

from formulations.association_tally import tally

if TYPE_CHECKING:
    from formulations.association import UserAssociation


def greedy_cells(problem: "UserAssociation") -> np.ndarray:
    """Best cell (U,) of everybody, without those who earn least by load; -1: none."""
    from formulations.kernels.pairs import favourites

    _, cell, _, load, value = problem.candidates
    least, outside = least_value(problem), problem.unserved_value
    best, density = favourites(problem.candidates.start, value, load, least, outside)
    # only users of cells too small for all of them have to be sorted
    taken = best[best >= 0]
    wanted = np.bincount(cell[taken], load[taken], len(problem.capacity))
    crowded = (wanted > problem.capacity)[cell[best]] if cell.size else best >= 0
    some, rest = np.flatnonzero(crowded), np.flatnonzero(~crowded)
    order = np.concatenate((rest, some[np.argsort(-density[some])]))
    return filled(problem, order, best)


def frugal_cells(problem: "UserAssociation") -> np.ndarray:
    """Cell (U,) where each user takes the least part of the capacity, large ones first.

    Much more likely to fit than the best cells, and worth little.
    """
    from formulations.kernels.pairs import favourites, fill
    from formulations.reach import read_only

    start, cell, _, load, _ = problem.candidates
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(load > 0, load / problem.capacity[cell], 0.0)
    part = read_only(-part)
    best, _ = favourites(start, part, load, -np.inf, 0.0)
    order = np.argsort(np.where(best >= 0, part[best], 0.0), kind="stable")
    room, chosen = problem.capacity.copy(), np.full(len(best), -1)
    fill(order, best, start, cell, part, load, -np.inf, room, chosen)
    return np.where(chosen >= 0, cell[chosen], -1)


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


def least_value(problem: "UserAssociation") -> float:
    """Value above which it is worth to serve a user at all."""
    is_optional = problem.objective == "sum" and not problem.must_serve
    return 0.0 if is_optional else -np.inf


def filled(
    problem: "UserAssociation", order: np.ndarray, best: np.ndarray
) -> np.ndarray:
    """Cells (U,) by turns: the entry ``best`` (U,) of each user, else one that fits."""
    start, cell, _, load, value = problem.candidates
    room, chosen = problem.capacity.copy(), np.full(len(best), -1)
    if problem.objective == "proportional_fair":
        from formulations.kernels.fair_start import fill

        fill(order, best, start, cell, value, load, room, chosen)
    else:
        from formulations.kernels import pairs

        least = least_value(problem)
        pairs.fill(order, best, start, cell, value, load, least, room, chosen)
    result = np.full(len(best), -1)
    result[chosen >= 0] = cell[chosen[chosen >= 0]]
    return result
