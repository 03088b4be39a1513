"""Values of users at open sites, and of not being served."""

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def fill_values(opened, model, value):  # pragma: no cover
    """Fill values (U, m + 1) of the open sites."""
    for k in range(len(opened)):
        s = opened[k]
        for e in range(model.first[s], model.first[s + 1]):
            value[model.user[e], k] = model.worth[e]


@njit(cache=True, error_model="numpy")
def price_out(value, demand, must_serve):  # pragma: no cover
    """Fill the last of ``value`` (U, m + 1), that of not being served.

    Returns the largest of them all by demand.
    """
    last = value.shape[1] - 1
    largest, scale = 1.0, 0.0
    for u in range(len(demand)):
        most = 0.0
        for k in range(last):
            if value[u, k] > -np.inf:
                most = max(most, abs(value[u, k]))
        largest = max(largest, most)
        if demand[u] > 0.0:
            scale = max(scale, most / demand[u])
    left_out = -100.0 * largest if must_serve else 0.0
    for u in range(len(demand)):
        value[u, last] = left_out
        if demand[u] > 0.0:
            scale = max(scale, abs(left_out) / demand[u])
    return scale if scale > 0.0 else 1.0


@njit(cache=True, error_model="numpy")
def regrets(price, table, demand, regret):  # pragma: no cover
    """Fill ``regret`` (U,): best value at ``price`` (m + 1,) less the next, by demand.

    inf where there is no demand.
    """
    for u in range(len(demand)):
        best = following = -np.inf
        for k in range(len(price)):
            value = table[u, k] - price[k] * demand[u]
            if value > best:
                best, following = value, best
            else:
                following = max(following, value)
        regret[u] = (best - following) / demand[u] if demand[u] > 0.0 else np.inf
