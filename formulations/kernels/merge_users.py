"""Users alike, put together."""

import numpy as np
from numba import njit


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
