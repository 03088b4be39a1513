"""Who runs first and for how long, from what each method is expected to reach."""

from collections.abc import Sequence

import numpy as np
from numba import njit

from rrm.selection.models import Model

GRID = np.array([0.003, 0.01, 0.03, 0.1, 0.2, 0.4, 0.7, 1.0])
"""Times (P,) of a curve, as parts of its tier."""
CUTS = np.array([0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75])
"""Parts of the time after which a second method may take over."""
PROOF = 0.03
"""What an open gap costs beside the same gap to the best known value."""


@njit(cache=True, error_model="numpy")
def at(grid: np.ndarray, curve: np.ndarray, time: float) -> float:  # pragma: no cover
    """Value at ``time`` of a curve (P,) over ``grid`` (P,), linear in between."""
    if time <= grid[0]:
        return curve[0]
    for p in range(1, len(grid)):
        if time <= grid[p]:
            part = (time - grid[p - 1]) / (grid[p] - grid[p - 1])
            return curve[p - 1] + part * (curve[p] - curve[p - 1])
    return curve[-1]


@njit(cache=True, error_model="numpy")
def best_pair(
    gap: np.ndarray,
    proof: np.ndarray,
    grid: np.ndarray,
    cuts: np.ndarray,
    price: float,
    reach: float,
) -> tuple[int, int, float, float]:  # pragma: no cover
    """Methods that run one after the other, when they change, and the mean gap.

    Parameters
    ----------
    gap, proof : (M, P)
        Expected distance of a method's answer and bound from the best known value, at
        the times ``grid`` (P,) of the tier.
    cuts : (C,)
        Parts of the time after which the second may take over.
    price : float
        Of a distance of the bound, beside one of the answer.
    reach : float
        The time there is, as a part of the tier.

    Returns
    -------
    tuple
        First and second method (the same: it runs alone), part of the time after which
        the second takes over, and the expected mean over time of both distances.
    """
    methods = len(gap)
    best = (0, 0, 1.0, np.inf)
    for first in range(methods):
        total = _mean(gap, proof, grid, first, first, 1.0, price, reach)
        if total < best[3]:
            best = (first, first, 1.0, total)
    for first in range(methods):
        for second in range(methods):
            if first == second:
                continue
            for c in range(len(cuts)):
                total = _mean(gap, proof, grid, first, second, cuts[c], price, reach)
                if total < best[3] - 1e-12:
                    best = (first, second, cuts[c], total)
    return best


@njit(cache=True, error_model="numpy")
def _mean(
    gap: np.ndarray,
    proof: np.ndarray,
    grid: np.ndarray,
    first: int,
    second: int,
    cut: float,
    price: float,
    reach: float,
) -> float:  # pragma: no cover
    """Mean over time of the smallest gap so far, where a second method takes over."""
    total, before, last = 0.0, 0.0, 1.0
    for p in range(len(grid)):
        time = grid[p] * reach
        own = min(time, cut * reach)
        now = at(grid, gap[first], own)
        open_ = at(grid, proof[first], own)
        if time > cut * reach:
            now = min(now, at(grid, gap[second], time - own))
            open_ = min(open_, at(grid, proof[second], time - own))
        value = now + price * open_
        if p == 0:
            last = value
        total += 0.5 * (value + last) * (grid[p] - before)
        before, last = grid[p], value
    return total


def chosen(
    model: Model, features: np.ndarray, seconds: float, names: Sequence[str]
) -> list[tuple[str, float, str]]:
    """One or two of ``names`` that begin: part of the time, and what is expected.

    Empty where the model knows none of them.
    """
    gaps, proofs, reach = model.curves(features, seconds)
    known = [
        model.methods.index(name)
        for name in names
        if name in model.methods and np.isfinite(gaps[model.methods.index(name), 0])
    ]
    if not known:
        return []
    gap, proof = gaps[known], proofs[known]
    first, second, cut, _ = best_pair(gap, proof, GRID, CUTS, PROOF, reach)
    pair = [(first, cut), (second, 1 - cut)] if first != second else [(first, 1.0)]
    return [
        (model.methods[known[m]], part, f"gap {at(GRID, gap[m], reach * part):.2g}")
        for m, part in pair
    ]
