"""Annealing of one region at a time, the other groups held."""

from typing import Any

import numpy as np
from numba import njit

from formulations.kernels.channel_annealing import ZERO, Walk, draw_below, fraction
from formulations.kernels.channel_costs import Costs, move

STAGES = 24  # temperatures of one region
COOLED = 0.03  # of the first temperature, the last one
SEEDS = 2  # more that are drawn, of which the costliest counts
STEPS = 12  # proposals for each state of the region, over all stages


@njit(cache=True, error_model="numpy")
def refine(
    work: Any,
    span: np.ndarray,
    heat: np.ndarray,
    costs: Costs,
    room: np.ndarray,
    count: np.ndarray,
    walk: Walk,
) -> bool:  # pragma: no cover
    """Anneal regions and keep what costs no more; whether nothing costs anything.

    Parameters
    ----------
    work : int
        Proposals, and what moves cost in their stead.
    span : (2,)
        Fewest and most groups of a region.
    heat : (2,)
        Hottest and coldest start of a region, in what its first group costs.
    costs : Costs
        What is moved in.
    room, count : (S,), (W,)
        Open states of each group first, and how many they are.
    walk : Walk
        Changed.
    """
    start, first, neighbour = costs.start, costs.first, costs.neighbour
    chosen, cost, value, random = walk.chosen, walk.cost, walk.value, walk.random
    groups = len(chosen)
    inside = np.zeros(groups, np.bool_)
    region = np.empty(groups, np.int64)
    kept = np.empty(groups, chosen.dtype)
    while work > 0:
        seed = _costly(costs, walk)
        for _ in range(SEEDS):
            other = _costly(costs, walk)
            if cost[start[other] + chosen[other]] > cost[start[seed] + chosen[seed]]:
                seed = other
        most = span[0] + draw_below(random, span[1] - span[0] + 1)
        region[0] = seed
        inside[seed] = True
        size = 1
        tries = 0
        while size < most and tries < 4 * most:
            tries += 1
            w = region[draw_below(random, size)]
            degree = first[w + 1] - first[w]
            if degree == 0:
                continue
            u = neighbour[first[w] + draw_below(random, degree)]
            if not inside[u]:
                inside[u] = True
                region[size] = u
                size += 1
        states = 0
        for i in range(size):
            inside[region[i]] = False
            kept[i] = chosen[region[i]]
            states += count[region[i]]
        before = value[0]
        temperature = cost[start[seed] + chosen[seed]] * heat[0]
        temperature *= (heat[1] / heat[0]) ** fraction(random)
        factor = COOLED ** (1.0 / STAGES)
        steps = STEPS * states // STAGES + 1
        for _ in range(STAGES):
            limit = 16.0 * temperature
            for _ in range(steps):
                w = region[draw_below(random, size)]
                state = room[start[w] + draw_below(random, count[w])]
                k, j = start[w] + chosen[w], start[w] + state
                gain = cost[j] - cost[k]
                if j == k or gain > limit:
                    continue
                if gain > 0 and np.exp(-gain / temperature) < fraction(random):
                    continue
                value[0] += gain
                move(w, state, costs, chosen, cost)
                work -= 8 + first[w + 1] - first[w]
            temperature *= factor
        work -= steps * STAGES
        if value[0] > before + ZERO:
            for i in range(size):
                w = region[i]
                if chosen[w] != kept[i]:
                    move(w, kept[i], costs, chosen, cost)
            value[0] = before
        elif value[0] < value[1] - ZERO:
            value[1] = value[0]
            walk.best[:] = chosen
            if value[1] <= ZERO:
                break
    return value[1] <= ZERO


@njit(cache=True, error_model="numpy")
def _costly(costs: Costs, walk: Walk) -> int:  # pragma: no cover
    """Group that costs something, if any does."""
    groups = len(walk.chosen)
    w = draw_below(walk.random, groups)
    for _ in range(groups):
        if walk.cost[costs.start[w] + walk.chosen[w]] > ZERO:
            break
        w = w + 1 if w + 1 < groups else 0
    return w
