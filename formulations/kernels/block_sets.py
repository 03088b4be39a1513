"""Sets of blocks that users buy at prices of blocks, floors met by each."""

import numpy as np
from numba import njit

from formulations.kernels.knapsack import knapsack

CLEAR = 1e-12  # relative, of a floor: rounding of sums of rates


@njit(cache=True, error_model="numpy")
def best_set(worth, rate, floor, memory, left, bought):  # pragma: no cover
    """Most that a set of blocks of ``worth`` (N,) brings whose rates meet ``floor``.

    An upper bound where :func:`knapsack` gives up; -inf where no set does. The set is
    put to ``bought`` (N,) bool. What brings something is bought; of the others those
    are left, in a knapsack, that cost most.
    """
    gain, got, cost, rest = 0.0, 0.0, 0.0, 0.0
    for n in range(len(worth)):
        bought[n] = worth[n] > 0.0
        if bought[n]:
            gain += worth[n]
            got += rate[n]
        else:
            cost -= worth[n]
            rest += rate[n]
    need = floor * (1.0 - CLEAR) - got
    if need <= 0.0:
        return gain
    if rest < need:
        return -np.inf
    spared = knapsack(-worth, rate, rest - need, memory, left)
    for n in range(len(worth)):
        if not bought[n] and not left[n]:
            bought[n] = rate[n] > 0.0
    return gain - max(cost - spared, 0.0)


@njit(cache=True, error_model="numpy")
def buy(
    first, last, rate, weight, floor, toll, price, memory, count, taken
):  # pragma: no cover
    """Sum of what users ``first`` to ``last`` of a cell gain by their best sets.

    ``price`` (N,) is inf for blocks that nobody may have. ``count`` (N,) is raised by
    those who buy a block, ``taken`` (K,) is set to how many a user buys.
    """
    blocks = len(price)
    worth, own = np.empty(blocks), np.empty(blocks)
    bought, left = np.empty(blocks, np.bool_), np.empty(blocks, np.bool_)
    total = 0.0
    for u in range(first, last):
        size = 0
        for n in range(blocks):
            if price[n] < np.inf and rate[u, n] > 0.0:
                own[size] = rate[u, n]
                worth[size] = weight[u] * rate[u, n] - price[n] - toll[u]
                size += 1
        total += best_set(
            worth[:size], own[:size], floor[u], memory, left[:size], bought[:size]
        )
        size, taken[u] = 0, 0.0
        for n in range(blocks):
            if price[n] < np.inf and rate[u, n] > 0.0:
                if bought[size]:
                    count[n] += 1.0
                    taken[u] += 1.0
                size += 1
    return total
