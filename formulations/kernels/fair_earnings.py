"""What users earn at most at prices on company alone."""

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def earnings(start, cell, value, price, nothing):  # pragma: no cover
    """Sum of the highest ``value - price`` of each user, and the largest size in it.

    Users with entries may take ``nothing`` instead; -inf where one has neither.
    """
    total, largest = 0.0, 0.0
    for u in range(len(start) - 1):
        if start[u] == start[u + 1]:
            if nothing == -np.inf:
                return -np.inf, 0.0
            continue
        best = nothing
        for e in range(start[u], start[u + 1]):
            paid = price[cell[e]]
            worth = value[e] - paid
            if worth > best:
                best = worth
            size = abs(value[e]) + abs(paid)
            if size > largest:
                largest = size
        total += best
    return total, largest
