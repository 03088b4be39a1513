"""Simulated annealing over the states of groups, in chunks between looks at the clock.

S. Kirkpatrick, C. D. Gelatt, M. P. Vecchi, "Optimization by simulated annealing",
Science 220, 1983. https://doi.org/10.1126/science.220.4598.671
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from formulations.kernels.channel_costs import Costs, move

MOVE = 8  # work of a move and of each pair it touches, in proposals
PAIR, ROW = 3, 40  # with windows, and with a row of costs out of a large table
SCALE = 1.0 / (1 << 24)
ZERO = 1e-9  # cost that counts as none


class Walk(NamedTuple):
    """Where a search stands.

    Attributes
    ----------
    chosen, best : (W,)
        State of each group now, and in the best assignment so far.
    cost : (S,)
        What each state would cost now.
    value : (2,)
        Total cost now, and of the best.
    random : (1,) uint64
        State of the random numbers.
    """

    chosen: np.ndarray
    best: np.ndarray
    cost: np.ndarray
    value: np.ndarray
    random: np.ndarray


@njit(cache=True, error_model="numpy")
def anneal(
    work: int,
    temperature: float,
    costs: Costs,
    room: np.ndarray,
    count: np.ndarray,
    walk: Walk,
) -> bool:  # pragma: no cover
    """Propose moves at one temperature; whether nothing costs anything.

    Parameters
    ----------
    work : int
        Proposals, and what moves cost in their stead.
    temperature : float
        In the unit of weights.
    costs : Costs
        What is moved in.
    room, count : (S,), (W,)
        Open states of each group first, and how many they are.
    walk : Walk
        Changed.
    """
    start, first = costs.start, costs.first
    chosen, cost, value = walk.chosen, walk.cost, walk.value
    groups = np.uint64(len(chosen))
    pair = ROW if len(costs.row) else PAIR
    x = walk.random[0]
    limit = 16.0 * temperature
    while work > 0:
        work -= 1
        x ^= x << np.uint64(13)
        x ^= x >> np.uint64(7)
        x ^= x << np.uint64(17)
        w = np.int64(((x >> np.uint64(32)) * groups) >> np.uint64(32))
        draw = ((x & np.uint64(0xFFFFFFFF)) * np.uint64(count[w])) >> np.uint64(32)
        begin = start[w]
        state = room[begin + np.int64(draw)]
        k, j = begin + chosen[w], begin + state
        if j == k:
            continue
        gain = cost[j] - cost[k]
        if gain > 0:
            if gain > limit:
                continue
            x ^= x << np.uint64(13)
            x ^= x >> np.uint64(7)
            x ^= x << np.uint64(17)
            if np.exp(-gain / temperature) < np.float64(x >> np.uint64(40)) * SCALE:
                continue
        value[0] += gain
        move(w, state, costs, chosen, cost)
        work -= MOVE + pair * (first[w + 1] - first[w])
        if value[0] < value[1] - ZERO:
            value[1] = value[0]
            walk.best[:] = chosen
            if value[1] <= ZERO:
                break
    walk.random[0] = x
    return value[1] <= ZERO


@njit(cache=True, error_model="numpy")
def draw_below(random: np.ndarray, below: Any) -> Any:  # pragma: no cover
    """Integer in [0, below), less than 2**32, by xorshift (G. Marsaglia, 2003)."""
    x = random[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    random[0] = x
    return np.int64(((x >> np.uint64(32)) * np.uint64(below)) >> np.uint64(32))


@njit(cache=True, error_model="numpy")
def fraction(random: np.ndarray) -> float:  # pragma: no cover
    """Number in [0, 1)."""
    return draw_below(random, 1 << 24) * SCALE
