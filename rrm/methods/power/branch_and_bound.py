"""Global optimum of sum and proportionally fair rates by branch and bound."""

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.kernels.rate_bounds import (
    STRICT,
    SWEEPS,
    Rates,
    bound_of,
    shrink,
    split,
    value_of,
)
from formulations.power import Power, PowerControl
from formulations.problem import snapped
from rrm.incumbent import BySearch, Incumbent
from rrm.registry import method

MOST_LINKS = 30  # beyond, the boxes do not get small in any time
MOST_BOXES = 400_000  # kept at a time: 200 MB at 30 links
OPERATIONS_PER_CHUNK = 400_000  # about 0.2 ms between looks at the clock
SLACK = 2e-9  # relative, added to bounds: data are rounded, limits a little strict
WITHIN = 0.98  # of the allowed gap that closes a box
OBJECTIVES = {"sum_rate": False, "proportional_fair": True}


def applies(problem: PowerControl) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.has_sparse_gain:
        return "needs a dense gain"
    if problem.objective not in OBJECTIVES:
        return f"bounds sums of rates or of their logarithms, not {problem.objective}"
    if len(problem.shape) == 2:
        return "needs a single resource block"
    if len(problem.p_max) > MOST_LINKS:
        return f"takes at most {MOST_LINKS} links"
    if not problem.weight.any():
        return "needs a link that counts"
    return None


@method(
    PowerControl,
    kind="exact",
    applies=applies,
    proves="the global optimum by branch and bound",
    rank=60,
)
def branch_and_bound(problem: PowerControl, incumbent: Incumbent) -> None:
    """Split boxes of powers, the one with the highest bound first [1]_, [2]_.

    The bound of a box is the lower of two: the mixed monotonic one, where each rate has
    its own power high and the others low, and the concave one, where the logarithm of
    each interference is replaced by its secant over the box and the rest is maximized
    and linearized, which is valid from any point. Powers are fixed where the objective
    is monotone over the box, and ranges are cut by the slopes of the linearization.
    Boxes that no limit, floor or protected receiver allows are dropped.

    References
    ----------
    .. [1] B. Matthiesen, C. Hellings, E. A. Jorswieck, W. Utschick, "Mixed monotonic
       programming for fast global optimization", IEEE TSP 68, 2020.
       https://doi.org/10.1109/TSP.2020.2983467
    .. [2] P. C. Weeraddana, M. Codreanu, M. Latva-aho, A. Ephremides, "Weighted
       sum-rate maximization in wireless networks: a review", Foundations and Trends in
       Networking 6(1-2), 2012. https://doi.org/10.1561/1300000036
    """
    scaled = problem.scaled()
    box = rates_of(scaled)
    tree = tree_of(box)
    watt = scaled.units["W"]
    known = incumbent.allocation
    start = np.zeros(len(box.limit)) if known is None else known.power / watt
    best = np.asarray(np.minimum(snapped(start), box.limit))
    shift, scale = 0.0, problem.bandwidth / np.log(2.0)  # from nat to the objective
    if problem.objective == "proportional_fair":
        shift, scale = problem.weight.sum() * np.log(scale), 1.0
    links = len(best)
    count = max(1, OPERATIONS_PER_CHUNK // ((4 * SWEEPS + 16) * links * links))
    target = -np.inf
    while tree.heap[0] and not incumbent.expired():
        gap = 0.0
        if np.isfinite(incumbent.objective):
            target = max(target, (incumbent.objective - shift) / scale)
            gap = WITHIN * incumbent.budget.gap * abs(incumbent.objective) / scale
        found = explore(count, target, gap, best, box, tree)
        if found > target:
            incumbent.offer(scaled.restored(Power(best)))
            target = found
        highest = max(target, tree.bound[tree.top[0]] if tree.heap[0] else -np.inf)
        highest = max(highest, tree.closed[0])
        if np.isfinite(highest):
            highest += SLACK * (abs(highest) + problem.weight.sum())
            incumbent.tighten(highest * scale + shift, BySearch("branch and bound"))
        if tree.heap[0] + 2 >= MOST_BOXES:
            return


class Tree(NamedTuple):
    """Open boxes: a heap of slots with the highest bound on top."""

    low: np.ndarray  # (slots, L)
    high: np.ndarray  # (slots, L)
    bound: np.ndarray  # (slots,)
    branch: np.ndarray  # (slots,) power to split
    at: np.ndarray  # (slots,) where to split it
    top: np.ndarray  # (slots,) heap order of slots; free slots follow the heap
    heap: np.ndarray  # (1,) boxes in the heap
    closed: np.ndarray  # (1,) highest bound among boxes closed within the gap


def rates_of(scaled: PowerControl) -> Rates:
    """Arrays of a scaled problem as the kernels take them, rounded to 32 bits.

    A rate changes by less than 4e-10 of itself, which the slack of the bounds covers.
    """
    gain = snapped(scaled.gain)
    cross = gain.copy()
    np.fill_diagonal(cross, 0.0)
    needed = np.flatnonzero(scaled.min_rate)
    sinr = np.expm1(np.log(2.0) * scaled.min_rate[needed])
    floor = sinr[:, None] * scaled.cross[needed]
    floor[np.arange(len(needed)), needed] = -scaled.direct[needed]
    groups, first, size = np.unique(
        scaled.transmitter, return_index=True, return_counts=True
    )
    shared = size > 1
    rows = [
        (scaled.protected_gain, scaled.protected_limit),
        (np.equal.outer(groups, scaled.transmitter)[shared] * 1.0,
         scaled.p_max[first[shared]]),
        (floor, -sinr * scaled.noise[needed]),
    ]  # fmt: skip
    return Rates(
        cross=cross,
        sent=gain.T.copy(),
        direct=np.diag(gain).copy(),
        noise=snapped(scaled.noise),
        weight=scaled.weight.copy(),
        limit=snapped(np.minimum(scaled.p_max, scaled.p_mask)) * (1 - STRICT),
        rows=snapped(np.concatenate([part[0] for part in rows])),
        allowed=snapped(np.concatenate([part[1] for part in rows])),
        fair=OBJECTIVES[scaled.objective],
    )


def tree_of(box: Rates) -> Tree:
    """Tree with the whole range of powers as its only box."""
    links = len(box.limit)
    slots = min(MOST_BOXES, 4_000_000 // max(links, 1))
    tree = Tree(
        low=np.empty((slots, links)),
        high=np.empty((slots, links)),
        bound=np.empty(slots),
        branch=np.zeros(slots, np.int64),
        at=np.empty(slots),
        top=np.arange(slots),
        heap=np.ones(1, np.int64),
        closed=np.full(1, -np.inf),
    )
    tree.low[0], tree.high[0], tree.bound[0] = 0.0, box.limit, np.inf
    whole = split(tree.low[0], tree.high[0], np.ones(links), np.zeros(links), box)
    tree.branch[0], tree.at[0] = whole
    return tree


@njit(cache=True, error_model="numpy")
def explore(count, target, gap, best, box, tree):  # pragma: no cover
    """Split ``count`` boxes; the best objective found, its power in ``best``."""
    links = len(best)
    point = np.empty(links)
    found = target
    for _ in range(count):
        if tree.heap[0] == 0 or tree.heap[0] + 2 >= len(tree.top):
            break
        slot = pop(tree)
        if tree.bound[slot] <= found + gap:
            tree.closed[0] = max(tree.closed[0], tree.bound[slot])
            tree.heap[0] = 0  # the others are no higher
            break
        low, high = tree.low[slot].copy(), tree.high[slot].copy()
        parent = tree.bound[slot]  # the first half takes the slot
        j, x = tree.branch[slot], tree.at[slot]
        for side in range(2):
            into = tree.top[tree.heap[0]]
            tree.low[into], tree.high[into] = low, high
            if side == 0:
                tree.high[into, j] = x
            else:
                tree.low[into, j] = x
            if not shrink(tree.low[into], tree.high[into], box):
                continue
            point[:] = best
            bound, errors, loose = bound_of(
                tree.low[into], tree.high[into], found, point, box
            )
            value = value_of(point, box)
            if value > found:
                found = value
                best[:] = point
            bound = min(bound, parent)
            if bound <= found:
                continue
            if bound <= found + gap:
                tree.closed[0] = max(tree.closed[0], bound)
                continue
            tree.bound[into] = bound
            half = split(tree.low[into], tree.high[into], errors, loose, box)
            tree.branch[into], tree.at[into] = half
            push(into, tree)
    return found


@njit(cache=True, error_model="numpy")
def push(slot, tree):  # pragma: no cover
    """Put a slot, which stands first behind the heap, into it."""
    child = tree.heap[0]
    tree.heap[0] += 1
    while child > 0:
        parent = (child - 1) // 2
        if tree.bound[tree.top[parent]] >= tree.bound[tree.top[child]]:
            break
        tree.top[parent], tree.top[child] = tree.top[child], tree.top[parent]
        child = parent


@njit(cache=True, error_model="numpy")
def pop(tree):  # pragma: no cover
    """Take the slot with the highest bound, which becomes free behind the heap."""
    tree.heap[0] -= 1
    size = tree.heap[0]
    slot = tree.top[0]
    tree.top[0], tree.top[size] = tree.top[size], slot
    parent = 0
    while True:
        child = 2 * parent + 1
        if child >= size:
            break
        right = child + 1
        if right < size and tree.bound[tree.top[right]] > tree.bound[tree.top[child]]:
            child = right
        if tree.bound[tree.top[parent]] >= tree.bound[tree.top[child]]:
            break
        tree.top[parent], tree.top[child] = tree.top[child], tree.top[parent]
        parent = child
    return slot
