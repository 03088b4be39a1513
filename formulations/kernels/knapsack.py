"""Knapsacks with real loads, to the optimum or to a valid bound."""

import numpy as np
from numba import njit

STATES = 4000  # kept at a time; beyond it the answer is a bound
RECORDS = 400_000  # of items taken on the way to a state


@njit(cache=True, error_model="numpy")
def room(states, records):  # pragma: no cover
    """Memory of :func:`knapsack`: states (2 x 3, states), and where they came from."""
    return (
        np.empty((2, states)),
        np.empty((2, states)),
        np.empty((2, states), np.int64),
        np.empty(records, np.int64),
        np.empty(records, np.int64),
    )


@njit(cache=True, error_model="numpy")
def knapsack(profit, load, capacity, memory, taken):  # pragma: no cover
    """Upper bound on the profit (n,) of items of ``load`` (n,) within ``capacity``.

    The best items found go to ``taken`` (n,). States of load and profit are extended
    item by item, the densest first; those that another dominates or whose linear
    relaxation cannot beat the best fall away [1]_, so that few remain but around the
    item that splits the relaxation. Where memory ends, the relaxation of what is
    given up is the bound.

    References
    ----------
    .. [1] D. Pisinger, "A minimal algorithm for the 0-1 knapsack problem", Operations
       Research 45(5), 1997. https://doi.org/10.1287/opre.45.5.758
    """
    weights, profits, origin, parent, item = memory
    taken[:] = False
    density = np.empty(len(profit))
    count = 0
    free = 0.0
    for k in range(len(profit)):
        density[k] = -1.0
        if profit[k] <= 0.0 or load[k] > capacity:
            continue
        if load[k] <= 0.0:
            free += profit[k]
            taken[k] = True
            continue
        density[k] = profit[k] / load[k]
        count += 1
    order = np.argsort(-density)[:count]
    # sums of the first k items in order
    loads, worth = np.zeros(count + 1), np.zeros(count + 1)
    for k in range(count):
        loads[k + 1] = loads[k] + load[order[k]]
        worth[k + 1] = worth[k] + profit[order[k]]
    if count == 0 or loads[count] <= capacity:
        for k in range(count):
            taken[order[k]] = True
        return free + worth[count]
    best, best_record, best_first, best_last = 0.0, -1, 0, 0
    given_up = -np.inf
    records = 0
    now, size = 0, 1
    weights[0, 0], profits[0, 0], origin[0, 0] = 0.0, 0.0, -1
    for level in range(count + 1):
        # greedy completion and relaxation of each state, and which survive
        kept = 0
        end = count
        for s in range(size):
            left = capacity - weights[now, s]
            while end > level and loads[end] - loads[level] > left:
                end -= 1
            end = max(end, level)
            whole = profits[now, s] + worth[end] - worth[level]
            if whole > best:
                best, best_record = whole, origin[now, s]
                best_first, best_last = level, end
            bound = whole
            if end < count:
                rest = left - (loads[end] - loads[level])
                bound += rest * density[order[end]]
            if bound > best * (1 + 1e-13):
                weights[now, kept] = weights[now, s]
                profits[now, kept] = profits[now, s]
                origin[now, kept] = origin[now, s]
                kept += 1
        size = kept
        if size == 0 or level == count:
            break
        if 2 * size > weights.shape[1] or records + size > len(parent):
            end = count
            for s in range(size):
                left = capacity - weights[now, s]
                while end > level and loads[end] - loads[level] > left:
                    end -= 1
                end = max(end, level)
                bound = profits[now, s] + worth[end] - worth[level]
                if end < count:
                    rest = left - (loads[end] - loads[level])
                    bound += rest * density[order[end]]
                given_up = max(given_up, bound)
            break
        # without the item of this level, and with it, merged by load
        new, k = 1 - now, order[level]
        i, j, size_new, highest = 0, 0, 0, -np.inf
        while i < size or j < size:
            with_item = weights[now, j] + load[k] if j < size else np.inf
            if i < size and weights[now, i] <= with_item:
                weight, value, from_ = weights[now, i], profits[now, i], origin[now, i]
                i += 1
            else:
                if with_item > capacity:
                    j = size
                    continue
                weight, value, from_ = with_item, profits[now, j] + profit[k], -2 - j
                j += 1
            if value <= highest:
                continue
            highest = value
            if from_ < -1:
                parent[records] = origin[now, -2 - from_]
                item[records] = k
                from_ = records
                records += 1
            weights[new, size_new] = weight
            profits[new, size_new] = value
            origin[new, size_new] = from_
            size_new += 1
        now, size = new, size_new
    for k in range(best_first, best_last):
        taken[order[k]] = True
    record = best_record
    while record >= 0:
        taken[item[record]] = True
        record = parent[record]
    return free + max(best, given_up)
