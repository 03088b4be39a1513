"""Pairs in range by site, from pairs by user."""

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def site_entries(start, site, value, demand, sites):  # pragma: no cover
    """Heads (S + 1,), user and value (E,) of each site's entries, and its demand (S,).

    ``start`` (U + 1,), ``site`` and ``value`` (E,) are by user; users rise within a
    site. The demand is that of all users in range together.
    """
    first = np.zeros(sites + 1, np.intp)
    for e in range(len(site)):
        first[site[e] + 1] += 1
    first = np.cumsum(first)
    end = first[:-1].copy()
    user, worth = np.empty(len(site), np.int32), np.empty(len(site))
    total = np.zeros(sites)
    for u in range(len(demand)):
        for e in range(start[u], start[u + 1]):
            s = site[e]
            k = end[s]
            end[s] = k + 1
            user[k], worth[k] = u, value[e]
            total[s] += demand[u]
    return first, user, worth, total
