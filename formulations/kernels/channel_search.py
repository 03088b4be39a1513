"""Tabu search over the states of groups, in chunks between looks at the clock.

A. Hertz, D. de Werra, "Using tabu search techniques for graph coloring", Computing 39,
1987 (https://doi.org/10.1007/BF02239976); with tenures after P. Galinier, J.-K. Hao,
"Hybrid evolutionary algorithms for graph coloring", J. Comb. Optim. 3, 1999
(https://doi.org/10.1023/A:1009823419804).
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from formulations.kernels.channel_moves import Network, change

LATEST = 10  # moves that a tabu lasts at least, drawn anew each time
TENURE = 0.6  # of the groups in conflict, which a tabu lasts besides
NEVER = np.int64(1) << 62


class Walk(NamedTuple):
    """Where a search stands.

    Attributes
    ----------
    chosen, best : (W,)
        State of each group now, and in the best assignment so far.
    hard, soft : (S,)
        What each state would violate now.
    tabu : (S,)
        Move from which on a state may be taken again.
    value : (4,)
        Hard violations and soft cost now, hard violations and soft cost of the best.
    move : (2,)
        Number of moves so far, and the last that improved the best.
    random : (1,) uint64
        State of the random numbers.
    """

    chosen: np.ndarray
    best: np.ndarray
    hard: np.ndarray
    soft: np.ndarray
    tabu: np.ndarray
    value: np.ndarray
    move: np.ndarray
    random: np.ndarray


@njit(cache=True, error_model="numpy")
def measure(network: Network, walk: Walk) -> None:  # pragma: no cover
    """Count what the present states violate, and take them as the best."""
    hard = soft = 0.0
    for w in range(len(walk.chosen)):
        k = network.start[w] + walk.chosen[w]
        hard += walk.hard[k] + network.hard[k]
        soft += walk.soft[k] + network.soft[k]
    walk.value[0], walk.value[1] = hard / 2, soft / 2
    walk.value[2], walk.value[3] = walk.value[0], walk.value[1]
    walk.best[:] = walk.chosen


@njit(cache=True, error_model="numpy")
def search(
    moves: int, heavy: float, network: Network, walk: Walk
) -> bool:  # pragma: no cover
    """Make some moves, each the best that is not tabu; whether nothing is violated.

    Only groups that violate something move. ``heavy`` is what a hard pair weighs.
    """
    start = network.start
    chosen, hard, soft, tabu = walk.chosen, walk.hard, walk.soft, walk.tabu
    value = walk.value
    for _ in range(moves):
        if value[2] == 0 and value[3] <= 0:
            return True
        now = walk.move[0]
        best_w, best_k, best_gain, ties = -1, -1, np.inf, 0
        conflicts = 0
        known = heavy * value[2] + value[3]
        here = heavy * value[0] + value[1]
        for w in range(len(chosen)):
            k = start[w] + chosen[w]
            cost = heavy * hard[k] + soft[k]
            if cost <= 0:
                continue
            conflicts += 1
            for j in range(start[w], start[w + 1]):
                gain = heavy * hard[j] + soft[j] - cost
                if gain > best_gain or j == k:
                    continue
                if tabu[j] > now and here + gain >= known - 1e-9 * abs(known):
                    continue
                if gain < best_gain:
                    best_w, best_k, best_gain, ties = w, j, gain, 1
                else:
                    ties += 1
                    if _draw(walk.random, ties) == 0:
                        best_w, best_k = w, j
        walk.move[0] += 1
        if best_w < 0:
            continue
        k = start[best_w] + chosen[best_w]
        value[0] += hard[best_k] - hard[k]
        value[1] += soft[best_k] - soft[k]
        tabu[k] = now + 1 + int(TENURE * conflicts) + _draw(walk.random, LATEST)
        change(best_w, best_k - start[best_w], network, chosen, hard, soft)
        if heavy * value[0] + value[1] < known - 1e-9 * abs(known):
            value[2], value[3] = value[0], value[1]
            walk.best[:] = chosen
            walk.move[1] = walk.move[0]
    return value[2] == 0 and value[3] <= 0


@njit(cache=True, error_model="numpy")
def _draw(random: np.ndarray, below: int) -> int:  # pragma: no cover
    """Integer in [0, below) by xorshift (G. Marsaglia, 2003)."""
    x = random[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    random[0] = x
    return int(x % np.uint64(below))
