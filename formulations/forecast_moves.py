"""What it saves to move platforms from step to step, instead of sending new ones."""

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from formulations.forecast import LapForecast


def savings(problem: "LapForecast") -> np.ndarray:
    """Value (S, S) saved by moving from one site to another between two steps.

    Without the move, one platform returns from the first site and another is launched
    to the second, at half the ``energy`` of each. Nothing is saved by a move that
    takes more than that, or than the battery holds.
    """
    half = 0.5 * problem.energy
    with np.errstate(invalid="ignore"):
        saved = half[:, None] + half - problem.move_energy
    allowed = problem.moves & (problem.move_energy <= problem.battery)
    return problem.energy_cost * np.where(allowed, np.maximum(saved, 0.0), 0.0)


def arrivals(saved: np.ndarray, leave: np.ndarray) -> np.ndarray:
    """Least potential (S,) of arriving that goes with that of leaving (S,).

    All moves between two steps save at most the potentials of the sites left and taken,
    as each saves at most those of its two ends: linear programming duality.
    """
    return np.maximum((saved - leave[:, None]).max(axis=0), 0.0)


def saved_between(saved: np.ndarray, before: np.ndarray, after: np.ndarray) -> float:
    """Most that moves save between two steps with open sites (S,) bool."""
    return matched(saved[np.ix_(before, after)])[0]


def matched(weight: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Heaviest matching of rows (m,) with columns (n,), ``weight`` >= 0.

    Returns its weight and potentials (m,), (n,) >= 0 that add up to it and to at least
    the weight of each pair.
    """
    rows, columns = weight.shape
    if not rows or not columns:
        return 0.0, np.zeros(rows), np.zeros(columns)
    if rows > columns:
        total, column, row = matched(np.ascontiguousarray(weight.T))
        return total, row, column
    row, column = np.zeros(rows), np.zeros(columns)
    total = assign(np.ascontiguousarray(weight), row, column)
    return total, row, column


@njit(cache=True, error_model="numpy")
def assign(weight, row, column):  # pragma: no cover
    """Match all m <= n rows of ``weight`` (m, n) >= 0; fills the potentials [1]_.

    Rows are put in one by one along the cheapest chain of exchanges. Returns the
    weight.

    References
    ----------
    .. [1] H. W. Kuhn, "The Hungarian method for the assignment problem", Naval Research
       Logistics Quarterly 2, 1955, with shortest augmenting paths.
       https://doi.org/10.1002/nav.3800020109
    """
    rows, columns = weight.shape
    mate = np.full(columns, -1, np.intp)
    price = np.zeros(columns)  # cost -weight[i, j] >= level[i] - price[j]
    level = np.zeros(rows)
    distance, before = np.empty(columns), np.empty(columns, np.intp)
    done = np.zeros(columns, np.bool_)
    for first in range(rows):
        distance[:] = np.inf
        done[:] = False
        i, last, at = first, -1, 0.0
        level[first] = np.inf
        for j in range(columns):
            level[first] = min(level[first], -weight[first, j] + price[j])
        while True:
            best, end = np.inf, -1
            for j in range(columns):
                if done[j]:
                    continue
                reduced = at - weight[i, j] + price[j] - level[i]
                if reduced < distance[j]:
                    distance[j], before[j] = reduced, last
                if distance[j] < best:
                    best, end = distance[j], j
            done[end] = True
            last, at, i = end, best, mate[end]
            if i < 0:
                break
        for j in range(columns):
            if done[j] and j != last:
                level[mate[j]] += at - distance[j]
                price[j] += at - distance[j]
        level[first] += at
        while before[last] >= 0:
            mate[last] = mate[before[last]]
            last = before[last]
        mate[last] = first
    total = 0.0
    for j in range(columns):
        column[j] = price[j]
        if mate[j] >= 0:
            total += weight[mate[j], j]
    for i in range(rows):
        row[i] = -level[i]
    return total
