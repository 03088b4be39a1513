"""Users put where they are wanted, and the others where a share is worth most."""

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def fill(order, best, start, cell, value, load, room, chosen):  # pragma: no cover
    """Give users in ``order`` their ``best`` entry (U,) if it fits, then all others.

    Those take the entry of the highest value less what company costs, the n-th user of
    a cell ``n log n - (n - 1) log(n - 1)``. ``room`` (B,) is what is left; entries go
    to ``chosen`` (U,), -1: unserved.
    """
    number = np.zeros(len(room))
    for u in order:
        e = best[u]
        if e >= 0 and load[e] <= room[cell[e]]:
            chosen[u] = e
            room[cell[e]] -= load[e]
            number[cell[e]] += 1.0
    for u in order:
        if chosen[u] >= 0:
            continue
        found, highest = -1, -np.inf
        for e in range(start[u], start[u + 1]):
            b = cell[e]
            if load[e] > room[b]:
                continue
            n = number[b]
            shared = np.log(n + 1.0) + n * np.log1p(1.0 / n) if n > 0.0 else 0.0
            if value[e] - shared > highest:
                found, highest = e, value[e] - shared
        if found >= 0:
            chosen[u] = found
            room[cell[found]] -= load[found]
            number[cell[found]] += 1.0
