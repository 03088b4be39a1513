"""Users alike, put together."""

import numpy as np
from numba import njit

STEPS_PER_OCTAVE = 6  # of the best value by demand that still counts as alike


@njit(cache=True, error_model="numpy")
def signatures(model, key):  # pragma: no cover
    """Number (U,) of each user by its three best sites and its best value's size."""
    sites = len(model.capacity)
    for u in range(len(key)):
        best, second, third = -np.inf, -np.inf, -np.inf
        at, after, last = sites, sites, sites
        for e in range(model.start[u], model.start[u + 1]):
            value = model.value[e]
            if value > best:
                third, last = second, after
                second, after = best, at
                best, at = value, model.site[e]
            elif value > second:
                third, last = second, after
                second, after = value, model.site[e]
            elif value > third:
                third, last = value, model.site[e]
        size = abs(best) / model.demand[u] if model.demand[u] > 0.0 else 0.0
        octave = 0
        if 0.0 < size < np.inf:
            octave = int(np.floor(STEPS_PER_OCTAVE * np.log2(size))) % 64
        key[u] = ((at * (sites + 1) + after) * (sites + 1) + last) * 64 + octave


@njit(cache=True, error_model="numpy")
def merge_rows(order, first, model, start, site, value, only_count):  # pragma: no cover
    """Add up the rows of the users ``order[first[g]:first[g + 1]]`` of each group.

    Fills ``start`` (G + 1,), and unless ``only_count`` the entries of each group.
    """
    total = np.zeros(len(model.capacity))
    last = np.full(len(model.capacity), -1, np.intp)
    number = 0
    for g in range(len(first) - 1):
        begin = number
        for i in range(first[g], first[g + 1]):
            u = order[i]
            for e in range(model.start[u], model.start[u + 1]):
                s = model.site[e]
                if last[s] != g:
                    last[s] = g
                    total[s] = 0.0
                    if not only_count:
                        site[number] = s
                    number += 1
                total[s] += model.value[e]
        start[g + 1] = number
        if not only_count:
            for k in range(begin, number):
                value[k] = total[site[k]]
