"""Who runs first and for how long: the best pair of methods on similar instances."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit

from rrm.selection.models import GRID, Model

CUTS = np.array([0.02, 0.05, 0.15, 0.4, 0.75])
"""Parts of the time after which a second method may take over."""
NO_CUTS = CUTS[:0]
CUT_SECONDS = 0.05
"""Budget in s up to which no method takes over: what is set up would be cut off."""
HANDOVER = 5e-3
"""s until a worker has begun."""
BESIDE = 0.2
"""Weight of the first of two side by side: it has a core anyway, and others wait for
the second."""
PROOF = 0.003
"""What an open gap costs beside the same gap to the best known value."""
NO_ANSWER = 10.0
"""What it costs to have no answer in the end; gaps are at most 1."""
PATIENCE = 1.0
"""Budget in s up to which one method has all the time to find a first answer."""
FAR = 1e-3
"""Weight of all instances on which the same methods apply, like or not."""
NEAREST = 10
"""Training instances that plans are tried on."""
UNKNOWN = 1.0
"""Regret of a method on an instance that it was not run on: it may not apply there."""
FIRSTS, SECONDS = 2, 4
"""Best single methods that may begin, and that may take over."""


@njit(cache=True, error_model="numpy")
def at(
    grid: np.ndarray, curve: np.ndarray, time: float, p: int
) -> float:  # pragma: no cover
    """Value of a curve (P,) at ``time``, from ``grid[p - 1]`` on; linear in between."""
    if time <= grid[0] or p == 0:
        return curve[0]
    if time >= grid[-1]:
        return curve[-1]
    part = (time - grid[p - 1]) / (grid[p] - grid[p - 1])
    return curve[p - 1] + part * (curve[p] - curve[p - 1])


@njit(cache=True, error_model="numpy")
def mean_gap(
    first: np.ndarray,
    second: np.ndarray,
    cut: float,
    grid: np.ndarray,
    price: float,
    reach: float,
    is_beside: bool,
) -> float:  # pragma: no cover
    """Mean over time of the smallest gap so far, where a second method takes over.

    Parameters
    ----------
    first, second : (2, P)
        Gaps of answers, above 1 without one, and of bounds, at the times ``grid``.
    cut : float
        Part of the time after which the second begins.
    price : float
        Of a gap of the bound, beside one of the answer.
    reach : float
        The time there is, as a part of the tier of the curves.
    is_beside : bool
        Whether the first goes on meanwhile, on a core of its own.
    """
    total, before, last, lowest = 0.0, 0.0, 0.0, 2.0
    end, a, b = len(grid) - 1, 0, 0  # b: as a, for the second
    for p in range(len(grid)):
        time = grid[p] * reach
        own = time if is_beside else min(time, cut * reach)
        while a < end and grid[a] < own:
            a += 1
        lowest, bound = at(grid, first[0], own, a), at(grid, first[1], own, a)
        if time > cut * reach:
            since = time - cut * reach
            while b < end and grid[b] < since:
                b += 1
            lowest = min(lowest, at(grid, second[0], since, b))
            bound = min(bound, at(grid, second[1], since, b))
        value = min(lowest, 1.0) + price * bound
        if p == 0:
            last = value
        total += 0.5 * (value + last) * (grid[p] - before)
        before, last = grid[p], value
    return total if lowest <= 1.0 else NO_ANSWER


@njit(cache=True, error_model="numpy")
def best_pair(
    weight: np.ndarray,
    curves: np.ndarray,
    methods: np.ndarray,
    grid: np.ndarray,
    cuts: np.ndarray,
    price: float,
    reach: float,
    nearest: int,
    is_beside: bool,
) -> tuple[int, int, float, float]:  # pragma: no cover
    """Methods that run one after the other, when they change, and the mean gap.

    Parameters
    ----------
    weight : (I,)
        Of each training instance; the ``nearest`` heaviest count.
    curves : (I, M, 2, P)
        Gaps of answers and bounds of each method there; nan where it was not run.
    methods : (A,)
        Those that may be chosen.
    grid, cuts : (P,), (C,)
        Times of the curves, and parts of the time after which the second may begin.
    price, reach : float
        As in :func:`mean_gap`.
    nearest : int
        Number of instances that are looked at.
    is_beside : bool
        Whether they run side by side, as in :func:`mean_gap`.

    Returns
    -------
    tuple
        First and second method (the same: it runs alone), part of the time after which
        the second takes over, and the expected mean gap.
    """
    near = np.argsort(-weight)[:nearest]
    alone = np.zeros((len(near), len(methods)))
    for i in range(len(near)):
        worst = 0.0
        for a in range(len(methods)):
            curve = curves[near[i], methods[a]]
            alone[i, a] = np.nan
            if not np.isnan(curve[0, 0]):
                alone[i, a] = mean_gap(curve, curve, 1.0, grid, price, reach, False)
                worst = max(worst, alone[i, a])
        for a in range(len(methods)):
            if np.isnan(alone[i, a]):  # not run there: no better than any
                alone[i, a] = worst
    single = np.zeros(len(methods))
    for i in range(len(near)):
        single += weight[near[i]] * alone[i]
    order = np.argsort(single)
    top = int(methods[order[0]])
    best = (top, top, 1.0, float(single[order[0]]))
    for x in order[:FIRSTS]:
        for y in order[:SECONDS]:
            if x == y:
                continue
            for cut in cuts:
                total = 0.0
                for i in range(len(near)):
                    first = curves[near[i], methods[x]]
                    second = curves[near[i], methods[y]]
                    if np.isnan(first[0, 0]) or np.isnan(second[0, 0]):
                        value = max(alone[i, x], alone[i, y])
                    else:
                        value = mean_gap(
                            first, second, cut, grid, price, reach, is_beside
                        )
                    total += weight[near[i]] * value
                    if total >= best[3]:
                        break
                if total < best[3] - 1e-12:
                    best = (int(methods[x]), int(methods[y]), float(cut), float(total))
    return best


@njit(cache=True, error_model="numpy")
def best_alone(
    weight: np.ndarray,
    curves: np.ndarray,
    methods: np.ndarray,
    grid: np.ndarray,
    reach: float,
) -> tuple[int, float]:  # pragma: no cover
    """Method of least regret on similar instances, and its mean gap there.

    Regret is how much larger its mean gap is than that of the best method there. Its
    root counts, so that one instance with a large regret does not outweigh many.

    Parameters
    ----------
    weight, curves, methods, grid, reach
        As in :func:`best_pair`; answers count, bounds do not.
    """
    regret, total = np.zeros(len(methods)), np.zeros(len(methods))
    weighed, gap = np.zeros(len(methods)), np.empty(len(methods))
    for i in np.flatnonzero(weight > 0.0):
        least = np.inf
        for a in range(len(methods)):
            curve = curves[i, methods[a]]
            gap[a] = np.nan
            if not np.isnan(curve[0, 0]):
                gap[a] = mean_gap(curve, curve, 1.0, grid, 0.0, reach, False)
                least = min(least, gap[a])
        for a in range(len(methods)):
            if np.isnan(gap[a]):
                regret[a] += weight[i] * np.sqrt(UNKNOWN)
                continue
            regret[a] += weight[i] * np.sqrt(min(gap[a] - least, UNKNOWN))
            total[a] += weight[i] * gap[a]
            weighed[a] += weight[i]
    best = int(np.argmin(regret))
    expected = total[best] / weighed[best] if weighed[best] > 0.0 else UNKNOWN
    return int(methods[best]), float(expected)


@njit(cache=True, error_model="numpy")
def compared(
    weight: np.ndarray, answered: np.ndarray, was_run: np.ndarray, methods: np.ndarray
) -> np.ndarray:  # pragma: no cover
    """Weights (I,) of instances with an answer at once and runs (I, M) of all methods.

    On others methods cannot be compared, or having an answer is what counts. All count
    where none would be left.
    """
    found = np.zeros(len(weight))
    for i in range(len(weight)):
        alike = answered[i]
        for m in methods:
            alike = alike and was_run[i, m]
        if alike:
            found[i] = weight[i] + FAR / len(weight)
    return found if found.any() else weight


class Begin(NamedTuple):
    """What a plan begins with.

    Attributes
    ----------
    methods : list of (str, float)
        One or two names, and their parts of the time.
    gap : float
        Expected mean over time of the gap to the best known value; ``NO_ANSWER`` where
        there may be no answer counts, too.
    """

    methods: list[tuple[str, float]]
    gap: float


def chosen(
    model: Model,
    features: np.ndarray,
    seconds: float,
    names: Sequence[str],
    is_beside: bool = False,
) -> Begin | None:
    """Best pair among ``names`` on similar instances; None if none was ever run.

    With ``is_beside`` the second runs on another core as soon as it is handed over.
    """
    tier, reach = model.tier(seconds)
    ever_run = model.ever_run[tier]
    known = [model.number[name] for name in names if name in model.number]
    methods = np.array([m for m in known if ever_run[m]], np.int64)
    if not methods.size:
        return None
    weight = model.likeness(features, tier)
    is_answered = features[-1] > 0
    if is_answered and seconds <= CUT_SECONDS and not is_beside:
        answered = weight * model.answered
        weight = answered if answered.any() else weight
        best, gap = best_alone(weight, model.curves[tier], methods, GRID, reach)
        return Begin([(model.methods[best], 1.0)], gap)
    if is_answered:
        weight = compared(weight, model.answered, model.was_run[tier], methods)
    near = NEAREST if is_answered else len(weight)
    if is_beside:
        cuts = np.array([min(HANDOVER / seconds, 1.0)])
    else:
        cuts = CUTS if is_answered or seconds > PATIENCE else NO_CUTS
    curves = model.curves[tier]
    found = best_pair(
        weight, curves, methods, GRID, cuts, PROOF, reach, near, is_beside
    )
    first, second, cut, gap = found
    gap /= weight.sum()
    if first == second:
        return Begin([(model.methods[first], 1.0)], gap)
    part = BESIDE if is_beside else cut
    return Begin([(model.methods[first], part), (model.methods[second], 1 - part)], gap)
