"""Global optimum of sum and proportionally fair rates and energy efficiency."""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np

from formulations.kernels.box_tree import (
    Tree,
    explore,
    highest,
    is_full,
    plant,
    share,
    tree_of,
)
from formulations.kernels.linear_limits import STRICT
from formulations.kernels.rate_bounds import TURNS, Rates, scratch_of
from formulations.power import Power, PowerControl
from formulations.problem import snapped
from rrm.argument import BySearch
from rrm.incumbent import Incumbent
from rrm.registry import method

MOST_LINKS = 30  # beyond, the boxes do not get small in any time
OPERATIONS_PER_CHUNK = 400_000  # about 0.2 ms between looks at the clock
ROUNDS_ALONE = 100  # until the tree is worth sharing
LANES = 2  # trees, the same on every machine so that answers are the same
CHUNKS = 5  # of each tree between looks at the clock, once there are several
SLACK = 2e-9  # relative, added to bounds: data are rounded, limits a little strict
WITHIN = 0.98  # of the allowed gap that closes a box
OBJECTIVES = ("sum_rate", "proportional_fair", "energy_efficiency")


def applies(problem: PowerControl) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    if problem.has_sparse_gain:
        return "needs a dense gain"
    if problem.objective not in OBJECTIVES:
        return f"bounds {', '.join(OBJECTIVES)}, not {problem.objective}"
    if len(problem.shape) == 2:
        return "needs a single resource block"
    if len(problem.p_max) > MOST_LINKS:
        return f"takes at most {MOST_LINKS} links"
    if not problem.weight.any():
        return "needs a link that counts"
    if problem.objective == "energy_efficiency" and problem.circuit_power == 0:
        return "needs circuit power: without, the ratio has no bound at no power"
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
    its own power high and the others low, and the concave one. That takes for each rate
    its concave envelope over the ranges of its signal and its interference [4]_, [5]_,
    climbs their sum and linearizes it, which is valid from any point. Powers are fixed
    where the objective is monotone over the box, and ranges are cut by the slopes of
    the linearization. Boxes that no limit, floor or protected receiver allows are
    dropped.

    The energy efficiency is bounded as a ratio: with the best one known as the price of
    power, what is left of the relaxed rates by the least power adds to it [3]_. A tree
    that has grown is shared between two threads.

    Complexity: exponential in L at worst; bounding a box takes O(L^2) a step.

    References
    ----------
    .. [1] B. Matthiesen, C. Hellings, E. A. Jorswieck, W. Utschick, "Mixed monotonic
       programming for fast global optimization", IEEE TSP 68, 2020.
       https://doi.org/10.1109/TSP.2020.2983467
    .. [2] P. C. Weeraddana, M. Codreanu, M. Latva-aho, A. Ephremides, "Weighted
       sum-rate maximization in wireless networks: a review", Foundations and Trends in
       Networking 6(1-2), 2012. https://doi.org/10.1561/1300000036
    .. [3] A. Zappone, E. Jorswieck, "Energy efficiency in wireless networks via
       fractional programming theory", Foundations and Trends in Communications and
       Information Theory 11(3-4), 2015. https://doi.org/10.1561/0100000088
    .. [4] M. Tawarmalani, N. V. Sahinidis, "Convex extensions and envelopes of lower
       semi-continuous functions", Mathematical Programming 93, 2002.
       https://doi.org/10.1007/s10107-002-0308-z
    .. [5] T. M. Cover, J. A. Thomas, "Elements of Information Theory", 2nd ed., 2006,
       section 9.4, https://doi.org/10.1002/047174882X (water-filling of two channels)
    """
    load_sharing()
    scaled = problem.scaled()
    box = rates_of(scaled)
    watt = scaled.units["W"]
    known = incumbent.allocation
    start = np.zeros(len(box.limit)) if known is None else known.power / watt
    best = np.asarray(np.minimum(snapped(start), box.limit))
    shift, scale = 0.0, problem.bandwidth / np.log(2.0)  # from nat to the objective
    if box.fair:
        shift, scale = problem.weight.sum() * np.log(scale), 1.0
    if box.ratio:
        scale /= watt
    links = len(best)
    count = max(1, OPERATIONS_PER_CHUNK // ((4 * TURNS + 16) * links * links))
    trees = [tree_of(links)]
    plant(trees[0], box)
    scratches = [scratch_of(links) for _ in range(LANES)]
    rounds = 0
    target = -np.inf
    cores = min(len(os.sched_getaffinity(0)), LANES)
    with ThreadPoolExecutor(cores) as pool:
        while any(tree.heap[0] for tree in trees) and not incumbent.expired():
            gap = 0.0
            if np.isfinite(incumbent.objective):
                target = max(target, (incumbent.objective - shift) / scale)
                gap = WITHIN * incumbent.budget.gap * abs(incumbent.objective) / scale
            rounds += 1
            if rounds > ROUNDS_ALONE and len(trees) < LANES:
                trees.append(tree_of(links))
            powers = [best.copy() for _ in trees]
            if len(trees) == 1:
                value = explore(
                    count, target, gap, powers[0], box, trees[0], scratches[0]
                )
                values = [value]
            else:
                _level(trees)
                values = list(
                    pool.map(
                        lambda power, tree, scratch, target=target, gap=gap: explore(
                            CHUNKS * count, target, gap, power, box, tree, scratch
                        ),
                        powers, trees, scratches,
                    )
                )  # fmt: skip
            most = int(np.argmax(values))
            if values[most] > target:
                target, best = values[most], powers[most]
                incumbent.offer(scaled.restored(Power(best)))
            bound = max(target, *(highest(tree) for tree in trees))
            if np.isfinite(bound):
                bound += SLACK * (abs(bound) + problem.weight.sum())
                splits = sum(int(tree.splits[0]) for tree in trees)
                argument = BySearch("branch and bound", splits)
                incumbent.tighten(bound * scale + shift, argument)
            if all(is_full(tree) for tree in trees if tree.heap[0]):
                return


@cache
def load_sharing() -> None:
    """Load the kernel that only a tree meets that has grown: the warm-up runs this."""
    share(tree_of(1), tree_of(1))


def _level(trees: list[Tree]) -> None:
    """Give a tree that has no box left every second one of the largest."""
    for empty in trees:
        largest = max(trees, key=lambda tree: tree.heap[0])
        if empty.heap[0] == 0 and largest.heap[0] > 1:
            share(largest, empty)


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
        sent=cross.T.copy(),
        direct=np.diag(gain).copy(),
        noise=snapped(scaled.noise),
        weight=scaled.weight.copy(),
        limit=snapped(np.minimum(scaled.p_max, scaled.p_mask)) * (1 - STRICT),
        rows=snapped(np.concatenate([part[0] for part in rows])),
        allowed=snapped(np.concatenate([part[1] for part in rows])),
        fair=scaled.objective == "proportional_fair",
        ratio=scaled.objective == "energy_efficiency",
        fixed=scaled.circuit_power,
        per_watt=1.0 / scaled.amplifier_efficiency,
    )
