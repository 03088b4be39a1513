"""What users would pay to be served, and what sites earn from all of them."""

import numpy as np
from numba import njit

MOST = 64  # sites that a user is weighed between


@njit(cache=True, error_model="numpy")
def levels(first, last, rows, unit, demand, toll, part, level):  # pragma: no cover
    """Fill ``level`` (U,) from user ``first``: worth of the last site taken [1]_.

    Each user takes its best sites, ``part`` (S,) of each, until they add up to one.
    Worth is value times ``unit`` less ``toll`` (S,) times demand, 0 if none is left.

    References
    ----------
    .. [1] M. Fischetti, I. Ljubić, M. Sinnl, "Redesigning Benders decomposition for
       large-scale facility location", Management Science 63(7), 2017.
       https://doi.org/10.1287/mnsc.2016.2461
    """
    start, site, value = rows
    worth, weight = np.empty(MOST), np.empty(MOST)
    for u in range(first, last):
        count = 0
        for e in range(start[u], start[u + 1]):
            s = site[e]
            if part[s] <= 0.0:
                continue
            paid = value[e] * unit - toll[s] * demand[u]
            if paid <= 0.0 or (count == MOST and paid <= worth[MOST - 1]):
                continue
            k = min(count, MOST - 1)
            while k > 0 and worth[k - 1] < paid:
                worth[k], weight[k] = worth[k - 1], weight[k - 1]
                k -= 1
            worth[k], weight[k] = paid, part[s]
            count = min(count + 1, MOST)
        level[u] = 0.0
        left = 1.0
        for k in range(count):
            left -= weight[k]
            if left <= 0.0:
                level[u] = worth[k]
                break


@njit(cache=True, error_model="numpy")
def earnings(
    start, site, value, demand, user, tolls, gained, sizes
):  # pragma: no cover
    """Add to ``gained`` (S, P) what sites earn at P prices, to ``sizes`` (P,) its size.

    ``user`` (U, P) are prices of service, ``tolls`` (S, P) those of room and backhaul,
    none of which is negative. Sizes are too large, and the same for all prices.
    """
    total = 0.0
    for u in range(len(start) - 1):
        least, widest = user[u, 0], abs(user[u, 0])
        for p in range(1, user.shape[1]):
            least = min(least, user[u, p])
            widest = max(widest, abs(user[u, p]))
        for e in range(start[u], start[u + 1]):
            s, worth = site[e], value[e]
            if worth <= least:
                continue
            total += abs(worth) + widest
            for p in range(user.shape[1]):
                reduced = worth - user[u, p] - tolls[s, p] * demand[u]
                gained[s, p] += reduced if reduced > 0.0 else 0.0
    sizes += total


@njit(cache=True, error_model="numpy")
def values_of(user, place, start, site, value):  # pragma: no cover
    """Value of each pair of ``user`` (n,) and ``place`` (n,), nan out of range."""
    found = np.full(len(user), np.nan)
    for i in range(len(user)):
        low, high = start[user[i]], start[user[i] + 1]
        while low < high:
            middle = (low + high) // 2
            if site[middle] < place[i]:
                low = middle + 1
            else:
                high = middle
        if low < start[user[i] + 1] and site[low] == place[i]:
            found[i] = value[low]
    return found
